// Metrics whose values are kept elsewhere anyway: they are looked at when somebody scrapes, and cost nothing until then.
import { Counter, Gauge, type Registry } from 'prom-client'

/** What there is to see. */
export interface Pulled {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  /** How it is put together with the same of other processes. `first`: each has the same. Default: sum. */
  readonly aggregator?: 'sum' | 'first'
}

/** One value, with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

/** @param read those that there are now: series that are not among them go */
export function pullCounter(registry: Registry, about: Pulled, read: () => Iterable<Sample>): void {
  new Counter({
    ...about,
    registers: [registry],
    collect() {
      clear(this, about)
      for (const [labels, value] of read()) this.inc(labels, value)
    },
  })
}

/** @param read those that there are now: series that are not among them go */
export function pullGauge(registry: Registry, about: Pulled, read: () => Iterable<Sample>): void {
  new Gauge({
    ...about,
    registers: [registry],
    collect() {
      clear(this, about)
      for (const [labels, value] of read()) this.set(labels, value)
    },
  })
}

/** Without labels, a reset leaves a series behind, with 0. */
function clear(metric: Counter | Gauge, { labelNames = [] }: Pulled): void {
  metric.reset()
  if (labelNames.length === 0) metric.remove()
}
