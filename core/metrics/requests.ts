// Token requests: how many, how they ended, and how long they took.
import { Counter, Histogram, type Registry } from 'prom-client'
import { SECONDS } from './buckets.ts'

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

interface Series {
  readonly count: Counter.Internal
  readonly time: Histogram.Internal<string>
}

/** Counts token requests. */
export class RequestMetrics {
  readonly #requests: Counter<'status' | 'grant' | 'service'>
  readonly #seconds: Histogram<'status'>
  #services: ReadonlySet<string> = new Set()
  /** By service, then by status and grant: what was counted before needs no lookup by labels. */
  readonly #series = new Map<string, Map<number, Series>>()

  constructor(registry: Registry) {
    const registers = [registry]
    this.#requests = new Counter({
      name: 'dockwarden_token_requests_total',
      help: 'Token requests, by HTTP status (499: the client had gone), by how the client said who it is, and by service.',
      labelNames: ['status', 'grant', 'service'],
      registers,
    })
    this.#seconds = new Histogram({
      name: 'dockwarden_token_request_duration_seconds',
      help: 'How long token requests took, until they were answered.',
      labelNames: ['status'],
      buckets: SECONDS,
      registers,
    })
  }

  /** @param services those of `token.services`: they have series of their own, and the series of former ones go */
  serve(services: Iterable<string>): void {
    this.#services = new Set(services)
    for (const [service, series] of this.#series) {
      if (service === OTHER || this.#services.has(service)) continue
      for (const key of series.keys()) this.#requests.remove(statusOf(key), grantOf(key), service)
      this.#series.delete(service)
    }
  }

  /**
   * Counts a request that is over.
   *
   * @param service as the client wrote it
   * @param ms milliseconds
   */
  count(status: number, grant: Grant, service: string | undefined, ms: number): void {
    const named = service !== undefined && this.#services.has(service) ? service : OTHER
    const { count, time } = this.#seriesOf(status * GRANTS.length + GRANTS.indexOf(grant), named)
    count.inc()
    time.observe(ms / 1_000)
  }

  #seriesOf(key: number, service: string): Series {
    const known = this.#series.get(service)?.get(key)
    if (known) return known
    const status = statusOf(key)
    const series = {
      count: this.#requests.labels(status, grantOf(key), service),
      time: this.#seconds.labels(status),
    }
    const ofService = this.#series.get(service)
    if (ofService) ofService.set(key, series)
    else this.#series.set(service, new Map([[key, series]]))
    return series
  }
}

function statusOf(key: number): string {
  return String(Math.floor(key / GRANTS.length))
}

function grantOf(key: number): Grant {
  return GRANTS[key % GRANTS.length]!
}
