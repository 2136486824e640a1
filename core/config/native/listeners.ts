// Where a server listens, and what holds at each address: the entries of `server.listen` over the settings of the whole server.
import type { z } from 'zod'
import type { Listen, ListenSection, socketSchema } from './listen-schema.ts'
import type { proxyProtocolSchema } from './proxy-schema.ts'
import type { AcmeTls, TlsSettings, tlsSchema, tlsSettingsSchema } from './tls-schema.ts'

/** What of `server` this is about. */
interface Server {
  readonly listen: ListenSection
  readonly tls?: z.output<typeof tlsSchema>
  readonly socket?: z.output<typeof socketSchema>
  readonly metrics?: { readonly tls?: z.output<typeof tlsSettingsSchema> | undefined } | undefined
  readonly proxy_protocol?: z.output<typeof proxyProtocolSchema>
}

/** Where the metrics are served, which ask nobody for a certificate. */
export const METRICS_TLS = 'server.metrics.tls'

/** A section of TLS. Addresses may share one. */
export interface TlsSection {
  /** Its path in the configuration. @example 'server.listen.0.tls' */
  readonly at: string
  readonly settings: 'auto' | TlsSettings | AcmeTls
}

/** One address to listen at. */
export interface ListenPlan {
  /** Its path in the configuration. */
  readonly at: string
  readonly listen: Listen
  /** Undefined for plain HTTP. */
  readonly tls: TlsSection | undefined
  readonly socket: Server['socket']
  /** Networks of proxies, which alone may connect, and speak the PROXY protocol; undefined: anybody, without it. */
  readonly proxies: readonly string[] | undefined
  /** True for `[::]` beside an IPv4 address on the same port, which would else take that too. */
  readonly ipv6Only: boolean
}

/** The addresses of a server, in their order. */
export function listenPlans({ listen: { entries, listed }, ...server }: Server): ListenPlan[] {
  const common = server.tls && { at: 'server.tls', settings: server.tls }
  return entries.map(
    ({ address: listen, tls, socket, proxy_protocol: proxied = server.proxy_protocol }, index) => {
      const at = listed ? `server.listen.${index}` : 'server.listen'
      return {
        at,
        listen,
        tls: tls === undefined ? common : tls === false ? undefined : { at: `${at}.tls`, settings: tls },
        socket: 'socket' in listen ? (socket ?? server.socket) : undefined,
        proxies: proxied ? proxied.trusted_proxies : undefined,
        ipv6Only:
          'port' in listen &&
          listen.host === '::' &&
          entries.some((other) => isIpv4Of(listen.port, other.address)),
      }
    },
  )
}

/** The address that clients are most likely sent to: the one with TLS, otherwise the first that is no socket. */
export function mainOf<P extends { readonly listen: Listen; readonly tls: unknown }>(
  places: readonly P[],
): P {
  return (
    places.find(({ tls, listen }) => tls && 'port' in listen) ??
    places.find(({ listen }) => 'port' in listen) ??
    places[0]!
  )
}

function isIpv4Of(port: number, other: Listen): boolean {
  return 'port' in other && other.port === port && /^\d+(\.\d+){3}$/.test(other.host ?? '')
}

/** The sections of TLS that are served, each once; that of the metrics among them. */
export function tlsSections(server: Server): TlsSection[] {
  const sections = new Map<string, TlsSection>(
    listenPlans(server).flatMap(({ tls }) => (tls ? [[tls.at, tls] as const] : [])),
  )
  if (server.metrics?.tls) {
    const { certificate, key, ...suites } = server.metrics.tls
    const settings = { pairs: [{ at: '', certificate, key }], ...suites }
    sections.set(METRICS_TLS, { at: METRICS_TLS, settings })
  }
  return [...sections.values()]
}

/** Orders that would take each other's certificate for their own, and order anew without end: it is found by the folder and the first name. */
export function orderClashes(server: Server): { readonly at: string; readonly message: string }[] {
  const found: { at: string; message: string }[] = []
  const orders = new Map<string, { readonly at: string; readonly what: string }>()
  for (const { at, settings } of tlsSections(server)) {
    if (settings === 'auto' || !('acme' in settings)) continue
    const { folder, domains, directory } = settings.acme
    const place = JSON.stringify([folder, domains[0]])
    const what = JSON.stringify([directory, [...domains].sort()])
    const other = orders.get(place)
    if (!other) orders.set(place, { at, what })
    else if (other.what !== what)
      found.push({
        at: `${at}.acme`,
        message: `orders another certificate for ${domains[0]} than ${other.at}.acme, in the same folder; let both name the same directory and domains, or write a folder for each`,
      })
  }
  return found
}
