// How long things took: counted in a few numbers, where prom-client would look up labels and make objects for each, and made a
// histogram when somebody scrapes.
import type { Metric, Registry } from 'prom-client'
import type { Pulled } from './pulled.ts'

/** Upper bounds in seconds: from what a decision takes to the time of a whole request. A password hash takes 0.05 to 0.3. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12]

/** Times of one kind. */
export class Times {
  /** How many there were up to each bound and above the one before it; at last those above all. */
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  #sum = 0

  /** @param ms milliseconds */
  add(ms: number): void {
    const seconds = ms / 1_000
    let place = 0
    while (place < BOUNDS.length && seconds > BOUNDS[place]!) place += 1
    this.#counts[place]! += 1
    this.#sum += seconds
  }

  /** Whether there was any. */
  get inUse(): boolean {
    return this.#counts.some((count) => count > 0)
  }

  /** As a histogram has them: for each bound how many were not longer, all of them, and their sum. */
  read(): { readonly upTo: readonly number[]; readonly count: number; readonly sum: number } {
    let count = 0
    const upTo = Array.from(this.#counts, (own) => (count += own))
    return { upTo: upTo.slice(0, -1), count, sum: this.#sum }
  }
}

/** One histogram, with its labels. */
export type TimesSample = readonly [labels: Readonly<Record<string, string>>, times: Times]

/** @param read those that there are now */
export function pullTimes(registry: Registry, about: Pulled, read: () => Iterable<TimesSample>): void {
  const { name, help } = about
  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...read()].flatMap(linesOf),
    }),
  }
  const linesOf = ([labels, times]: TimesSample) => {
    const { upTo, count, sum } = times.read()
    const line = (end: string, value: number, more: object = {}) => ({
      metricName: `${name}_${end}`,
      labels: { ...more, ...labels },
      value,
    })
    return [
      ...upTo.map((value, place) => line('bucket', value, { le: BOUNDS[place] })),
      line('bucket', count, { le: '+Inf' }),
      line('sum', sum),
      line('count', count),
    ]
  }
  // A registry needs no more of a metric: the library's own aggregated ones are made so.
  registry.registerMetric(metric as unknown as Metric)
}
