// The guard that the configuration wants.
import type { NativeConfig } from '../config/native/schema.ts'
import type { Log } from '../plugin.ts'
import { type Gate, Guard, OPEN_GATE } from '../work/guard/guard.ts'
import { knownInMemory } from '../work/guard/known-networks.ts'

/** Opens the guard; without one, everybody passes. */
export function openGuard(settings: NativeConfig['server']['guard'], log: Log): Gate {
  return settings === false ? OPEN_GATE : new Guard({ known: knownInMemory(), log })
}
