// The guard that the configuration wants.
import type { NativeConfig } from '../config/native/schema.ts'
import type { Clock, Log } from '../plugin.ts'
import type { TokenStore } from '../store/token-store.ts'
import { type Gate, Guard, OPEN_GATE } from '../work/guard/guard.ts'
import { KnownNetworks } from '../work/guard/known-networks.ts'

/**
 * Opens the guard; without one, everybody passes.
 *
 * @param store where successes are kept; undefined = in memory alone
 */
export function openGuard(
  settings: NativeConfig['server']['guard'],
  { clock, log, store }: { clock: Clock; log: Log; store: TokenStore | undefined },
): Gate {
  if (settings === false) return OPEN_GATE
  return new Guard({ known: new KnownNetworks(() => clock.now(), store), log })
}
