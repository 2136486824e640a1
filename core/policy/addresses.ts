// Addresses in and just outside of networks.
import ipaddr from 'ipaddr.js'
import type { IpAddress, Network } from '../acl/ip.ts'

/** The first and the last address of a network. */
export function insideOf(network: Network): string[] {
  return [...new Set([written(first(network)), written(last(network))])]
}

/** Those before and after it. */
export function outsideOf(network: Network): string[] {
  return [next(first(network), -1), next(last(network), 1)].flatMap((address) =>
    address ? [written(address)] : [],
  )
}

function first({ address, bits }: Network): number[] {
  return address.map((byte, at) => byte & maskOf(bits, at))
}

function last({ address, bits }: Network): number[] {
  return address.map((byte, at) => (byte & maskOf(bits, at)) | (~maskOf(bits, at) & 255))
}

/** The bits of one byte that belong to the network. */
function maskOf(bits: number, at: number): number {
  const held = Math.min(8, Math.max(0, bits - at * 8))
  return (255 << (8 - held)) & 255
}

/** @returns undefined at the end of all addresses */
function next(address: IpAddress, step: 1 | -1): number[] | undefined {
  const bytes = [...address]
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const sum = bytes[at]! + step
    bytes[at] = (sum + 256) % 256
    if (sum >= 0 && sum <= 255) return bytes
  }
  return undefined
}

function written(address: IpAddress): string {
  return ipaddr.fromByteArray([...address]).toString()
}
