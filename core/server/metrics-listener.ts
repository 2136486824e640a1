// Where Prometheus reads the metrics: an address of its own, never that of the tokens.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { METRICS_TLS } from '../config/native/listeners.ts'
import type { NativeConfig } from '../config/native/schema.ts'
import type { ServerMetrics } from '../metrics/server-metrics.ts'
import { type Log, Secret } from '../plugin.ts'
import { readBasic } from '../request/basic.ts'
import type { Refused } from './broken.ts'
import { type Listener, type Patience, startListener } from './listener.ts'
import type { ServerTls } from './tls.ts'

type Settings = NonNullable<NativeConfig['server']['metrics']>

/** A few Prometheus, and whoever looks by hand. Scrapes come every minute at least. */
const LIMITS = { connections: 50, keepAlive: 120_000, headers: 16 * 1024 }
const PATIENCE: Partial<Patience> = {
  handshake: 5_000,
  headers: 5_000,
  request: 5_000,
  answer: 10_000,
  leave: 1_000,
  drain: 2_000,
}

/** What the metrics are served with. */
export interface MetricsParts {
  readonly metrics: ServerMetrics
  readonly tls: ServerTls | undefined
  readonly log: Log
  /** Learns what is refused before it is a scrape. */
  readonly refused: Refused
}

/**
 * Starts to listen for scrapes.
 *
 * @throws Error that names the key, the address and the remedy
 */
export async function startMetricsListener(settings: Settings, parts: MetricsParts): Promise<Listener> {
  const refused: Refused = (cause, peer, hint) => parts.refused(`metrics: ${cause}`, peer, hint)
  try {
    return await startListener(
      scraping(settings, { ...parts, refused }),
      [
        {
          listen: settings.listen,
          tls: parts.tls && { name: METRICS_TLS, options: parts.tls.options },
        },
      ],
      {
        limits: LIMITS,
        patience: PATIENCE,
        refused,
      },
    )
  } catch (error) {
    throw new Error(`server.metrics: ${(error as Error).message}`, { cause: error })
  }
}

/** Answers scrapes, and nothing else. Those that come at once share one answer. */
function scraping(settings: Settings, { metrics, log, refused }: MetricsParts): RequestListener {
  let writing: Promise<string> | undefined
  const exposition = () => {
    writing ??= metrics.exposition().finally(() => {
      writing = undefined
    })
    return writing
  }
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0]
    const peer = request.socket.remoteAddress
    if (path !== '/metrics') {
      refused('404', peer)
      return answer(request, response, 404, 'Not found; the metrics are at /metrics\n')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return answer(request, response, 405, 'Only GET and HEAD\n')
    }
    if (!mayScrape(request, settings)) {
      refused('a wrong password, or none', peer)
      response.setHeader('WWW-Authenticate', 'Basic realm="Dockwarden metrics", charset="UTF-8"')
      return answer(request, response, 401, 'User name and password are needed\n')
    }
    try {
      answer(request, response, 200, await exposition(), metrics.contentType)
    } catch (error) {
      log.error({ err: error }, 'the metrics could not be written')
      answer(request, response, 500, 'The metrics could not be written; the log says why\n')
    }
  }
}

function mayScrape({ headers }: IncomingMessage, { username = 'prometheus', password }: Settings): boolean {
  if (!password) return true
  try {
    const given = readBasic(headers.authorization ?? '')
    // Both are compared, whatever the first has given.
    const named = new Secret(username).equals(new Secret(given?.name ?? ''))
    return password.equals(new Secret(given?.password ?? '')) && named
  } catch {
    return false
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  const body = Buffer.from(text)
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
