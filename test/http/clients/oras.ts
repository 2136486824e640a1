// oras and others with oras-go v2. `oras login` asks without a scope and stores what the person typed.
// source: oras-project/oras-go registry/remote/auth/client.go, scope.go, ../retry/policy.go, ../internal/errutil/errutil.go
import {
  type Challenge,
  type Credentials,
  firstOf,
  GivesUp,
  type Got,
  outcome,
  type RegistryClient,
  readFields,
  registryErrors,
} from './client.ts'
import type { Answer, Question, Wire } from './wire.ts'

/** Bytes; the rest is not read. */
const MOST = 128 * 1024
const ATTEMPTS = 6

export class Oras implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire
  readonly #userAgent: string

  constructor(challenge: Challenge, wire: Wire, userAgent = 'oras-go') {
    this.#challenge = challenge
    this.#wire = wire
    this.#userAgent = userAgent
  }

  login(credentials: Credentials): Promise<Got> {
    return this.token(credentials)
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    return outcome(() => this.fetch(credentials, scopes, Boolean(credentials.identityToken)))
  }

  /** @param byForm POST instead of GET */
  async fetch(credentials: Credentials, scopes: string[], byForm: boolean): Promise<Got> {
    const { realm } = this.#challenge
    const question = byForm
      ? this.#form(credentials, merged(scopes))
      : this.#query(credentials, merged(scopes))
    const answer = await this.#persist(realm, question)
    const { last } = this.#wire
    if (answer.status !== 200) {
      const said = registryErrors(answer)?.map(({ code, message }) => `${code.toLowerCase()}: ${message}`)
      const words = said?.join('; ') ?? answer.statusText
      throw new GivesUp(`${last.method} "${last.url}": response status code ${answer.status}: ${words}`)
    }
    const { access_token, token } = readFields(answer, MOST)
    return { token: byForm ? firstOf(access_token) : firstOf(access_token, token) }
  }

  #query({ user = '', password = '' }: Credentials, scopes: string[]): Question {
    const { service } = this.#challenge
    return {
      query: [
        ...(service === '' ? [] : [['service', service] as const]),
        ...scopes.map((scope) => ['scope', scope] as const),
      ],
      ...((user !== '' || password !== '') && { user: [user, password] as const }),
      userAgent: this.#userAgent,
    }
  }

  #form({ user = '', password = '', identityToken }: Credentials, scopes: string[]): Question {
    return {
      form: [
        ...(identityToken
          ? ([
              ['grant_type', 'refresh_token'],
              ['refresh_token', identityToken],
            ] as const)
          : ([
              ['grant_type', 'password'],
              ['username', user],
              ['password', password],
            ] as const)),
        ['service', this.#challenge.service],
        ['client_id', 'oras-go'],
        ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
      ],
      userAgent: this.#userAgent,
    }
  }

  /** Without a pause between the attempts: that grows from a quarter of a second to three. */
  async #persist(realm: string, question: Question): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#wire.send(realm, question)
      const hopeful = answer.status >= 500 || answer.status === 408 || answer.status === 429
      if (attempt === ATTEMPTS || !hopeful) return answer
    }
  }
}

/** One scope for each resource, with all that is asked of it; resources and actions are sorted. */
function merged(scopes: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>()
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':')
    if (colon === -1) continue
    const resource = scope.slice(0, colon)
    const all = actions.get(resource) ?? new Set()
    for (const action of scope.slice(colon + 1).split(',')) if (action !== '') all.add(action)
    actions.set(resource, all)
  }
  return [...actions]
    .filter(([, all]) => all.size > 0)
    .map(([resource, all]) => `${resource}:${all.has('*') ? '*' : [...all].sort().join(',')}`)
    .sort()
}
