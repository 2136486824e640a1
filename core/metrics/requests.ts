// Token requests: how many, how they ended, and how long they took.
import type { Registry } from 'prom-client'
import { pullCounter, type Sample } from './pulled.ts'
import { pullTimes, Times } from './times.ts'

/** How the client said who it is, in the words of the audit log; `unknown` where that can't be read. */
const GRANTS = [
  'anonymous',
  'password',
  'refresh_token',
  'personal_token',
  'token_exchange',
  'unknown',
] as const

/** One of them. */
export type Grant = (typeof GRANTS)[number]

/** Stands for all services that the configuration does not name: clients choose those. */
const OTHER = 'other'

/** Requests of one service, status and grant. */
interface Series {
  count: number
  /** Of all requests of this status. */
  readonly times: Times
}

/** Counts token requests. */
export class RequestMetrics {
  #services: ReadonlySet<string> = new Set()
  /** By service, then by status and grant in one number: no request makes anything here but the first of its kind. */
  readonly #series = new Map<string, Map<number, Series>>()
  readonly #times = new Map<number, Times>()

  constructor(registry: Registry) {
    pullCounter(
      registry,
      {
        name: 'dockwarden_token_requests_total',
        help: 'Token requests, by HTTP status (499: the client had gone), by how the client said who it is, and by service.',
        labelNames: ['status', 'grant', 'service'],
      },
      () => this.#samples(),
    )
    pullTimes(
      registry,
      {
        name: 'dockwarden_token_request_duration_seconds',
        help: 'How long token requests took, until they were answered.',
        labelNames: ['status'],
      },
      () => [...this.#times].map(([status, times]) => [{ status: String(status) }, times]),
    )
  }

  /** @param services those of `token.services`: they have series of their own, and the series of former ones go */
  serve(services: Iterable<string>): void {
    this.#services = new Set(services)
    for (const service of this.#series.keys())
      if (service !== OTHER && !this.#services.has(service)) this.#series.delete(service)
  }

  /**
   * Counts a request that is over.
   *
   * @param service as the client wrote it
   * @param ms milliseconds
   */
  count(status: number, grant: Grant, service: string | undefined, ms: number): void {
    const named = service !== undefined && this.#services.has(service) ? service : OTHER
    const key = status * GRANTS.length + GRANTS.indexOf(grant)
    const series = this.#series.get(named)?.get(key) ?? this.#begin(named, key, status)
    series.count += 1
    series.times.add(ms)
  }

  #begin(service: string, key: number, status: number): Series {
    const times = this.#times.get(status) ?? new Times()
    this.#times.set(status, times)
    const series = { count: 0, times }
    const ofService = this.#series.get(service) ?? new Map<number, Series>()
    this.#series.set(service, ofService.set(key, series))
    return series
  }

  #samples(): Sample[] {
    return [...this.#series].flatMap(([service, series]) =>
      [...series].map(([key, { count }]): Sample => {
        const status = String(Math.floor(key / GRANTS.length))
        const grant = GRANTS[key % GRANTS.length]!
        return [{ status, grant, service }, count]
      }),
    )
  }
}
