// The tokens of a state directory, as the command line reaches them, at a time that the test chooses.

import { createEmbeddedStore } from '../../core/store/embedded.ts'
import type { TokenStore } from '../../core/store/token-store.ts'
import { keptLog } from '../../core/testing/host.ts'
import { type RefreshSettings, TokenKeeper } from '../../core/token/keeper.ts'

const DAY = 86_400_000
export const SETTINGS: RefreshSettings = {
  idle: 30 * DAY,
  maxAge: 180 * DAY,
  maxAgeUnverified: DAY,
  bound: { unused: 2_000, all: 10_000 },
}

/** @param now milliseconds since the epoch */
export function keeperOf(
  folder: string,
  now: () => number,
  refresh: RefreshSettings | undefined = SETTINGS,
): TokenKeeper & Pick<TokenStore, 'get'> {
  const clock = { now }
  const log = keptLog()
  const store = createEmbeddedStore({ folder, clock, log })
  const keeper = new TokenKeeper({ store, refresh, clock, log })
  return Object.assign(keeper, { get: (id: string) => store.get(id) })
}
