// What holds for all connections of a server.
import type { Descriptors } from './descriptors.ts'

/** How long a client may take, in milliseconds. */
export interface ClientPatience {
  /** For the handshake of TLS. */
  readonly handshake: number
  /** To take an answer that is finished. */
  readonly answer: number
  /** To close after an error that ends the connection. */
  readonly linger: number
  /** To send the rest of a request, or to take an answer, when the server stops. */
  readonly leave: number
}

export interface ConnectionsOptions {
  /** At most this many; fewer where descriptors are few. */
  readonly most: number
  /** Whether an address is that of a proxy of ours; undefined is the peer of a unix socket. Proxies hold nothing for themselves. */
  readonly isProxy: (ip: string | undefined) => boolean
  readonly descriptors: Descriptors
  readonly patience: ClientPatience
  /** Learns what is refused. @param cause in words of ours @param peer the other end's address */
  readonly refused: (cause: string, peer: string | undefined) => void
  /** Milliseconds, of a clock that is never set. */
  readonly now: () => number
}
