// The tokens of a state directory, as the command line reaches them, at a time that the test chooses.
import { createEmbeddedStore } from '../../core/store/embedded.ts'
import { keptLog } from '../../core/testing/host.ts'
import { type RefreshSettings, TokenKeeper } from '../../core/token/refresh.ts'

const DAY = 86_400_000
export const SETTINGS: RefreshSettings = { idle: 30 * DAY, maxAge: 180 * DAY, maxAgeUnverified: DAY }

/** @param now milliseconds since the epoch */
export function keeperOf(folder: string, now: () => number, refresh: RefreshSettings | undefined = SETTINGS) {
  const clock = { now }
  const log = keptLog()
  return new TokenKeeper({ store: createEmbeddedStore({ folder, clock }), refresh, clock, log })
}
