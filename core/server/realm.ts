// Where registries are told to send their clients, as far as the server can know it.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Listen } from '../config/native/listen-schema.ts'
import { mainOf } from '../config/native/listeners.ts'
import { alternativeNames } from '../x509/certificate-names.ts'
import type { ServerTls } from './tls.ts'

const LOOPBACK = 'localhost'
const UNKNOWN = 'YOUR-HOST'

/** The origin of the server as clients may reach it. */
export interface Origin {
  /** @example 'https://auth.example.com:5001' */
  readonly url: string
  /** What stands in it for the name of this machine, which nobody told us. */
  readonly standIn?: string
}

/** An address that is listened at. */
export interface Place {
  readonly listen: Listen
  readonly tls: Pick<ServerTls, 'options' | 'madePath'> | undefined
  /** Undefined for a unix socket. */
  readonly port: number | undefined
}

/**
 * Clients such as crane refuse a realm with an address, so it has a name: that of the certificate, where the operator has brought one.
 *
 * @param places where the server listens
 * @example originOf([{ listen: { host: '0.0.0.0', port: 5001 }, port: 5001 }]) // { url: 'http://localhost:5001', standIn: 'localhost' }
 */
export function originOf(places: readonly Place[]): Origin {
  const { listen, tls, port } = mainOf(places)
  const known = certified(tls) ?? configured(listen)
  const name = known ?? (hasLoopback(listen) ? LOOPBACK : UNKNOWN)
  // Before a unix socket stands a proxy, with a port of its own.
  const url = port === undefined ? `https://${name}` : `${tls ? 'https' : 'http'}://${name}:${port}`
  return { url, ...(known === undefined && { standIn: name }) }
}

/** The first host name of the certificate, unless it is of our own making: that is for localhost. */
function certified(tls: Place['tls']): string | undefined {
  if (!tls || tls.madePath !== undefined) return undefined
  const { subjectAltName } = new X509Certificate(tls.options.cert as string)
  return alternativeNames(subjectAltName)?.dns.find((name) => /^[\w-]+(\.[\w-]+)*$/.test(name))
}

function configured(listen: Listen): string | undefined {
  return 'socket' in listen || listen.host === undefined || isIP(listen.host) !== 0 ? undefined : listen.host
}

function hasLoopback(listen: Listen): boolean {
  if ('socket' in listen) return false
  return listen.host === undefined || /^(127\.|0\.0\.0\.0$|::1?$)/.test(listen.host)
}
