// Is a client's address its own? Behind a proxy that the configuration does not name, everybody has the proxy's.
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { lastUsed } from '../contract/last-used.ts'
import type { Log } from '../plugin.ts'
import { announcedOwner } from '../work/announced.ts'
import { createIsProxy } from './client-address.ts'

/** Whether the address that a request has may be many clients'. @param ip as found out from the request */
export type SharedAddress = (request: IncomingMessage, ip: string | undefined) => boolean

/** What proxies set, and clients do not. */
const OF_PROXIES = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via'].map((name) => ({
  name,
  key: name.toLowerCase(),
}))
/** Peers that are remembered as proxies. */
const MOST = 10_000
const PRIVATE: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
])

/**
 * @param clientIp the configuration's `server.client_ip`
 * @example
 * const isShared = createSharedAddress(config.server.client_ip, log)
 * isShared(request, clientAddress(request))
 */
export function createSharedAddress(
  clientIp: { readonly trusted_proxies?: readonly string[] | undefined } | undefined,
  log: Log,
): SharedAddress {
  const isShared = clientIp ? withoutHeader(clientIp) : unnamedProxies(log)
  return (request, ip) => {
    const owner = announcedOwner(request.socket)
    return owner ? owner === 'proxy' : isShared(request, ip)
  }
}

/** Without its header a proxy of ours has asked for somebody. */
function withoutHeader({
  trusted_proxies: proxies,
}: {
  readonly trusted_proxies?: readonly string[] | undefined
}): SharedAddress {
  const isProxy = createIsProxy(proxies)
  return (request, ip) => ip === undefined || (ip === peerOf(request) && isProxy(ip))
}

/** Peers of our own networks that send what only proxies do. From elsewhere anybody may send it. */
function unnamedProxies(log: Log): SharedAddress {
  const proxies = lastUsed<true>(MOST)
  let warned = false
  return (request, ip) => {
    if (ip === undefined) return true
    if (proxies.get(ip)) return true
    const header = OF_PROXIES.find(({ key }) => request.headers[key] !== undefined)?.name
    if (header === undefined || !isPrivate(ip)) return false
    proxies.set(ip, true)
    if (!warned) log.warn({ peer: ip, header }, warning(ip, header))
    warned = true
    return true
  }
}

function isPrivate(ip: string): boolean {
  return ipaddr.isValid(ip) && PRIVATE.has(ipaddr.process(ip).range())
}

function peerOf({ socket }: IncomingMessage): string | undefined {
  return socket.remoteAddress?.replace(/^::ffff:/, '')
}

function warning(peer: string, header: string): string {
  const named = header.startsWith('X-') ? header : 'X-Forwarded-For'
  return `${peer} sends ${header}, as proxies do: all clients behind it have its address, so nobody there can be kept from guessing passwords but by delays; set server.client_ip: { header: ${named}, trusted_proxies: ["${peer}"] }`
}
