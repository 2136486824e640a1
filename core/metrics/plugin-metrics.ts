// Where `host.metrics` of one instance leads: metrics with the plugin's name before theirs, bounded in number.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricLabels } from '../plugin.ts'
import type { Metric, Take } from '../services/metrics.ts'
import { CALLS, type Definitions, DROPPED, type InstanceName, type InstanceParts } from './instance-parts.ts'

/** The seconds of a call, as Prometheus's libraries have them by default. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** So many metrics an instance may have. */
const MOST_METRICS = 100
/** So many lines they may have together. A histogram has one for each bucket, and three. */
const MOST_LINES = 2_000
/** So long the value of a label may be. */
const LONGEST_VALUE = 128

/** What a plugin's name and that of its metric must not become together. */
const TAKEN: ReadonlySet<string> = new Set([CALLS, DROPPED])

/** The labels of every plugin's metrics. */
const OWN_LABELS = ['plugin', 'id'] as const

/** The metrics that an instance makes itself. */
export class PluginMetrics {
  readonly #about: InstanceName
  readonly #definitions: Definitions
  readonly #warn: InstanceParts['warn']
  readonly #registry = new Registry()
  #dropped = 0
  #metrics = 0
  #lines = 0

  constructor({ about, definitions, warn }: InstanceParts) {
    this.#about = about
    this.#definitions = definitions
    this.#warn = warn
  }

  /** Whether it measures anything. */
  get inUse(): boolean {
    return this.#metrics > 0
  }

  /** How many values were dropped. */
  get dropped(): number {
    return this.#dropped
  }

  /** All of them, to be put together with those of others. */
  read(): ReturnType<Registry['getMetricsAsJSON']> {
    return this.#registry.getMetricsAsJSON()
  }

  /**
   * Opens a metric of the plugin's.
   *
   * @throws Error when there are too many, or another instance means something else by the name
   */
  open(metric: Metric): Take {
    const { kind, name, labels = [] } = metric
    const call = `host.metrics.${kind}({ name: ${JSON.stringify(name)} })`
    if (this.#metrics >= MOST_METRICS)
      throw new Error(`${call}: there are ${MOST_METRICS} already; make them in create, each once`)
    const full = `dockwarden_plugin_${this.#about.plugin.replaceAll('-', '_')}_${name}`
    const shape = JSON.stringify([kind, [...labels].sort(), metric.buckets])
    if (TAKEN.has(full))
      throw new Error(`${call}: ${full} is a metric of the server's own; choose another name`)
    const other = this.#definitions.get(full)
    if (other && other.shape !== shape)
      throw new Error(
        `${call}: id ${other.id} has ${full} of another kind, or with other labels or buckets; make them the same in all instances, or choose another name`,
      )
    this.#definitions.set(full, { shape, id: this.#about.id })
    this.#metrics += 1
    const { take, lines } = this.#make(full, metric)
    return this.#bounded(full, lines, take)
  }

  #make(name: string, { kind, help, labels = [], buckets = BUCKETS }: Metric): { take: Take; lines: number } {
    const options = { name, help, labelNames: [...OWN_LABELS, ...labels], registers: [this.#registry] }
    if (kind === 'histogram') {
      const made = new Histogram({ ...options, buckets: [...buckets] })
      const take: Take = (value, given) => made.observe(this.#labels(given), value)
      return { take, lines: buckets.length + 3 }
    }
    if (kind === 'counter') {
      const made = new Counter(options)
      return { take: (value, given) => made.inc(this.#labels(given), value), lines: 1 }
    }
    const made = new Gauge(options)
    return { take: (value, given) => made.set(this.#labels(given), value), lines: 1 }
  }

  /** @param lines of each series */
  #bounded(name: string, lines: number, take: Take): Take {
    const known = new Set<string>()
    let told = false
    const drop = (why: string) => {
      this.#dropped += 1
      if (told) return
      told = true
      this.#warn(
        `${name}: ${why}; further ones are dropped: values of labels come from short lists of the plugin's own, never from clients`,
      )
    }
    return (value, given) => {
      const values = Object.keys(given)
        .sort()
        .map((label) => given[label]!.toWellFormed())
      const key = JSON.stringify(values)
      if (!known.has(key)) {
        if (values.some((text) => text.length > LONGEST_VALUE))
          return drop(`a label has a value of more than ${LONGEST_VALUE} characters`)
        if (this.#lines + lines > MOST_LINES)
          return drop(`the metrics of this instance have more than ${MOST_LINES} series`)
        known.add(key)
        this.#lines += lines
      }
      take(value, given)
    }
  }

  #labels(given: MetricLabels): Record<string, string> {
    const { plugin, id } = this.#about
    const labels: Record<string, string> = { plugin, id }
    for (const label of Object.keys(given)) labels[label] = given[label]!.toWellFormed()
    return labels
  }
}
