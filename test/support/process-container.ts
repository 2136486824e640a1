// The process container, with no more in it than a request's context needs.
import 'reflect-metadata'
import { container, type DependencyContainer } from 'tsyringe'
import { TOKEN_TABLE, TokenTable } from '../../core/kit/token-table.ts'
import { CLIENT_WATCH, ClientWatch } from '../../core/request/client-watch.ts'
import type { Tasks } from '../../core/services/tasks.ts'
import { Budget, REQUEST_BUDGET } from '../../core/work/budget.ts'
import { GUARD, OPEN_GATE } from '../../core/work/guard/gate.ts'
import { LOOP_WATCH, LoopWatch } from '../../core/work/loop-watch.ts'
import { ONCE, Once } from '../../core/work/once.ts'
import { createTurns } from '../../core/work/turns.ts'

export function processContainer(): DependencyContainer {
  const made = container.createChildContainer()
  const turns = createTurns()
  made.registerInstance(TOKEN_TABLE, new TokenTable())
  made.registerInstance(LOOP_WATCH, new LoopWatch())
  made.registerInstance(CLIENT_WATCH, new ClientWatch())
  made.registerInstance(ONCE, new Once())
  made.registerInstance(GUARD, OPEN_GATE)
  made.registerInstance(REQUEST_BUDGET, () => new Budget(turns))
  return made
}

/** What an instance has besides its plugin, when it shares nothing and does nothing in the background. */
export function alone() {
  const [own, provided] = [container.createChildContainer(), container.createChildContainer()]
  const tasks: Tasks = { every() {}, start() {}, async stop() {} }
  return {
    tasks,
    incarnation: '1',
    release: async () => {},
    routes: [],
    container: own,
    provided,
    provides: new Set<string>(),
    needsAccepting: new Set<never>(),
    needs: [],
  }
}
