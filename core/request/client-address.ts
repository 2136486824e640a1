// Where does a request come from? The connection says, or a header that a trusted proxy set.
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { announcedOwner } from '../work/announced.ts'
import { malformed } from './errors.ts'

/** @returns the client's address; undefined on a unix socket, and when a proxy gave none that can be read */
export type ClientAddress = (request: IncomingMessage) => string | undefined

/** `server.client_ip`: a header, and either of two ways to read it. */
interface Settings {
  readonly header: string
  readonly trusted_proxies?: readonly string[] | undefined
  readonly position?: number | undefined
}

/**
 * @param settings the configuration's `server.client_ip`; undefined: the connection's own address
 * @example clientAddress({ header: 'X-Forwarded-For', trusted_proxies: ['10.0.0.0/8'] })
 */
export function createClientAddress(settings: Settings | undefined): ClientAddress {
  if (!settings) return peer
  const header = settings.header.toLowerCase()
  const { position, trusted_proxies: proxies = [] } = settings
  const trusted = proxies.map(network)
  return (request) => {
    // Where proxies speak the PROXY protocol, the header is the client's.
    if (announcedOwner(request.socket)) return peer(request)
    return position === undefined
      ? behindProxies(request, header, trusted)
      : atPosition(request, header, position)
  }
}

/**
 * Makes the test whether a request comes straight from a proxy of ours. On a unix socket every client is taken for one.
 *
 * @param networks addresses and networks, as in the configuration
 */
export function createIsFromProxy(networks: readonly string[]): (request: IncomingMessage) => boolean {
  const isProxy = createIsProxy(networks)
  return (request) => isProxy(request.socket.remoteAddress)
}

/**
 * Makes the test whether the address of a connection is that of a proxy of ours.
 *
 * @param lists addresses and networks, as in the configuration
 * @returns takes an address as the system spells it; undefined is the peer of a unix socket, which is taken for a proxy
 */
export function createIsProxy(
  ...lists: readonly (readonly string[] | undefined)[]
): (ip: string | undefined) => boolean {
  const trusted = lists.flatMap((list) => list ?? []).map(network)
  return (ip) => ip === undefined || isIn(trusted, usual(ip))
}

const MAPPED_IPV4 = '::ffff:'

function peer(request: IncomingMessage): string | undefined {
  const ip = request.socket.remoteAddress
  return ip === undefined ? undefined : usual(ip)
}

/** The kernel spells addresses the usual way already; only an IPv4 client of an IPv6 socket looks like another. */
function usual(ip: string): string {
  return ip.startsWith(MAPPED_IPV4) ? ip.slice(MAPPED_IPV4.length) : ip.replace(/%.*$/, '')
}

/** As docker_auth: any peer is believed, and a request without the header is refused. */
function atPosition(request: IncomingMessage, header: string, position: number): string {
  const all = held(request, header)
  const found = all[position < 0 ? Math.max(all.length + position, 0) : position]
  const ip = found === undefined ? undefined : readAddress(found)
  if (ip === undefined)
    throw malformed(`the ${header} header has no client address at position ${position}; check the proxy`)
  return ip
}

/**
 * From the right, the first address that is not a proxy of ours: everything left of it may be the client's invention.
 * The connection itself is the last proxy; on a unix socket it is taken for one. What can't be read is whoever the proxy
 * means, and never the proxy: there is no address then. Without the header, it is the proxy that asks.
 */
function behindProxies(
  request: IncomingMessage,
  header: string,
  trusted: readonly Network[],
): string | undefined {
  const connection = peer(request)
  const chain = [...held(request, header), ...(connection === undefined ? [] : [connection])]
  let farthest: string | undefined
  for (const text of chain.reverse()) {
    farthest = readAddress(text)
    if (farthest === undefined || !isIn(trusted, farthest)) return farthest
  }
  return farthest
}

/** The entries of all lines of a header, in their order; none without it. Of some headers Node keeps the first line only. */
function held({ headersDistinct }: IncomingMessage, header: string): string[] {
  return (headersDistinct[header] ?? []).flatMap((line) => line.split(',')).map((entry) => entry.trim())
}

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

function network(text: string): Network {
  const whole = ipaddr.process(text.replace(/\/.*/, ''))
  const [net, bits] = text.includes('/')
    ? ipaddr.parseCIDR(text)
    : [whole, whole.kind() === 'ipv4' ? 32 : 128]
  // Addresses are compared in their usual spelling, which for a mapped one is IPv4.
  return net.kind() !== whole.kind() && bits >= 96 ? [whole, bits - 96] : [net, bits]
}

function isIn(networks: readonly Network[], text: string): boolean {
  const ip = ipaddr.process(text)
  return networks.some(([net, bits]) => ip.kind() === net.kind() && ip.match(net, bits))
}

const IPV4_PORT = /^([\d.]+):(\d{1,5})$/
const IPV6_PORT = /^\[([^\]]+)\](?::(\d{1,5}))?$/
const MAX_PORT = 65_535

/** An address without its port or brackets, in its usual spelling: `::ffff:192.0.2.1` is 192.0.2.1. */
export function readAddress(text: string): string | undefined {
  const [, inBrackets, ipv6Port] = IPV6_PORT.exec(text) ?? []
  const [, beforePort, ipv4Port] = IPV4_PORT.exec(text) ?? []
  if (Number(ipv6Port ?? ipv4Port ?? 0) > MAX_PORT) return undefined
  // Short and octal forms such as 127.1 or 0177.0.0.1 are no addresses here.
  const ipv4 = beforePort ?? text
  if (isIPv4(ipv4)) return ipv4
  const ipv6 = inBrackets ?? text
  if (!isIPv6(ipv6)) return undefined
  // First all in hexadecimal: ipaddr.js takes ::192.0.2.1 for the IPv4 address, which it is not.
  const groups = new URL(`http://[${ipv6.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  return ipaddr.process(groups).toString()
}
