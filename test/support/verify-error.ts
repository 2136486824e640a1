// A Node whose private `verifyError` was renamed, or does something else.
import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

interface Handle {
  verifyError?: unknown
}

/**
 * Replaces it for the whole process until the end of the work, in which no real handshake may ask for client certificates.
 *
 * @param verifyError undefined: it is not there
 */
export async function withVerifyError<T>(verifyError: unknown, work: () => Promise<T>): Promise<T> {
  const socket = new TLSSocket(new Duplex({ read() {}, write() {} }), { isServer: true })
  const { _handle: handle } = socket as TLSSocket & { _handle: Handle }
  let owner: Handle = handle
  while (!Object.hasOwn(owner, 'verifyError')) owner = Object.getPrototypeOf(owner) as Handle
  const { verifyError: real } = owner
  try {
    owner.verifyError = verifyError
    return await work()
  } finally {
    owner.verifyError = real
    socket.destroy()
  }
}
