// How many connections a process takes: what the configuration says, as far as its descriptors reach.
import type { Config } from '../config/config.ts'
import { workersOf } from '../config/native/workers-schema.ts'
import type { Log } from '../plugin.ts'
import { mostWithin } from '../work/connections.ts'
import { ownDescriptors } from '../work/descriptors.ts'

/** How many are open at most, unless the configuration says otherwise. */
const CONNECTIONS = 10_000

/** How many a process may have: workers share what the configuration allows. */
export function connectionBound(server: Config['server']): number {
  const share = Math.ceil((server.limits.connections ?? CONNECTIONS) / workersOf(server))
  return Math.min(share, mostWithin(ownDescriptors()))
}

/** Whoever has asked for more than the system allows is told so. */
export function warnOfDescriptors(server: Config['server'], log: Log): void {
  const wanted = server.limits.connections
  const descriptors = ownDescriptors()
  const possible = mostWithin(descriptors) * workersOf(server)
  if (wanted === undefined || wanted <= possible) return
  log.warn(
    {},
    `server.limits.connections is ${wanted}, and only ${possible} are possible with ${descriptors.most} descriptors; raise those (ulimit -n, LimitNOFILE in systemd, --ulimit nofile in docker)`,
  )
}
