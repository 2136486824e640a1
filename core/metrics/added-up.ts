// What several processes have measured, put together as each metric says: most are sums.
import { AggregatorRegistry, type Registry } from 'prom-client'

/** What a process has measured. */
export type MetricsJson = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export function addedUp(all: readonly MetricsJson[]): Promise<MetricsJson> {
  return AggregatorRegistry.aggregate([...all]).getMetricsAsJSON()
}
