// What Node and the system know of the process, and which Dockwarden it is.
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import { packageVersion } from '../kit/version.ts'

/** No counters, but named as such: the same numbers are in the metrics without `_total`, by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** @param registry takes them */
export function measureProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const build = new Gauge({
    name: 'dockwarden_build_info',
    help: 'Always 1; its labels say which Dockwarden on which Node this is.',
    labelNames: ['version', 'node'],
    registers: [registry],
  })
  build.set({ version: packageVersion(), node: process.versions.node }, 1)
}
