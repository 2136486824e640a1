// Proved passwords that an authenticator remembers.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { InstanceName } from './instance-parts.ts'

/** Counts logins that are looked for among them. */
export class RememberedMetrics {
  readonly #about: InstanceName
  readonly #lookups: Counter<'plugin' | 'id' | 'outcome'>
  #size: (() => number) | undefined
  #hit: Counter.Internal | undefined
  #miss: Counter.Internal | undefined

  constructor(about: InstanceName, registry: Registry) {
    const { plugin, id } = about
    const size = () => this.#size?.()
    this.#about = about
    new Gauge({
      name: 'dockwarden_remembered_passwords',
      help: 'Proved passwords that an authenticator remembers now.',
      labelNames: ['plugin', 'id'],
      registers: [registry],
      collect() {
        const now = size()
        if (now !== undefined) this.set({ plugin, id }, now)
      },
    })
    this.#lookups = new Counter({
      name: 'dockwarden_remembered_lookups_total',
      help: 'Logins that were looked for among the remembered ones: a hit spares the hash or the bind.',
      labelNames: ['plugin', 'id', 'outcome'],
      registers: [registry],
    })
  }

  /** The authenticator remembers passwords. @param size how many now */
  begin(size: () => number): void {
    const { plugin, id } = this.#about
    this.#size = size
    this.#hit = this.#lookups.labels({ plugin, id, outcome: 'hit' })
    this.#miss = this.#lookups.labels({ plugin, id, outcome: 'miss' })
    for (const child of [this.#hit, this.#miss]) child.inc(0)
  }

  count(found: boolean): void {
    const child = found ? this.#hit : this.#miss
    child?.inc()
  }
}
