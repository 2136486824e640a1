// The key under which a process container holds what is measured. Without `server.metrics` there is none, and nothing is measured.
import type { InjectionToken } from 'tsyringe'
import type { ServerMetrics } from './server-metrics.ts'

/** In the process container, where the configuration wants metrics. */
export const METRICS: InjectionToken<ServerMetrics> = Symbol('metrics')
