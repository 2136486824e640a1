import { scopeText } from '../../request/scope.ts'
import type { TraceStep } from '../../request/trace.ts'
import { type Answer, type ExplainedScope, isGranted } from './answer.ts'
import { inPrint, type Paint, paintFor, stepWords } from './step-words.ts'

/** The whole answer as one line of JSON. */
export function jsonOf(answer: Answer): string {
  const { question, authenticators, labelers, labels, scopes, claims, status, reason } = answer
  const {
    account,
    ask,
    at,
    authenticator: _,
    labels: __,
    labelsFrom: ___,
    scopes: ____,
    ...client
  } = question
  const shown = {
    granted: isGranted(answer),
    status,
    ...(reason !== undefined && { reason }),
    account: answer.account ?? account,
    asked: ask,
    ...client,
    ...(at !== undefined && { at: new Date(at).toISOString() }),
    ...(answer.authenticator !== undefined && { authenticator: answer.authenticator }),
    authenticators,
    labelers,
    labels,
    scopes: scopes.map(({ resource, decision, steps }) => ({
      scope: scopeText(resource),
      granted: decision?.actions ?? [],
      ...(decision?.authorizer !== undefined && { authorizer: decision.authorizer }),
      ...(decision?.rule !== undefined && { rule: decision.rule }),
      authorizers: steps.map(({ resource: _, kind: __, asked: ___, ...step }) => step),
    })),
    ...(claims && { claims }),
  }
  return `${JSON.stringify(shown)}\n`
}

/** @param colour whether it is for a terminal that shows some */
export function wordsOf(given: Answer, colour: boolean): string {
  const { decided: _, error: __, ...shown } = given
  const answer = inPrint(shown)
  const paint = paintFor(colour)
  const parts = [
    head(answer),
    authenticators(answer, paint),
    labels(answer, paint),
    ...answer.scopes.map((scope) => scopeWords(scope, answer, paint)),
    end(answer, paint),
  ]
  const full = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  return `${full.join('\n\n')}\n`
}

/** What stands in an answer for others to see. */
type Shown = Omit<Answer, 'decided' | 'error'>

function head({ question, account }: Shown): string[] {
  const { ip, service, client, at } = question
  const who = account ?? question.account
  return [
    [
      who === '' ? 'A client without credentials' : `Account ${who}`,
      ip !== undefined && `from ${ip}`,
      service !== '' && `for service ${service}`,
      client !== undefined && `as client ${client}`,
      at !== undefined && `at ${new Date(at).toISOString()}`,
    ]
      .filter(Boolean)
      .join(', '),
  ]
}

function authenticators({ question, authenticators: all, authenticator }: Shown, paint: Paint): string[] {
  if (all.length === 0) return [paint('bold', 'Authenticators'), '  none would be asked']
  if (!question.ask) {
    const names = all.map(
      ({ id, plugin }) => `  ${id} (${plugin})${id === authenticator ? ': taken to have accepted' : ''}`,
    )
    return [paint('bold', 'Authenticators that would be asked, in this order; --ask asks them'), ...names]
  }
  return [paint('bold', 'Authenticators'), ...all.flatMap((step) => stepWords(step as TraceStep, paint))]
}

function labels({ labels: all, labelers, question }: Shown, paint: Paint): string[] {
  const lines = all.map(
    ({ name, value, from }) => `  ${name} = ${value}${from.length > 0 ? `   from ${from.join(', ')}` : ''}`,
  )
  const asked = labelers.flatMap((step) => stepWords(step, paint))
  const none =
    question.ask || question.account === '' ? '  none' : '  none; --label gives some, --ask looks them up'
  return [paint('bold', 'Labels'), ...(lines.length > 0 ? lines : [none]), ...asked]
}

function scopeWords(
  { resource, decision, steps }: ExplainedScope,
  { status }: Shown,
  paint: Paint,
): string[] {
  const lines = [paint('bold', scopeText(resource)), ...steps.flatMap((step) => stepWords(step, paint))]
  if (!decision) return status === 200 || steps.length > 0 ? lines : []
  const { actions, authorizer, rule } = decision
  const missing = resource.actions.filter((action) => !actions.includes(action))
  const by =
    authorizer === undefined
      ? 'no authorizer decides on it'
      : [`by ${authorizer}`, rule].filter(Boolean).join(': ')
  if (missing.length === 0) lines.push(paint('green', `  granted: ${listOf(actions)}, ${by}`))
  else if (actions.length === 0) lines.push(paint('red', `  denied: ${listOf(missing)}, ${by}`))
  else lines.push(paint('yellow', `  granted: ${listOf(actions)}; denied: ${listOf(missing)}, ${by}`))
  return lines
}

function listOf(actions: readonly string[]): string {
  return actions.length === 0 ? 'nothing (no action was asked for)' : actions.join(', ')
}

function end({ claims, status, reason }: Shown, paint: Paint): string[] {
  if (!claims) return [paint('red', `No token: the server answers ${status}, ${reason}`)]
  const lines = Object.entries(claims).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`)
  return [paint('bold', 'Claims that would be signed'), ...lines]
}
