// All that is measured of a server. It lives as long as the process: a reload only shows other things to it.
import { AggregatorRegistry, Registry } from 'prom-client'
import { InstanceMetrics } from './instance-metrics.ts'
import type { InstanceParts } from './instance-parts.ts'
import { measureProcess } from './process.ts'
import { RequestMetrics } from './requests.ts'

/** What is in force now: of one configuration, which a reload replaces. */
export interface InForce {
  /** The names in `token.services`. */
  readonly services: Iterable<string>
  /** Those of the plugin instances. */
  readonly instances: readonly InstanceMetrics[]
}

/** Makes the metrics of one instance. */
export type MeasureInstance = (about: InstanceParts['about'], warn: InstanceParts['warn']) => InstanceMetrics

/** So that the metrics of instances are named where there are none, too. */
const NOBODY = new InstanceMetrics({
  about: { kind: '', plugin: '', id: '' },
  definitions: new Map(),
  warn() {},
})

/** The metrics of a server. */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly requests = new RequestMetrics(this.#registry)
  #instances: readonly InstanceMetrics[] = []

  constructor() {
    measureProcess(this.#registry)
  }

  /** For the instances of one configuration, which must agree on what their metrics mean. */
  forInstances(): MeasureInstance {
    const definitions: InstanceParts['definitions'] = new Map()
    return (about, warn) => new InstanceMetrics({ about, definitions, warn })
  }

  /** From now on these are measured. */
  show({ services, instances }: InForce): void {
    this.requests.serve(services)
    this.#instances = instances
  }

  /** What an exposition is written in. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /**
   * All metrics, as Prometheus reads them.
   *
   * @see https://prometheus.io/docs/instrumenting/exposition_formats/
   */
  async exposition(): Promise<string> {
    const ofInstances = [NOBODY, ...this.#instances].map((instance) => instance.read())
    const together = AggregatorRegistry.aggregate(await Promise.all(ofInstances))
    return `${await this.#registry.metrics()}\n${await together.metrics()}`
  }
}
