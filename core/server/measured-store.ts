// A token store whose operations are measured.
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import type { TokenStore } from '../store/token-store.ts'

/**
 * The same store. What is read one after the other (`list`), and what only a start and an end ask for, is not measured.
 *
 * @param given undefined where nobody measures
 */
export function measuredStore(store: TokenStore, given: ServerMetrics | undefined): TokenStore {
  if (!given) return store
  const { store: metrics } = given
  const { entries } = store
  return {
    add: metrics.measured('add', (...args) => store.add(...args)),
    get: metrics.measured('get', (id) => store.get(id)),
    use: metrics.measured('use', (...args) => store.use(...args)),
    revoke: metrics.measured('revoke', (...args) => store.revoke(...args)),
    lease: metrics.measured('lease', (...args) => store.lease(...args)),
    release: metrics.measured('release', (...args) => store.release(...args)),
    mark: metrics.measured('mark', (...args) => store.mark(...args)),
    isMarked: metrics.measured('is_marked', (id) => store.isMarked(id)),
    entries: {
      get: metrics.measured('entry_get', (...args) => entries.get(...args)),
      put: metrics.measured('entry_put', (change) => entries.put(change)),
      drop: metrics.measured('entry_drop', (...args) => entries.drop(...args)),
    },
    list: (filter) => store.list(filter),
    ready: () => store.ready(),
    close: () => store.close(),
  }
}
