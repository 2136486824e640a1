// Connections that come over a proxy which speaks the PROXY protocol: the header is read before TLS or HTTP.
import type { Socket } from 'node:net'
import { announce } from '../../work/announced.ts'
import type { Connections } from '../../work/connections.ts'
import type { Broken } from '../broken.ts'
import type { Stray } from '../stray-bytes.ts'
import { readHeader } from './header.ts'

const STRANGER: Stray = {
  cause: 'a connection that no proxy has made, at an address for the PROXY protocol',
  remedy:
    'Only proxies may connect to this address, with the PROXY protocol. Connect to the proxy; or, if this is one, add its address to server.proxy_protocol.trusted_proxies',
}
const MISSING: Stray = {
  cause: 'a proxy without a PROXY header',
  remedy:
    'The connection did not begin with a header of the PROXY protocol. Turn that on at the proxy (send-proxy-v2, proxy_protocol on), or leave server.proxy_protocol out',
}
const brokenBy = (why: string): Stray => ({
  cause: 'a broken PROXY header',
  remedy: `The header of the PROXY protocol can not be read: ${why}`,
})

/**
 * Reads the header of a connection, and hands the connection on with what comes behind it. Others are answered 400.
 *
 * @param isProxy whether an address may send one
 * @param take what begins then
 */
export function readProxied(
  carrier: Socket,
  isProxy: (ip: string | undefined) => boolean,
  { connections, broken }: { readonly connections: Connections; readonly broken: Broken },
  take: () => void,
): void {
  const trusted = isProxy(carrier.remoteAddress)
  connections.awaits(carrier, 'a PROXY header')
  // Whoever resets it before the first byte was refused nothing.
  const ignore = () => {}
  carrier.on('error', ignore)
  let held: Buffer = Buffer.alloc(0)
  const look = () => {
    const bytes: Buffer | null = carrier.read()
    if (bytes === null) {
      carrier.destroy()
      return
    }
    held = Buffer.concat([held, bytes])
    if (!trusted) return broken.refuse(carrier, STRANGER)
    const reading = readHeader(held)
    if (reading.is === 'begun') carrier.once('readable', look)
    else if (reading.is === 'no header') broken.refuse(carrier, MISSING)
    else if (reading.is === 'broken') broken.refuse(carrier, brokenBy(reading.why))
    else {
      carrier.off('error', ignore)
      const rest = held.subarray(reading.length)
      if (rest.length > 0) carrier.unshift(rest)
      announce(carrier, reading.source)
      if (connections.announced(carrier, reading.length)) take()
    }
  }
  carrier.once('readable', look)
}
