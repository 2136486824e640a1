// How long a signed token is good: by what it allows, and by the service that it is for.
import type { Access } from './claims.ts'

/** Clients take anything shorter for this, in milliseconds. */
export const MIN_LIFETIME = 60_000

/** Lifetimes in milliseconds. */
export interface Lifetimes {
  readonly expiration: number
  /** For tokens that hold this action, in place of `expiration`. */
  readonly byAction: ReadonlyMap<string, number>
}

/**
 * The lifetime of a token: the longest of its granted actions, each with its own lifetime or else the general one. A push
 * must not outlive its token, and a token that pulls only may end soon. Registries let `*` do everything, so it counts as all
 * of them.
 *
 * @returns milliseconds
 * @example lifetimeOf({ expiration: 900_000, byAction: new Map([['push', 3_600_000]]) }, access)
 */
export function lifetimeOf({ expiration, byAction }: Lifetimes, access: readonly Access[]): number {
  if (byAction.size === 0) return expiration
  const actions = access.flatMap((entry) => entry.actions)
  if (actions.length === 0) return expiration
  if (actions.includes('*')) return Math.max(byAction.get('*') ?? expiration, ...byAction.values())
  return Math.max(...actions.map((action) => byAction.get(action) ?? expiration))
}

/** The longest that any token can be good, in milliseconds: as long its key must stay published. */
export function longestLifetime(all: Iterable<Lifetimes>): number {
  return Math.max(...[...all].flatMap(({ expiration, byAction }) => [expiration, ...byAction.values()]))
}
