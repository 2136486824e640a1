// All that is measured of a server. It lives as long as the process: a reload only shows other things to it.
import { AggregatorRegistry, Registry } from 'prom-client'
import type { GuardCounts } from '../work/guard/gate.ts'
import type { PlaceCounts } from '../work/place.ts'
import type { MetricsJson } from './added-up.ts'
import { measureConnections, type OpenConnections, RefusalMetrics } from './connections.ts'
import { type Ends, measureEnds } from './ends.ts'
import { measureGuard } from './guard.ts'
import { InstanceMetrics, measureInstances } from './instance-metrics.ts'
import type { InstanceParts } from './instance-parts.ts'
import { measurePlaces } from './places.ts'
import { measureProcess } from './process.ts'
import { measureReloads, type Reloads } from './reloads.ts'
import { RequestMetrics } from './requests.ts'
import { StoreMetrics } from './store.ts'

/** What is in force now: of one configuration, which a reload replaces. */
export interface InForce {
  /** The names in `token.services`. */
  readonly services: Iterable<string>
  /** Those of the plugin instances. */
  readonly instances: readonly InstanceMetrics[]
  /** As they are now. */
  readonly ends: () => Ends
}

/** What lives as long as the server, and is looked at when somebody scrapes. */
export interface Running {
  readonly places: () => readonly PlaceCounts[]
  /** Undefined where there is none. */
  readonly guard: () => GuardCounts | undefined
  /** Undefined before it listens. */
  readonly connections: () => OpenConnections | undefined
  /** Undefined before it runs. */
  readonly reloads: () => Reloads | undefined
}

const NOTHING_RUNS: Running = {
  places: () => [],
  guard: () => undefined,
  connections: () => undefined,
  reloads: () => undefined,
}

/** Makes the metrics of one instance. */
export type MeasureInstance = (about: InstanceParts['about'], warn: InstanceParts['warn']) => InstanceMetrics

/** The metrics of a server. */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly requests = new RequestMetrics(this.#registry)
  readonly refusals = new RefusalMetrics(this.#registry)
  readonly store = new StoreMetrics(this.#registry)
  #instances: readonly InstanceMetrics[] = []
  #ends: InForce['ends'] = () => ({ keys: [], certificates: [] })
  #running = NOTHING_RUNS
  #others: (() => Promise<readonly MetricsJson[]>) | undefined

  constructor() {
    measureProcess(this.#registry)
    measureInstances(this.#registry, () => this.#instances)
    measurePlaces(this.#registry, () => this.#running.places())
    measureGuard(this.#registry, () => this.#running.guard())
    measureConnections(this.#registry, () => this.#running.connections())
    measureReloads(this.#registry, () => this.#running.reloads())
    measureEnds(this.#registry, () => this.#ends())
  }

  /** What lives as long as the server. */
  watch(running: Running): void {
    this.#running = running
  }

  /** For the instances of one configuration, which must agree on what their metrics mean. */
  forInstances(): MeasureInstance {
    const definitions: InstanceParts['definitions'] = new Map()
    return (about, warn) => new InstanceMetrics({ about, definitions, warn })
  }

  /** From now on these are measured. */
  show({ services, instances, ends }: InForce): void {
    this.requests.serve(services)
    this.#instances = instances
    this.#ends = ends
  }

  /** Other processes measure, too: what is shown is that of all together. @param read what they have measured by now */
  together(read: () => Promise<readonly MetricsJson[]>): void {
    this.#others = read
  }

  /** All metrics of this process. */
  async json(): Promise<MetricsJson> {
    const all = await Promise.all([this.#registry.getMetricsAsJSON(), ...this.#ofPlugins()])
    return all.flat()
  }

  #ofPlugins(): Promise<MetricsJson>[] {
    return this.#instances.flatMap(({ plugin }) => (plugin.inUse ? [plugin.read()] : []))
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
    const others = await this.#others?.()
    if (others) return await AggregatorRegistry.aggregate([await this.json(), ...others]).metrics()
    const ofPlugins = this.#ofPlugins()
    const together = AggregatorRegistry.aggregate(await Promise.all(ofPlugins))
    return [await this.#registry.metrics(), ...(ofPlugins.length > 0 ? [await together.metrics()] : [])].join(
      '\n',
    )
  }
}
