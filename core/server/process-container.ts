// The process container as far as plugins need it: what every instance, and every request, stands on.
import 'reflect-metadata'
import type { Logger } from 'pino'
import { type DependencyContainer, type InjectionToken, container as root } from 'tsyringe'
import type { Config } from '../config/config.ts'
import { CLOCK, FILES, LOG, STATE, SYSTEM_CLOCK } from '../kit/process.ts'
import { TOKEN_TABLE, TokenTable } from '../kit/token-table.ts'
import type { State } from '../plugin.ts'
import { createFiles } from '../services/files.ts'
import { createHostServices, HOST_SERVICES } from '../services/host.ts'
import { PASSWORDS } from '../services/passwords.ts'
import { Budget, REQUEST_BUDGET } from '../work/budget.ts'
import { LOOP_WATCH, LoopWatch } from '../work/loop-watch.ts'
import { ONCE, Once } from '../work/once.ts'
import { createTurns } from '../work/turns.ts'

/** Puts singletons into a process container before any is made: they take the place of its own. */
export type Prepare = (container: DependencyContainer) => void

/**
 * Makes the container.
 *
 * @param state where what is missing is made
 */
export function createProcessContainer(
  config: Pick<Config, 'base' | 'server'>,
  log: Logger,
  state: State,
  prepare?: Prepare,
): DependencyContainer {
  const container = root.createChildContainer()
  prepare?.(container)
  const { rule_steps, hash_memory: hashMemory } = config.server.limits
  single(container, LOG, () => log)
  single(container, STATE, () => state)
  const clock = single(container, CLOCK, () => SYSTEM_CLOCK)
  const turns = createTurns()
  const files = single(container, FILES, () => createFiles(config.base))
  const host = single(container, HOST_SERVICES, () =>
    createHostServices({ files, state, clock, turns, hashMemory }),
  )
  single(container, TOKEN_TABLE, () => new TokenTable())
  single(container, LOOP_WATCH, () => new LoopWatch())
  single(container, ONCE, () => new Once())
  single(container, PASSWORDS, () => host.passwords)
  single(container, REQUEST_BUDGET, () => () => new Budget(turns, rule_steps))
  return container
}

/** The singleton under a key: what was put there before, or else what is made now. */
export function single<T>(container: DependencyContainer, key: InjectionToken<T>, make: () => T): T {
  if (!container.isRegistered(key)) container.registerInstance(key, make())
  return container.resolve(key)
}
