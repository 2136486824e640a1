// What is asked of the token store.
import { Histogram, type Registry } from 'prom-client'
import { SECONDS } from './buckets.ts'

/** Measures what is asked of the store. */
export class StoreMetrics {
  readonly #histogram: Histogram<'operation' | 'outcome'>

  constructor(registry: Registry) {
    this.#histogram = new Histogram({
      name: 'dockwarden_store_operation_duration_seconds',
      help: 'How long the token store took, by what was asked of it and whether it could do that.',
      labelNames: ['operation', 'outcome'],
      buckets: SECONDS,
      registers: [registry],
    })
  }

  /** The same, measured. @param operation one of a few */
  measured<A extends readonly unknown[], R>(
    operation: string,
    ask: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<R> {
    const done = this.#histogram.labels({ operation, outcome: 'done' })
    const failed = this.#histogram.labels({ operation, outcome: 'failed' })
    return async (...args) => {
      const began = performance.now()
      const took = () => (performance.now() - began) / 1_000
      try {
        const answer = await ask(...args)
        done.observe(took())
        return answer
      } catch (error) {
        failed.observe(took())
        throw error
      }
    }
  }
}
