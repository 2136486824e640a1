// Whose a connection is, where a proxy has said it in a header of the PROXY protocol: from then on the socket has that address.
import type { Socket } from 'node:net'

/** The other end of a connection to the proxy. */
export interface Source {
  /** In its usual spelling. */
  readonly address: string
  readonly port: number
}

/** A client's connection that a proxy hands on, or one of the proxy's own, such as a check. */
export type Owner = 'client' | 'proxy'

const OWNER = Symbol('whose a connection is')
type Marked = Socket & { [OWNER]?: Owner; [SOURCE]?: Source | undefined }
const SOURCE = Symbol('where it comes from')

/** Marks a socket with what its proxy has said. @param source undefined for a connection of the proxy's own */
export function announce(socket: Socket, source: Source | undefined): void {
  const marked: Marked = socket
  marked[OWNER] = source ? 'client' : 'proxy'
  marked[SOURCE] = source
  if (!source) return
  // Whoever asks a socket where it comes from gets this: the request's steps, the log, plugins' routes.
  Object.defineProperties(socket, {
    remoteAddress: { value: source.address },
    remotePort: { value: source.port },
    remoteFamily: { value: source.address.includes(':') ? 'IPv6' : 'IPv4' },
  })
}

/** The same for TLS on a socket that has been marked; nothing for others. */
export function announceAs(carrier: Socket, stream: Socket): void {
  const marked: Marked = carrier
  if (marked[OWNER]) announce(stream, marked[SOURCE])
}

/** Undefined where no proxy has said anything: the socket's address is that of the connection. */
export function announcedOwner(socket: Socket): Owner | undefined {
  return (socket as Marked)[OWNER]
}
