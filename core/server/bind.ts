// Binds an address: TCP, or a unix socket with its file.
import type { Server } from 'node:net'
import type { Listen } from '../config/native/listen-schema.ts'
import { osReason } from '../kit/os-errors.ts'
import { bindClosed, clearSocket, openTo, type SocketAccess } from './socket-file.ts'

/** What is bound. */
export interface BindAt {
  readonly listen: Listen
  /** Who may connect to a unix socket; undefined: whom the umask lets. */
  readonly socket?: SocketAccess | undefined
  readonly ipv6Only?: boolean
}

/** An address as it is bound. */
export interface Bound {
  /** `http://127.0.0.1:5001` or `unix:/run/dockwarden.sock`. */
  readonly address: string
  /** Undefined on a unix socket. */
  readonly number: number | undefined
}

/**
 * Lets a server listen.
 *
 * @param at.secure whether TLS is spoken there
 * @throws Error that names the address and the remedy
 */
export async function bind(server: Server, at: BindAt & { readonly secure: boolean }): Promise<Bound> {
  const { listen, secure } = at
  if ('socket' in listen) await clearSocket(listen.socket)
  await opened(server, at)
  const held = server.address()
  const number = typeof held === 'object' ? held?.port : undefined
  if ('socket' in listen) return { address: `unix:${listen.socket}`, number }
  return { address: `${secure ? 'https' : 'http'}://${nameInUrl(listen.host)}:${number}`, number }
}

function nameInUrl(host: string | undefined): string {
  if (host === undefined) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

async function opened(server: Server, { listen, socket: access, ipv6Only }: BindAt): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(explain(error, listen))))
    server.once('listening', resolve)
  })
  if (!('socket' in listen)) server.listen({ port: listen.port, host: listen.host, ipv6Only })
  else if (access) bindClosed(() => server.listen({ path: listen.socket }))
  else server.listen({ path: listen.socket })
  await listening
  if (!('socket' in listen) || !access) return
  try {
    openTo(access, listen.socket)
  } catch (error) {
    server.close()
    throw error
  }
}

function explain(error: NodeJS.ErrnoException, listen: Listen): string {
  const where = 'socket' in listen ? `unix:${listen.socket}` : `${listen.host ?? ''}:${listen.port}`
  if (error.code === 'EADDRINUSE')
    return `cannot listen on ${where}: another process does; stop it or change the listen address`
  if (error.code === 'EACCES') return `cannot listen on ${where}: permission denied; use a port above 1023`
  if (error.code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  return `cannot listen on ${where}: ${osReason(error)}`
}
