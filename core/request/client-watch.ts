// Tells requests that their client has gone. A request can't see it itself: of several that were sent over one connection at
// once (HTTP/1.1 pipelining), only the first has a response that hears of its end.
import type { Socket } from 'node:net'
import type { InjectionToken } from 'tsyringe'

/** In the process container: one for all configurations that a connection lives through. */
export const CLIENT_WATCH: InjectionToken<ClientWatch> = Symbol('client watch')

/** Watches the connections that requests came over, as long as these are open. */
export class ClientWatch {
  readonly #waiting = new WeakMap<Socket, (() => void)[]>()

  /**
   * Calls when the connection closes, or at once when it has.
   *
   * @returns ends that
   */
  whenClosed(socket: Socket, call: () => void): () => void {
    if (socket.destroyed) {
      call()
      return () => {}
    }
    const waiting = this.#waiting.get(socket) ?? this.#listen(socket)
    waiting.push(call)
    return () => {
      const at = waiting.indexOf(call)
      if (at >= 0) waiting.splice(at, 1)
    }
  }

  /** One listener a connection, however many requests come over it. */
  #listen(socket: Socket): (() => void)[] {
    const waiting: (() => void)[] = []
    this.#waiting.set(socket, waiting)
    socket.once('close', () => {
      for (const call of waiting.splice(0)) call()
    })
    return waiting
  }
}
