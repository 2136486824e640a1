// What an instance counts and measures: `host.metrics`. Names, units and labels as Prometheus has them.

/** The values of labels, by name. They come from the plugin's own short lists, never from what clients send. */
export type MetricLabels = Readonly<Record<string, string>>

/** What a metric is. */
export interface MetricOptions {
  /** Lower case, with the unit at the end, such as `lookups_total`, `lookup_seconds`. */
  readonly name: string
  /** A sentence for whoever reads it. */
  readonly help: string
  /** The names of its labels, at most four. */
  readonly labels?: readonly string[]
}

/** A histogram's. */
export interface HistogramOptions extends MetricOptions {
  /** Upper bounds, rising; by default those for seconds, from 0.005 to 10. */
  readonly buckets?: readonly number[]
}

/** What only rises. */
export interface Counter {
  /** @param by at least 0, 1 by default */
  add(by?: number, labels?: MetricLabels): void
}

/** What rises and falls. */
export interface Gauge {
  set(value: number, labels?: MetricLabels): void
}

/** How values are spread. */
export interface Histogram {
  observe(value: number, labels?: MetricLabels): void
}

/** Where metrics go. */
export interface Metrics {
  /**
   * @throws TypeError for a name or label that Prometheus does not take; Error for a name that is there already
   * @example const lookups = host.metrics.counter({ name: 'lookups_total', help: 'Lookups.', labels: ['outcome'] })
   */
  counter(options: MetricOptions): Counter
  gauge(options: MetricOptions): Gauge
  histogram(options: HistogramOptions): Histogram
}
