// containerd's resolver, as ctr, nerdctl and Kubernetes use it.
// source: containerd/containerd core/remotes/docker/authorizer.go, auth/fetch.go, scope.go, ../errors/errors.go
import {
  type Challenge,
  type Credentials,
  firstOf,
  GivesUp,
  type Got,
  outcome,
  type RegistryClient,
  readFields,
  type TokenFields,
} from './client.ts'
import type { Answer, Wire } from './wire.ts'

const USER_AGENT = 'containerd/v2.1.4'

/** How one of those who fetch with containerd's code differs from the others. */
export interface FetchOptions {
  readonly clientId: string
  /** Whether it wants a refresh token too. */
  readonly offline?: boolean
}

/** The server answered with another status than it should. */
export class UnexpectedStatus extends GivesUp {
  readonly status: number

  constructor(method: string, realm: string, { status, statusText }: Answer) {
    super(`unexpected status from ${method} request to ${realm}: ${statusText}`)
    this.status = status
  }
}

export class Containerd implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire
  readonly #options: FetchOptions

  /** @param options nerdctl's login sets `offline` */
  constructor(challenge: Challenge, wire: Wire, options: FetchOptions = { clientId: 'containerd-client' }) {
    this.#challenge = challenge
    this.#wire = wire
    this.#options = options
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    const fetch = [this.#challenge, this.#wire, credentials, inOrder(scopes), this.#options] as const
    return outcome(async () => {
      if (secretOf(credentials).secret === '') return kept(await fetchByGet(...fetch))
      try {
        return kept(await fetchByPost(...fetch))
      } catch (error) {
        if (!(error instanceof UnexpectedStatus)) throw error
        if (!isFallback(error.status, credentials)) throw error
        return kept(await fetchByGet(...fetch))
      }
    })
  }
}

function isFallback(status: number, credentials: Credentials): boolean {
  return [400, 401, 404].includes(status) || (status === 405 && secretOf(credentials).name !== '')
}

/** Sorted; the same text twice counts once, the same resource with other actions does not. */
function inOrder(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].sort()
}

/** A lifetime that is missing means that the token is kept for good. */
function kept({ refresh_token, expires_in, ...fields }: TokenFields): Got {
  return {
    token: firstOf(fields.access_token, fields.token),
    ...(expires_in && { lifetime: expires_in }),
    ...(refresh_token && { identityToken: refresh_token }),
  }
}

/** A refresh token is a secret without a user name. */
export function secretOf({ user = '', password = '', identityToken = '' }: Credentials): {
  name: string
  secret: string
} {
  return identityToken === '' ? { name: user, secret: password } : { name: '', secret: identityToken }
}

/** POST with the secret in a form. @throws GivesUp */
export async function fetchByPost(
  { realm, service }: Challenge,
  wire: Wire,
  credentials: Credentials,
  scopes: readonly string[],
  { clientId, offline }: FetchOptions,
): Promise<TokenFields> {
  const { name, secret } = secretOf(credentials)
  const answer = await wire.send(realm, {
    form: [
      ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
      ['service', service],
      ['client_id', clientId],
      ...(name === ''
        ? ([
            ['grant_type', 'refresh_token'],
            ['refresh_token', secret],
          ] as const)
        : ([
            ['grant_type', 'password'],
            ['username', name],
            ['password', secret],
          ] as const)),
      ...(offline ? [['access_type', 'offline'] as const] : []),
    ],
    charset: true,
    userAgent: USER_AGENT,
  })
  const { token: _, ...fields } = readGood('POST', realm, answer)
  firstOf(fields.access_token)
  return fields
}

/** GET, with the secret as Basic when there is one. @throws GivesUp */
export async function fetchByGet(
  { realm, service }: Challenge,
  wire: Wire,
  credentials: Credentials,
  scopes: readonly string[],
  { offline }: FetchOptions,
): Promise<TokenFields> {
  const { name, secret } = secretOf(credentials)
  const answer = await wire.send(realm, {
    query: [
      ...(service === '' ? [] : [['service', service] as const]),
      ...scopes.map((scope) => ['scope', scope] as const),
      ...(offline ? [['offline_token', 'true'] as const] : []),
    ],
    ...(secret !== '' && { user: [name, secret] as const }),
    userAgent: USER_AGENT,
  })
  return readGood('GET', realm, answer)
}

function readGood(method: string, realm: string, answer: Answer): TokenFields {
  if (answer.status < 200 || answer.status >= 400) throw new UnexpectedStatus(method, realm, answer)
  return readFields(answer)
}
