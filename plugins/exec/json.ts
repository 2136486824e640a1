// The JSON protocol: one object asks, one object answers, as whole input and output or as lines.
import {
  type AuthnOutcome,
  accept,
  backendLabels,
  type Credentials,
  type Log,
  maskSecret,
  type ProgramResult,
  pass,
  type RequestScope,
  reject,
  type Secret,
  z,
} from '../../core/plugin.ts'
import { quoted } from './said.ts'

/** What the program is asked. `ip` and `client_id` are null when unknown; an anonymous account is empty. */
export interface Question {
  readonly account: string
  readonly password: string
  readonly service: string
  readonly ip: string | null
  readonly client_id: string | null
}

export function jsonQuestion(
  { account, password }: Credentials,
  { service, client }: RequestScope,
): Question {
  return {
    account,
    password: password.reveal(),
    service,
    ip: client.ip ?? null,
    client_id: client.id ?? null,
  }
}

/**
 * A value as one line of JSON, with its newline. Whatever some reader takes for the end of a line (that of Node.js does
 * U+2028) is escaped, or a client could break the line, and so the program, with its password.
 */
export function jsonLine(value: object): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, escaped)}\n`
}

/** Unknown fields are let through: they are the program's own business. */
const ANSWER = z.object({
  outcome: z.enum(['accept', 'reject', 'pass', 'unavailable']),
  account: z.string().min(1).optional(),
  labels: z.unknown().optional(),
  reason: z.string().optional(),
})

/** The log needs a sentence, not a page. */
const LONGEST_REASON = 200

/** @throws Error when the text is not one JSON object; it does not show the text, which may hold secrets */
export function parseAnswer(text: string): object {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    // Told below: the parser's own message would quote the text.
  }
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer
  throw new Error('it wrote what is no JSON object; an answer is, for example, {"outcome":"pass"}')
}

/**
 * The answer of a program that was run for one question.
 *
 * @throws Error when it did not exit with 0, or printed no JSON object
 */
export function jsonAnswer(
  name: string,
  { exitCode, stdout, said }: ProgramResult,
  { password }: Credentials,
): object {
  const byHand = `run it by hand: echo '{"account":"USER","password":"PASSWORD","service":"","ip":null,"client_id":null}' | ${name}`
  if (exitCode !== 0) {
    throw new Error(
      `${name}: exit ${exitCode} is no answer (protocol json answers in its output and exits with 0)${quoted(said, password)}; ${byHand}`,
    )
  }
  try {
    return parseAnswer(stdout)
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}; ${byHand}`)
  }
}

/**
 * @param name the program, for messages
 * @throws Error naming the field of the answer that is wrong
 */
export function jsonOutcome(name: string, answer: object, { password }: Credentials, log: Log): AuthnOutcome {
  const { data, error } = ANSWER.safeParse(answer)
  if (error) {
    const field = error.issues[0]?.path.join('.')
    throw new Error(
      `${name}: the field "${field}" of its answer is wrong; write {"outcome":"accept|reject|pass|unavailable","account":"...","labels":{"group":["..."]},"reason":"..."}, all but outcome are optional`,
    )
  }
  switch (data.outcome) {
    case 'accept':
      return accept({
        ...(data.account && { account: data.account }),
        labels: labelsOf(name, data.labels, log),
      })
    case 'reject':
      return reject(reasonOf(name, data.reason, password))
    case 'pass':
      return pass
    case 'unavailable':
      throw new Error(`${name}: says that it is unavailable${because(data.reason, password)}`)
  }
}

function labelsOf(name: string, value: unknown, log: Log) {
  try {
    return backendLabels(value, log)
  } catch (error) {
    throw new Error(`${name}: the field "labels" of its answer is wrong: ${(error as Error).message}`)
  }
}

/** The reason is logged: a password that the program repeats in it must not be. */
function reasonOf(name: string, reason: string | undefined, password: Secret): string {
  return reason ? maskSecret(reason, password).slice(0, LONGEST_REASON) : `rejected by ${name}`
}

function because(reason: string | undefined, password: Secret): string {
  return reason ? `: ${maskSecret(reason, password).slice(0, LONGEST_REASON)}` : ''
}
