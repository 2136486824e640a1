// Which network a client belongs to, when turns are given out and tries are counted.
import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * One IPv4 address, or the /64 of an IPv6 one: whoever has one address of that has them all.
 *
 * @param ip undefined when it is not known: all such clients are one network
 * @example networkOf('2001:db8::1:2:3:4') // '2001:db8:0:0'
 */
export function networkOf(ip: string | undefined): string {
  if (ip === undefined) return 'unknown'
  // Most are, and need not be taken apart.
  if (isIPv4(ip)) return ip
  if (!ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  return address instanceof ipaddr.IPv6
    ? address.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')
    : address.toString()
}
