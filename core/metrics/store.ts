// What is asked of the token store.
import type { Registry } from 'prom-client'
import { pullTimes, Times } from './times.ts'

/** One operation. */
interface Operation {
  readonly operation: string
  readonly done: Times
  readonly failed: Times
}

/** Measures what is asked of the store. */
export class StoreMetrics {
  readonly #operations: Operation[] = []

  constructor(registry: Registry) {
    pullTimes(
      registry,
      {
        name: 'dockwarden_store_operation_duration_seconds',
        help: 'How long the token store took, by what was asked of it and whether it could do that.',
        labelNames: ['operation', 'outcome'],
      },
      () =>
        this.#operations
          .filter(({ done, failed }) => done.inUse || failed.inUse)
          .flatMap(({ operation, done, failed }) => [
            [{ operation, outcome: 'done' }, done] as const,
            [{ operation, outcome: 'failed' }, failed] as const,
          ]),
    )
  }

  /** The same, measured. @param operation its name, once */
  measured<A extends readonly unknown[], R>(
    operation: string,
    ask: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<R> {
    const [done, failed] = [new Times(), new Times()]
    this.#operations.push({ operation, done, failed })
    return async (...args) => {
      const began = performance.now()
      try {
        const answer = await ask(...args)
        done.add(performance.now() - began)
        return answer
      } catch (error) {
        failed.add(performance.now() - began)
        throw error
      }
    }
  }
}
