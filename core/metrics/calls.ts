// Calls of one plugin instance: what it answered, and how long that took.
import { Histogram, type Registry } from 'prom-client'
import { SECONDS } from './buckets.ts'
import type { InstanceName } from './instance-parts.ts'

/** What an instance is asked for. */
export type Call = 'authenticate' | 'refresh' | 'session' | 'label' | 'authorize' | 'sign_in' | 'route'

/** How that ended. */
export type CallOutcome =
  | 'accept'
  | 'reject'
  | 'pass'
  | 'grant'
  | 'deny'
  | 'answered'
  /** The client has gone, or another answer has made this one needless. */
  | 'cancelled'
  /** Its line was too long. */
  | 'busy'
  | 'timeout'
  | 'unavailable'

/** Counts the calls of an instance. */
export class CallMetrics {
  readonly #about: InstanceName
  readonly #children = new Map<Call, Map<CallOutcome, Histogram.Internal<string>>>()
  readonly #histogram: Histogram<'kind' | 'plugin' | 'id' | 'call' | 'outcome'>

  constructor(about: InstanceName, registry: Registry) {
    this.#about = about
    this.#histogram = new Histogram({
      name: 'dockwarden_plugin_call_duration_seconds',
      help: 'How long calls of plugins took, waiting for a turn included, by what was asked for and how that ended.',
      labelNames: ['kind', 'plugin', 'id', 'call', 'outcome'],
      buckets: SECONDS,
      registers: [registry],
    })
  }

  /** @param ms milliseconds */
  count(call: Call, outcome: CallOutcome, ms: number): void {
    const child = this.#children.get(call)?.get(outcome) ?? this.#bind(call, outcome)
    child.observe(ms / 1_000)
  }

  #bind(call: Call, outcome: CallOutcome): Histogram.Internal<string> {
    const { kind, plugin, id } = this.#about
    const child = this.#histogram.labels({ kind, plugin, id, call, outcome })
    const known = this.#children.get(call)
    if (known) known.set(outcome, child)
    else this.#children.set(call, new Map([[outcome, child]]))
    return child
  }
}
