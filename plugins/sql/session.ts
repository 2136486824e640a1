// How the two network drivers use a connection of a pool: bounded by the signal, and once more when it was lost.
import { type Place, untilAborted } from '../../core/plugin.ts'

/** One connection, taken from a pool. */
export interface Lease<C> {
  readonly connection: C
  /** Puts it back. */
  release(): void
  /** Closes it at once, whatever it is doing. */
  destroy(): void
}

export interface Pool<C> {
  connect(): Promise<Lease<C>>
  /** Whether the error says that the connection itself is gone. */
  isLost(error: unknown): boolean
}

/**
 * Makes a function that runs work on a connection of the pool, as many at once as the place allows. A connection whose work did not
 * end in time is closed, because nobody knows when it will be free. A kept connection may have been cut meanwhile (the
 * database was restarted): then the work, which only reads, is done once more on another one.
 */
export function createSessions<C>(pool: Pool<C>, place: Place) {
  async function once<T>(work: (connection: C) => Promise<T>, signal: AbortSignal): Promise<T> {
    const leave = await place.take(signal)
    const connecting = pool.connect()
    let lease: Lease<C>
    try {
      lease = await untilAborted(connecting, signal)
    } catch (error) {
      // The pool can't be told to stop connecting: the place stays taken until it has.
      connecting.then((late) => late.release()).then(leave, leave)
      throw error
    }
    try {
      const result = await untilAborted(work(lease.connection), signal)
      lease.release()
      return result
    } catch (error) {
      if (signal.aborted || pool.isLost(error)) lease.destroy()
      else lease.release()
      throw pool.isLost(error) && !signal.aborted ? new Lost(error) : error
    } finally {
      leave()
    }
  }

  return async <T>(work: (connection: C) => Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      try {
        return await once(work, signal)
      } catch (error) {
        if (!(error instanceof Lost)) throw error
        return await once(work, signal)
      }
    } catch (error) {
      throw error instanceof Lost ? error.cause : error
    }
  }
}

/** The connection broke while it was used. */
class Lost extends Error {
  constructor(cause: unknown) {
    super('lost', { cause })
  }
}
