// What Node and the system know of the process, and which Dockwarden it is.
import { performance } from 'node:perf_hooks'
import { collectDefaultMetrics, type Registry } from 'prom-client'
import { packageVersion } from '../kit/version.ts'
import { pullCounter, pullGauge } from './pulled.ts'

/** No counters, but named as such: the same numbers are in the metrics without `_total`, by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

const BUILD = { version: packageVersion(), node: process.versions.node }

/** @param registry takes them */
export function measureProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  // Of several processes, that of the first.
  Object.assign(registry.getSingleMetric('process_start_time_seconds') ?? {}, { aggregator: 'first' })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  pullGauge(
    registry,
    {
      name: 'dockwarden_build_info',
      help: 'Always 1; its labels say which Dockwarden on which Node this is.',
      labelNames: ['version', 'node'],
      aggregator: 'first',
    },
    () => [[BUILD, 1]],
  )
  pullCounter(
    registry,
    {
      name: 'dockwarden_event_loop_busy_seconds_total',
      help: 'How long the event loop was not idle: near to 1 a second, everybody waits.',
    },
    () => [[{}, performance.eventLoopUtilization().active / 1_000]],
  )
}
