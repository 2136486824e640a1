// Asks any HTTP service (a policy engine, an own API) what an account may do; reads the decision with CEL.
import {
  type AuthzOutcome,
  actionsSeen,
  CLAIMS,
  type Claims,
  definePlugin,
  deny,
  type Expression,
  explained,
  firstCondition,
  grant,
  type HttpAnswer,
  type HttpRequest,
  pass,
  type RequestScope,
  type ResourceRequest,
  readHttpAnswer,
  UnusableValue,
  type Why,
} from '../../core/plugin.ts'
import { type Options, options } from './authorizer-options.ts'
import { originsOf, readiness } from './ready.ts'
import { sayAnswered, sayAsked } from './why.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'http',
  options,
  create(options, host) {
    const client = host.http.open({ ...options, origins: originsOf(options) })
    const conditions = [
      ['pass', options.pass],
      ['deny', options.deny],
      ['grant', options.grant],
    ] as const
    const rules = conditions.flatMap(([, rule]) => rule ?? [])
    const texts = new Set(rules.flatMap((rule) => [...rule.texts]))
    async function authorize(
      resource: ResourceRequest,
      scope: RequestScope,
      why?: Why,
    ): Promise<AuthzOutcome> {
      const facts = factsOf(resource, scope)
      const request = tryBuild(options, facts)
      if (request instanceof UnusableValue) {
        scope.log.warn({ type: resource.type, name: resource.name }, `denied unasked: ${request.message}`)
        why?.say(`denied unasked: ${request.message}`)
        return deny()
      }
      const { claims: _, ...told } = facts
      sayAsked(why, { ...request, url: options.url, variables: variablesOf(options, told) }, told)
      const response = await client.send({ ...request, signal: scope.signal })
      const actions = [...actionsSeen(facts.actions, { texts })]
      const seen = { ...facts, actions, ...claimsSeen(facts.claims, rules) }
      const answer = readHttpAnswer(response, options.url.origin, seen)
      sayAnswered(why, answer)
      const held = firstCondition(conditions, answer, { missing: 'false', why })
      if (held?.name === 'pass') return pass
      const rule = ruleOf(options, answer)
      if (held?.name !== 'grant') return deny(rule)
      return grant(grantedOf(held.value, resource, answer.origin), rule)
    }

    return {
      authorize: (resource, scope) => authorize(resource, scope),
      explain: (resource, scope) => explained((why) => authorize(resource, scope, why)),
      ...readiness(client, options.ready),
      close: () => client.close(),
    }
  },
})

type Facts = ReturnType<typeof factsOf>

function factsOf({ type, name, actions }: ResourceRequest, scope: RequestScope) {
  const { account, service, client, labels } = scope
  const { ip = '', id = '' } = client
  const claims = scope.resolve(CLAIMS)
  return { account, type, name, actions, service, ip, client_id: id, labels, ...(claims && { claims }) }
}

/**
 * The claims, with something empty for each field that a rule takes for granted.
 *
 * @throws Error when there are none and a rule takes them for granted: it can't be judged
 */
function claimsSeen(
  claims: Claims | undefined,
  rules: readonly Pick<Expression, 'fieldsTaken' | 'filled' | 'source'>[],
): { claims?: Claims } {
  if (claims) {
    const filled = (held: object, rule: (typeof rules)[number]) =>
      (rule.filled('request', { claims: held }) as { claims: object }).claims
    return { claims: rules.reduce(filled, claims) as Claims }
  }
  const blind = rules.find((rule) => rule.fieldsTaken('request').has('claims'))
  if (!blind) return {}
  throw new Error(
    `${JSON.stringify(blind.source)} reads claims, and the account has none; ask first: has(request.claims) && ...`,
  )
}

/** The placeholders that are sent; by default all of the facts are. */
function variablesOf({ url, headers, json, method }: Options, facts: object): Iterable<string> {
  const body = method === 'GET' ? [] : (json?.variables ?? Object.keys(facts))
  return [...url.variables, ...(headers?.variables ?? []), ...body]
}

/** The whole request in words a service can read, when `json` says nothing else. */
function defaultBody({ client_id: _, ...body }: Facts) {
  return body
}

function tryBuild(options: Options, facts: Facts): Omit<HttpRequest, 'signal'> | UnusableValue {
  const { labels: _, claims: __, actions, ...texts } = facts
  const values = { ...texts, actions: actions.join(',') }
  // It would ask about a folder, or about nothing in particular.
  if (texts.name === '' && options.url.path.includes('${name}'))
    return new UnusableValue('an empty name can not stand in a URL path')
  try {
    const { method } = options
    const url = options.url.render(values)
    const headers = { accept: 'application/json', ...options.headers?.render(values) }
    if (method === 'GET') return { method, url, headers }
    const body = JSON.stringify(
      options.json?.render({ ...facts, claims: facts.claims ?? null }) ?? defaultBody(facts),
    )
    return { method, url, headers: { 'content-type': 'application/json', ...headers }, body }
  } catch (error) {
    if (error instanceof UnusableValue) return error
    throw error
  }
}

function grantedOf(value: unknown, { actions }: ResourceRequest, origin: string): readonly string[] {
  if (value === true) return actions
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    const allowed = new Set(value)
    return actions.filter((action) => allowed.has(action))
  }
  throw new Error(`${origin}: the expression of \`grant\` must give true, false or a list of actions`)
}

const LONGEST_TEXT = 200

/** What the audit line says of the decision. What is missing there, or is no text, changes nothing of it. */
function ruleOf({ rule, reason }: Options, { values }: HttpAnswer): string | undefined {
  const [named, why] = [rule, reason].map((text) => {
    try {
      const value = text?.evaluate(values)
      return typeof value === 'string'
        ? value
            .replace(/\p{Cc}+/gu, ' ')
            .trim()
            .slice(0, LONGEST_TEXT)
        : ''
    } catch {
      return ''
    }
  })
  return named && why ? `${named} (${why})` : named || why || undefined
}
