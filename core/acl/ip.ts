// Addresses and networks (CIDR), read as strictly as Go reads them and compared as Go compares them.
import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** An address: 4 bytes for IPv4 (also when written `::ffff:a.b.c.d`), 16 for IPv6. */
export type IpAddress = readonly number[]

/** A set of addresses that begin with the same bits. */
export interface Network {
  readonly address: IpAddress
  /** How many leading bits are compared. */
  readonly bits: number
}

/**
 * Reads an address: no zones, no leading zeros in IPv4, no short forms.
 *
 * @returns undefined when the text is none
 * @see https://pkg.go.dev/net#ParseIP
 */
export function parseAddress(text: string): IpAddress | undefined {
  const bytes = parseBytes(text)
  return bytes && unmapped(bytes)
}

/**
 * Reads an address or a network such as `10.0.0.0/8`. Bits after the prefix are ignored.
 *
 * @returns undefined when the text is neither
 * @see https://pkg.go.dev/net#ParseCIDR
 */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) {
    const address = parseAddress(text)
    return address && { address, bits: address.length * 8 }
  }
  const bytes = parseBytes(text.slice(0, slash))
  const digits = text.slice(slash + 1)
  const bits = Number(digits)
  if (!bytes || !/^\d+$/.test(digits) || bits > bytes.length * 8) return undefined
  // A mapped address stays IPv4 only as long as the prefix covers the whole ::ffff: part.
  const address = bits >= MAPPED_BITS ? unmapped(bytes) : bytes
  return { address, bits: bits - (bytes.length - address.length) * 8 }
}

/** Whether the network holds the address. IPv4 is never in an IPv6 network, and the other way round. */
export function contains(network: Network, address: IpAddress): boolean {
  if (network.address.length !== address.length) return false
  const whole = network.bits >> 3
  for (let index = 0; index < whole; index += 1) {
    if (network.address[index] !== address[index]) return false
  }
  const rest = network.bits & 7
  return rest === 0 || (network.address[whole]! ^ address[whole]!) >> (8 - rest) === 0
}

const MAPPED_BITS = 96

function parseBytes(text: string): IpAddress | undefined {
  const strict = isIPv4(text) || (isIPv6(text) && !text.includes('%'))
  return strict ? ipaddr.parse(inGroups(text)).toByteArray() : undefined
}

/** The dotted end of an IPv6 address in hexadecimal: ipaddr.js takes `::1.2.3.4` for a mapped IPv4 address. */
function inGroups(text: string): string {
  if (!text.includes(':')) return text
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number]
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
}

function unmapped(bytes: IpAddress): IpAddress {
  const mapped =
    bytes.length === 16 && bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255))
  return mapped ? bytes.slice(12) : bytes
}
