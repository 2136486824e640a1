// podman, skopeo, buildah, CRI-O: containers/image.
// source: containers/image docker/docker_client.go, docker/errors.go, internal/iolimits/iolimits.go
import {
  type Challenge,
  type Credentials,
  GivesUp,
  type Got,
  outcome,
  type RegistryClient,
  readFields,
} from './client.ts'
import { inWords } from './docker.ts'
import type { Answer, Wire } from './wire.ts'

const USER_AGENT = 'containers/5.36.2 (github.com/containers/image)'
const CLIENT_ID = 'containers/image'
/** Bytes. */
const MOST = 1024 * 1024
/** Seconds; whatever is less is taken as this. */
const LEAST_LIFETIME = 60

export class Podman implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire

  constructor(challenge: Challenge, wire: Wire) {
    this.#challenge = challenge
    this.#wire = wire
  }

  /** The same as for an operation, without a scope; never asks for a refresh token. */
  login(credentials: Credentials): Promise<Got> {
    return this.token(credentials)
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    const { identityToken } = credentials
    return outcome(async () => {
      const answer = identityToken
        ? await this.#post(identityToken, scopes)
        : await this.#get(credentials, scopes)
      if (Buffer.byteLength(answer.body) > MOST) throw new GivesUp('exceeded maximum allowed size')
      const fields = readFields(answer)
      return {
        token: fields.token || fields.access_token || '',
        lifetime: Math.max(fields.expires_in ?? 0, LEAST_LIFETIME),
      }
    })
  }

  async #get({ user, password }: Credentials, scopes: string[]): Promise<Answer> {
    const { realm, service } = this.#challenge
    const answer = await this.#wire.send(realm, {
      query: [
        ...(user ? [['account', user] as const] : []),
        ...(service === '' ? [] : [['service', service] as const]),
        ...scopes.map((scope) => ['scope', scope] as const),
      ],
      ...(user && password && { user: [user, password] as const }),
      userAgent: USER_AGENT,
    })
    assertGood(answer, 'Requesting bearer token')
    return answer
  }

  async #post(identityToken: string, scopes: string[]): Promise<Answer> {
    const { realm, service } = this.#challenge
    const answer = await this.#wire.send(realm, {
      form: [
        ...(service === '' ? [] : [['service', service] as const]),
        ...scopes.map((scope) => ['scope', scope] as const),
        ['grant_type', 'refresh_token'],
        ['refresh_token', identityToken],
        ['client_id', CLIENT_ID],
      ],
      chunked: true,
      userAgent: USER_AGENT,
    })
    assertGood(answer, 'Trying to obtain access token')
    return answer
  }
}

function assertGood(answer: Answer, doing: string): void {
  const { status, statusText } = answer
  if (status === 200) return
  if (status === 429) throw new GivesUp('too many requests to registry')
  if (status !== 401) throw new GivesUp(`${doing}: received unexpected HTTP status: ${statusText}`)
  throw new GivesUp(`unable to retrieve auth token: invalid username/password: ${inWords(answer)}`)
}
