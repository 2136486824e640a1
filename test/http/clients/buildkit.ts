// BuildKit: the builder has its tokens fetched by the client (`docker buildx`), or by its daemon when that client is an old one.
// source: moby/buildkit session/auth/authprovider/authprovider.go, util/resolver/authorizer.go
import {
  type Challenge,
  type Credentials,
  firstOf,
  type Got,
  outcome,
  type RegistryClient,
} from './client.ts'
import { fetchByGet, fetchByPost, secretOf, UnexpectedStatus } from './containerd.ts'
import type { Wire } from './wire.ts'

const OPTIONS = { clientId: 'buildkit-client' }
/** Seconds, for an answer that names none. */
const DEFAULT_LIFETIME = 60
/** The part of a token's lifetime for which it is used. */
const USED = 0.9

/** Who fetches the token, and with that what comes first. */
export type Fetcher = 'client' | 'daemon'

const ORDER = { client: [fetchByPost, fetchByGet], daemon: [fetchByGet, fetchByPost] } as const

export class BuildKit implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire
  readonly #fetcher: Fetcher

  constructor(challenge: Challenge, wire: Wire, fetcher: Fetcher = 'client') {
    this.#challenge = challenge
    this.#wire = wire
    this.#fetcher = fetcher
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    const fetch = [this.#challenge, this.#wire, credentials, merged(scopes), OPTIONS] as const
    const [first, second] = ORDER[this.#fetcher]
    return outcome(async () => {
      if (secretOf(credentials).secret === '') return kept(await fetchByGet(...fetch))
      try {
        return kept(await first(...fetch))
      } catch (error) {
        if (!(error instanceof UnexpectedStatus)) throw error
        if (!isFallback(error.status, credentials)) throw error
        return kept(await second(...fetch))
      }
    })
  }
}

/** As containerd, but not on 400. */
function isFallback(status: number, credentials: Credentials): boolean {
  return [401, 404].includes(status) || (status === 405 && secretOf(credentials).name !== '')
}

function kept({ access_token, token, expires_in }: Awaited<ReturnType<typeof fetchByGet>>): Got {
  return { token: firstOf(access_token, token), lifetime: (expires_in || DEFAULT_LIFETIME) * USED }
}

/** One scope for each resource, with all that is asked of it; resources and actions are sorted. */
function merged(scopes: readonly string[]): string[] {
  if (scopes.includes('')) return []
  const actions = new Map<string, Set<string>>()
  for (const scope of scopes.flatMap((text) => text.split(' '))) {
    const [, resource = '', asked = ''] = /^([^:]*:[^:]*):?(.*)$/.exec(scope) ?? []
    const all = actions.get(resource) ?? new Set()
    for (const action of asked.split(',')) all.add(action)
    actions.set(resource, all)
  }
  return [...actions].map(([resource, all]) => `${resource}:${[...all].sort().join(',')}`).sort()
}
