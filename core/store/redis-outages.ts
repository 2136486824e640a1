// When Redis can't be reached: said once in the log, and once more when it is back, however often it is tried meanwhile.
import type { Log } from '../plugin.ts'
import { reasonOf, storeError, withRemedy } from './redis-errors.ts'

/** The outages of one store. A cluster's nodes may be away one by one. */
export interface Outages {
  /** @param name of the store or of one node */
  begin(name: string, error?: Error): void
  end(name: string): void
  /** It does not matter any more whether this node is there. */
  forget(name: string): void
  /** How long it has been away, in milliseconds; 0 = it is there. */
  lasting(name: string): number
  /** Why the store, or some node, is away. */
  reason(): string | undefined
}

interface Outage {
  readonly since: number
  /** The last one: first the connection is lost, then why it can't be made anew. */
  reason: string
}

export function createOutages(log: Log): Outages {
  const outages = new Map<string, Outage>()
  return {
    begin(name, error) {
      const known = outages.get(name)
      if (known) {
        if (error) known.reason = reasonOf(error)
        return
      }
      const reason = error ? reasonOf(error) : withRemedy('the connection was closed')
      outages.set(name, { since: performance.now(), reason })
      log.warn({}, storeError(name, reason).message)
    },
    end(name) {
      if (outages.delete(name)) log.info({}, `the token store, ${name}, can be used again`)
    },
    forget: (name) => void outages.delete(name),
    lasting(name) {
      const outage = outages.get(name)
      return outage ? performance.now() - outage.since : 0
    },
    reason: () => [...outages.values()].at(-1)?.reason,
  }
}
