// Asks any HTTP service (a policy engine, an own API) what an account may do; reads the decision with CEL.
import {
  type AuthzOutcome,
  actionsSeen,
  definePlugin,
  deny,
  firstCondition,
  grant,
  type HttpRequest,
  pass,
  type RequestScope,
  type ResourceRequest,
  readHttpAnswer,
  UnusableValue,
} from '../../core/plugin.ts'
import { type Options, options } from './authorizer-options.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'http',
  options,
  create(options, host) {
    const client = host.http.open({ ...options, origins: [options.url.origin] })
    const conditions = [
      ['pass', options.pass],
      ['deny', options.deny],
      ['grant', options.grant],
    ] as const
    const texts = new Set(conditions.flatMap(([, rule]) => [...(rule?.texts ?? [])]))
    return {
      async authorize(resource, scope) {
        const facts = factsOf(resource, scope)
        const request = tryBuild(options, facts)
        if (request instanceof UnusableValue) {
          scope.log.warn({ type: resource.type, name: resource.name }, `denied unasked: ${request.message}`)
          return deny()
        }
        const response = await client.send({ ...request, signal: scope.signal })
        const seen = { ...facts, actions: [...actionsSeen(facts.actions, { texts })] }
        const answer = readHttpAnswer(response, options.url.origin, seen)
        const held = firstCondition(conditions, answer, { missing: 'false' })
        if (held?.name === 'pass') return pass
        return held?.name === 'grant' ? granted(held.value, resource, answer.origin) : deny()
      },
      close: () => client.close(),
    }
  },
})

type Facts = ReturnType<typeof factsOf>

function factsOf(
  { type, name, actions }: ResourceRequest,
  { account, service, client, labels }: RequestScope,
) {
  const { ip = '', id = '' } = client
  return { account, type, name, actions, service, ip, client_id: id, labels }
}

/** The whole request in words a service can read, when `json` says nothing else. */
function defaultBody({ client_id: _, ...body }: Facts) {
  return body
}

function tryBuild(options: Options, facts: Facts): Omit<HttpRequest, 'signal'> | UnusableValue {
  const { labels: _, actions, ...texts } = facts
  const values = { ...texts, actions: actions.join(',') }
  // It would ask about a folder, or about nothing in particular.
  if (texts.name === '' && options.url.path.includes('${name}'))
    return new UnusableValue('an empty name can not stand in a URL path')
  try {
    const { method } = options
    const url = options.url.render(values)
    const headers = { accept: 'application/json', ...options.headers?.render(values) }
    if (method === 'GET') return { method, url, headers }
    const body = JSON.stringify(options.json?.render(facts) ?? defaultBody(facts))
    return { method, url, headers: { 'content-type': 'application/json', ...headers }, body }
  } catch (error) {
    if (error instanceof UnusableValue) return error
    throw error
  }
}

function granted(value: unknown, { actions }: ResourceRequest, origin: string): AuthzOutcome {
  if (value === true) return grant(actions)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    const allowed = new Set(value)
    return grant(actions.filter((action) => allowed.has(action)))
  }
  throw new Error(`${origin}: the expression of \`grant\` must give true, false or a list of actions`)
}
