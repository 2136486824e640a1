// The key under which a process container holds what is measured. Without `server.metrics` there is none, and nothing is measured.
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import type { ServerMetrics } from './server-metrics.ts'

/** In the process container, where the configuration wants metrics. */
export const METRICS: InjectionToken<ServerMetrics> = Symbol('metrics')

/** @returns undefined where nobody measures */
export function metricsIn(container: DependencyContainer): ServerMetrics | undefined {
  return container.isRegistered(METRICS, true) ? container.resolve(METRICS) : undefined
}
