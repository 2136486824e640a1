// All that is measured of a server. It lives as long as the process: a reload only shows other things to it.
import { Registry } from 'prom-client'
import { measureProcess } from './process.ts'
import { RequestMetrics } from './requests.ts'

/** What is in force now: the configuration's own, which a reload replaces. */
export interface InForce {
  /** The names in `token.services`. */
  readonly services: Iterable<string>
}

/** The metrics of a server. */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly requests = new RequestMetrics(this.#registry)

  constructor() {
    measureProcess(this.#registry)
  }

  /** From now on these are measured. */
  show(inForce: InForce): void {
    this.requests.serve(inForce.services)
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
  exposition(): Promise<string> {
    return this.#registry.metrics()
  }
}
