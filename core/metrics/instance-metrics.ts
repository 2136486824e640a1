// What is measured of one plugin instance. It comes and goes with the instance: a reload takes away the series of those that are no
// more, and leaves those that stay.
import { Registry } from 'prom-client'
import { CallMetrics } from './calls.ts'
import type { InstanceParts } from './instance-parts.ts'
import { PluginMetrics } from './plugin-metrics.ts'
import { RememberedMetrics } from './remembered.ts'

/** The metrics of an instance. */
export class InstanceMetrics {
  readonly #registry = new Registry()
  readonly calls: CallMetrics
  readonly remembered: RememberedMetrics
  /** Those that the plugin makes itself. */
  readonly plugin: PluginMetrics

  constructor(parts: InstanceParts) {
    this.calls = new CallMetrics(parts.about, this.#registry)
    this.remembered = new RememberedMetrics(parts.about, this.#registry)
    this.plugin = new PluginMetrics(parts, this.#registry)
  }

  /** All of them, as they are put together with those of the others. */
  read(): ReturnType<Registry['getMetricsAsJSON']> {
    return this.#registry.getMetricsAsJSON()
  }
}
