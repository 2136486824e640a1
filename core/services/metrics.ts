// `host.metrics` of one instance: checks what is written, and hands it to whoever collects.
import type { HistogramOptions, MetricLabels, Metrics } from '../plugin.ts'

/** What is measured. */
export interface Metric extends HistogramOptions {
  readonly kind: keyof Metrics
}

/** Takes one value. */
export type Take = (value: number, labels: MetricLabels) => void

/** Whoever collects. @returns takes the values of the metric */
export type Collect = (metric: Metric) => Take

/** Nobody collects. */
export const COLLECT_NOTHING: Collect = () => () => {}

const NAME = /^[a-z][a-z\d]*(?:_[a-z\d]+)*$/
const MOST_LABELS = 4
const ENDINGS: ReadonlySet<string> = new Set(['bucket', 'count', 'sum'])
const KINDS: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary'])
/** As `promtool check metrics` asks for them. @see https://prometheus.io/docs/practices/naming/#base-units */
const BASE_UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    seconds: 'ms us ns sec milliseconds microseconds nanoseconds minutes hours days weeks',
    bytes: 'bits kb kib mb mib gb gib tb tib kilobytes kibibytes megabytes mebibytes gigabytes gibibytes',
    ratio: 'percent percentage',
  }).flatMap(([base, others]) => others.split(' ').map((other) => [other, base])),
)
const NO_LABELS: MetricLabels = Object.freeze({})

export function createMetrics(collect: Collect): Metrics {
  const names = new Set<string>()

  function open(kind: keyof Metrics, options: HistogramOptions): Take {
    const { name, help, labels = [], buckets } = options
    const call = `host.metrics.${kind}({ name: ${JSON.stringify(name)} })`
    const fault = faultOf(kind, options)
    if (fault !== undefined) throw new TypeError(`${call}: ${fault}`)
    if (names.has(name)) throw new Error(`${call} was there before; keep what the first call gave`)
    names.add(name)
    const take = collect({ kind, name, help, labels, ...(buckets && { buckets }) })
    return (value, given) => {
      const keys = Object.keys(given)
      if (keys.length !== labels.length || !labels.every((label) => typeof given[label] === 'string'))
        throw new TypeError(`${call}: the labels are { ${labels.join(', ')} }, each a text`)
      if (!Number.isFinite(value)) throw new TypeError(`${call}: ${value} is no finite number`)
      if (kind === 'counter' && value < 0) throw new RangeError(`${call}: a counter never falls`)
      take(value, given)
    }
  }

  return Object.freeze({
    counter(options) {
      const take = open('counter', options)
      return Object.freeze({ add: (by = 1, labels = NO_LABELS) => take(by, labels) })
    },
    gauge(options) {
      const take = open('gauge', options)
      return Object.freeze({ set: (value: number, labels = NO_LABELS) => take(value, labels) })
    },
    histogram(options) {
      const take = open('histogram', options)
      return Object.freeze({ observe: (value: number, labels = NO_LABELS) => take(value, labels) })
    },
  } satisfies Metrics)
}

/** @returns what is wrong, with the remedy */
function faultOf(
  kind: keyof Metrics,
  { name, help, labels = [], buckets }: HistogramOptions,
): string | undefined {
  if (!NAME.test(name)) return 'the name must be lower case words with _ between them, such as lookups_total'
  if ((kind === 'counter') !== name.endsWith('_total'))
    return kind === 'counter'
      ? 'the name of a counter ends in _total'
      : 'only the name of a counter ends in _total'
  const words = name.split('_')
  const last = words.at(-1)!
  if (ENDINGS.has(last)) return `the name must not end in _${last}, which the lines of a histogram do`
  const kinds = words.find((word) => KINDS.has(word))
  if (kinds !== undefined) return `the name must not say what kind it is (${kinds})`
  const unit = words.find((word) => BASE_UNITS.has(word))
  if (unit !== undefined) return `the unit must be ${BASE_UNITS.get(unit)}, not ${unit}`
  if (typeof help !== 'string' || help === '') return 'help is missing; write a sentence'
  if (labels.length > MOST_LABELS)
    return `it has more than ${MOST_LABELS} labels; each value makes new series`
  const wrong = labels.find((label) => !NAME.test(label) || ['plugin', 'id', 'le'].includes(label))
  if (wrong !== undefined)
    return `the label ${JSON.stringify(wrong)} must be lower case words with _ between them, and none of plugin, id, le`
  if (new Set(labels).size < labels.length) return 'a label stands there twice'
  if (
    buckets &&
    !(buckets.length > 0 && buckets.every((bound, place) => place === 0 || bound > buckets[place - 1]!))
  )
    return 'the buckets must rise'
  return undefined
}
