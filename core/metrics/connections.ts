// Connections, and what is refused before it is a token request.
import type { Registry } from 'prom-client'
import { pullCounter, pullGauge } from './pulled.ts'

/** Those that are open, and that may be. */
export interface OpenConnections {
  readonly size: number
  readonly bound: number
}

/** @param connections undefined before the server listens */
export function measureConnections(registry: Registry, connections: () => OpenConnections | undefined): void {
  const read = (of: keyof OpenConnections) => () => {
    const now = connections()
    return now ? [[{}, now[of]] as const] : []
  }
  const [open, most] = [
    'Connections of clients that are open. Those of scrapes are not among them.',
    'How many may be open, by the configuration and by the descriptors that are left.',
  ]
  pullGauge(registry, { name: 'dockwarden_connections', help: open }, read('size'))
  pullGauge(registry, { name: 'dockwarden_connections_limit', help: most }, read('bound'))
}

/** The causes are the server's and OpenSSL's words; more than this share one. */
const MOST_CAUSES = 60
const OTHERS = 'others'

/** Counts what is refused before it is a token request. */
export class RefusalMetrics {
  readonly #counts = new Map<string, number>()

  constructor(registry: Registry) {
    pullCounter(
      registry,
      {
        name: 'dockwarden_refused_total',
        help: 'What was refused before it was a token request: unknown paths, broken HTTP, failed handshakes, too many connections.',
        labelNames: ['cause'],
      },
      () => [...this.#counts].map(([cause, count]) => [{ cause }, count]),
    )
  }

  /** @param given in words of ours */
  count(given: string): void {
    const cause = this.#counts.has(given) || this.#counts.size < MOST_CAUSES ? given : OTHERS
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1)
  }
}
