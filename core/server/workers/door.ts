// Where connections come in when workers serve them: all addresses are bound here, and what is accepted is given away unread.
import { createServer, type Server, type Socket } from 'node:net'
import { osReason } from '../../kit/os-errors.ts'
import type { Log } from '../../plugin.ts'
import { type Bound, bind } from '../bind.ts'
import type { ListenAt } from '../port.ts'

/** Addresses that are listened at. */
export interface Door {
  readonly bound: readonly Bound[]
  /** Accepts nothing more. */
  close(): void
}

/**
 * Starts to listen, at all addresses or at none.
 *
 * @param give takes a connection that nothing was read of, and the index of its address
 * @throws Error that names the address and the remedy
 */
export async function openDoor(
  at: readonly ListenAt[],
  give: (index: number, carrier: Socket) => void,
  log: Log,
): Promise<Door> {
  const servers: Server[] = []
  const close = () => {
    for (const server of servers) server.close()
  }
  const bound: Bound[] = []
  try {
    for (const [index, one] of at.entries()) {
      const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (carrier) =>
        give(index, carrier),
      )
      servers.push(server)
      bound.push(await bind(server, { ...one, secure: one.tls !== undefined }))
      server.on('error', (error) =>
        log.warn({}, `a connection could not be accepted at ${bound[index]?.address}: ${osReason(error)}`),
      )
    }
    return { bound, close }
  } catch (error) {
    close()
    throw error
  }
}
