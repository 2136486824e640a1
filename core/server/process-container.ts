// The process container as far as plugins need it: what every instance, and every request, stands on. It has two parts: the house, which
// lives as long as the process, and what belongs to one configuration.
import 'reflect-metadata'
import type { Logger } from 'pino'
import { type DependencyContainer, type InjectionToken, container as root } from 'tsyringe'
import type { Config } from '../config/config.ts'
import { workersOf } from '../config/native/workers-schema.ts'
import { CLOCK, FILES, LOG, STATE, SYSTEM_CLOCK } from '../kit/process.ts'
import { TOKEN_TABLE, TokenTable } from '../kit/token-table.ts'
import type { State } from '../plugin.ts'
import { createFiles } from '../services/files.ts'
import { createHostServices, HOST_SERVICES, type HostServices } from '../services/host.ts'
import { PASSWORDS } from '../services/passwords.ts'
import { Budget, REQUEST_BUDGET } from '../work/budget.ts'
import { LOOP_WATCH, LoopWatch } from '../work/loop-watch.ts'
import { ONCE, Once } from '../work/once.ts'

/** The container of what lives as long as the process; those of instances are its children. */
export const HOUSE: InjectionToken<DependencyContainer> = Symbol('house')
/** The host services of the house: with the files of the configuration that was first in force. */
export const FIRST_SERVICES: InjectionToken<HostServices> = Symbol('first host services')

/** Puts singletons into the house before any is made: they take the place of its own. */
export type Prepare = (container: DependencyContainer) => void

/**
 * Makes the house.
 *
 * @param state where what is missing is made
 */
export function createHouse(
  config: Pick<Config, 'base' | 'server'>,
  log: Logger,
  state: State,
  prepare?: Prepare,
): DependencyContainer {
  const container = root.createChildContainer()
  prepare?.(container)
  container.registerInstance(HOUSE, container)
  single(container, LOG, () => log)
  single(container, STATE, () => state)
  const clock = single(container, CLOCK, () => SYSTEM_CLOCK)
  const files = createFiles(config.base)
  const hashMemory = config.server.limits.hash_memory
  const share = workersOf(config.server)
  const host = single(container, FIRST_SERVICES, () =>
    createHostServices({ files, state, clock, hashMemory, share }),
  )
  single(container, LOOP_WATCH, () => new LoopWatch())
  single(container, ONCE, () => new Once())
  single(container, PASSWORDS, () => host.passwords)
  return container
}

/**
 * Makes the container of one configuration, a child of the house.
 *
 * @param former the container of the configuration before: tokens keep their keys
 */
export function createProcessContainer(
  config: Pick<Config, 'base' | 'server'>,
  house: DependencyContainer,
  former?: DependencyContainer,
): DependencyContainer {
  const container = house.createChildContainer()
  const files = single(container, FILES, () => createFiles(config.base))
  const own = Object.freeze({ ...house.resolve(FIRST_SERVICES), files })
  const { turns } = single(container, HOST_SERVICES, () => own)
  // Not in a closure: the container would hold on to the former one.
  const table = new TokenTable(former?.resolve(TOKEN_TABLE))
  single(container, TOKEN_TABLE, () => table)
  single(container, REQUEST_BUDGET, () => () => new Budget(turns, config.server.limits.rule_steps))
  return container
}

/** The singleton under a key: what is there already, or else what is made now. */
export function single<T>(container: DependencyContainer, key: InjectionToken<T>, make: () => T): T {
  if (!container.isRegistered(key, true)) container.registerInstance(key, make())
  return container.resolve(key)
}
