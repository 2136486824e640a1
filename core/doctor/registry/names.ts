// Host names and addresses as clients see them.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The host of a URL without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Whether it leads to the machine that asks, whoever that is. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || rangeOf(host) === 'loopback'
}

/** Whether it is an address that stands for all of a machine. */
export function isUnspecified(host: string): boolean {
  return rangeOf(host) === 'unspecified'
}

/** Whether it is an address that only a network of one's own has. */
export function isPrivate(host: string): boolean {
  return ['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'].includes(rangeOf(host))
}

function rangeOf(host: string): string {
  return isIP(host) === 0 ? 'name' : ipaddr.process(host).range()
}

/** @example addressOf(new URL('https://auth.example.com')) // 'auth.example.com:443' */
export function addressOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`
}

/** A URL as somebody wrote it, without the user name and the password that may stand in it. */
export function withoutUser(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//...@')
}
