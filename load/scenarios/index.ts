// The scenarios, in the order in which they run.
import type { Scenario } from '../drill.ts'
import { SOAK } from '../soak/soak.ts'
import { BURSTS } from './burst.ts'
import { CONNECTIONS } from './connections.ts'
import { FLOODS } from './flood.ts'
import { GUARDS } from './guard.ts'
import { HERDS } from './herd.ts'
import { LARGE_REQUESTS } from './large.ts'
import { LITTLE_MEMORY } from './memory.ts'
import { RELOAD } from './reload.ts'
import { RELOAD_CONFIG } from './reload-config.ts'
import { SLOW_BACKENDS } from './slow-backend.ts'

export const SCENARIOS: readonly Scenario[] = [
  ...BURSTS,
  ...FLOODS,
  ...GUARDS,
  ...HERDS,
  ...SLOW_BACKENDS,
  ...LARGE_REQUESTS,
  ...CONNECTIONS,
  RELOAD,
  RELOAD_CONFIG,
  LITTLE_MEMORY,
  SOAK,
]
