// What a token says (Distribution's token specification): who, for which service, how long, and which access.
import { randomUUID } from 'node:crypto'

/** The actions that a token holds on one resource. */
export interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** The claims of a token. Times are seconds since the epoch. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly exp: number
  readonly nbf: number
  readonly iat: number
  readonly jti: string
  readonly access: readonly Access[]
}

/** What is known of a token before it is signed. */
export interface TokenFacts {
  readonly issuer: string
  /** Empty for an anonymous client. */
  readonly account: string
  readonly service: string
  /** One entry for each scope that was asked for, in that order; no actions when it was denied. */
  readonly access: readonly Access[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds. */
  readonly lifetime: number
}

// A registry's clock may be this many seconds behind ours. Some verifiers give no leeway to `iat` either.
const CLOCK_SKEW = 10

/**
 * Makes the claims of a token. Entries of the same resource become one, with all their actions, sorted.
 *
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function createClaims({ issuer, account, service, access, now, lifetime }: TokenFacts): Claims {
  const signed = Math.floor(now / 1000)
  const from = signed - CLOCK_SKEW
  return {
    iss: issuer,
    sub: account,
    aud: service,
    exp: signed + Math.floor(lifetime / 1000),
    nbf: from,
    iat: from,
    jti: randomUUID(),
    access: mergeAccess(access),
  }
}

function mergeAccess(access: readonly Access[]): Access[] {
  if (access.length < 2) return access.map(inOrder)
  const merged = new Map<string, Access>()
  for (const entry of access) {
    const { type, name, actions } = entry
    // A type holds no colon.
    const resource = `${type}:${name}`
    const before = merged.get(resource)
    merged.set(resource, inOrder(before ? { type, name, actions: [...before.actions, ...actions] } : entry))
  }
  return [...merged.values()]
}

/** With each action once, sorted: most are. */
function inOrder(entry: Access): Access {
  const { type, name, actions } = entry
  for (let place = 1; place < actions.length; place += 1)
    if (actions[place - 1]! >= actions[place]!) return { type, name, actions: [...new Set(actions)].sort() }
  return entry
}
