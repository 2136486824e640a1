// Docker: the engine and `docker login`, both with distribution's client library.
// source: distribution/distribution internal/client/auth/session.go, internal/client/errors.go; moby/moby registry/auth.go
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
import type { Answer, Wire } from './wire.ts'

const USER_AGENT = 'docker/28.2.2 go/go1.24.3 kernel/6.1.0 os/linux arch/amd64'
const TIMEOUT = 15_000
/** Seconds; whatever is less is taken as this. */
const LEAST_LIFETIME = 60

export class Docker implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire
  readonly #clientId: string

  /** @param clientId `docker` for the engine and its login; the library's own name is `registry-client` */
  constructor(challenge: Challenge, wire: Wire, clientId = 'docker') {
    this.#challenge = challenge
    this.#wire = wire
    this.#clientId = clientId
  }

  /** Asks for a refresh token, and stores that in place of the password when it gets one. */
  login(credentials: Credentials): Promise<Got> {
    return outcome(() => this.#fetch(credentials, [], true))
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    return outcome(() => this.#fetch(credentials, scopes, false))
  }

  #fetch(credentials: Credentials, scopes: string[], offline: boolean): Promise<Got> {
    const { identityToken } = credentials
    return identityToken ? this.#post(identityToken, scopes) : this.#get(credentials, scopes, offline)
  }

  async #get({ user, password }: Credentials, scopes: string[], offline: boolean): Promise<Got> {
    const { realm, service } = this.#challenge
    const known = user && password
    const answer = await this.#wire.send(realm, {
      query: [
        ...(service === '' ? [] : [['service', service] as const]),
        ...scopes.map((scope) => ['scope', scope] as const),
        ...(offline ? [['offline_token', 'true'] as const, ['client_id', this.#clientId] as const] : []),
        ...(known ? [['account', user] as const] : []),
      ],
      ...(known && { user: [user, password] as const }),
      userAgent: USER_AGENT,
      timeout: TIMEOUT,
    })
    assertGood(answer)
    const fields = readFields(answer)
    return {
      token: firstOf(fields.access_token, fields.token),
      lifetime: lifetimeOf(fields.expires_in),
      ...(fields.refresh_token && { identityToken: fields.refresh_token }),
    }
  }

  /** No way leads from here to GET. */
  async #post(identityToken: string, scopes: string[]): Promise<Got> {
    const { realm, service } = this.#challenge
    const answer = await this.#wire.send(realm, {
      form: [
        ['scope', scopes.join(' ')],
        ['service', service],
        ['client_id', this.#clientId],
        ['grant_type', 'refresh_token'],
        ['refresh_token', identityToken],
      ],
      userAgent: USER_AGENT,
      timeout: TIMEOUT,
    })
    assertGood(answer)
    const fields = readFields(answer)
    return {
      token: firstOf(fields.access_token),
      lifetime: lifetimeOf(fields.expires_in),
      // Only a token that is another one than before is stored.
      identityToken: fields.refresh_token || identityToken,
    }
  }
}

function lifetimeOf(seconds = 0): number {
  return Math.max(seconds, LEAST_LIFETIME)
}

function assertGood(answer: Answer): void {
  const { status, statusText } = answer
  if (status >= 200 && status <= 399) return
  if (status < 400 || status > 499) throw new GivesUp(`unexpected HTTP status: ${statusText}`)
  throw new GivesUp(inWords(answer))
}

/** The codes that the library knows, of those that a token server can have a use for. */
const CODES = /^(UNAUTHORIZED|DENIED|UNSUPPORTED|UNAVAILABLE|TOOMANYREQUESTS)$/

/** How distribution's client words an answer with a status from 400 to 499. */
export function inWords(answer: Answer): string {
  const errors = registryErrors(answer)
  if (!errors) return `error parsing HTTP ${answer.status} response body: ${JSON.stringify(answer.body)}`
  return errors
    .map(({ code, message }) => `${CODES.test(code) ? code.toLowerCase() : 'unknown'}: ${message}`)
    .join('\n')
}
