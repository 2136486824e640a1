// Who may hold the event loop, and for how long: all long computations of the process share one slice a turn of it, so that
// many of them at once keep nobody else waiting longer than one of them.

/** A slice, in milliseconds. */
const SLICE_MS = 8

/** What turns are made of; tests have their own. */
export interface Loop {
  /** Milliseconds, of a clock that is never set. */
  now(): number
  /** Calls once the event loop has looked after everything else. */
  afterwards(call: () => void): void
}

/** Turns of the event loop, for computations that are too long for one. */
export interface Turns {
  /** Whether the slice of this turn is used up, by whomever. */
  due(): boolean
  /** Resolves in a later turn, in the order in which it was asked for. */
  next(): Promise<void>
}

const NODE: Loop = { now: () => performance.now(), afterwards: (call) => void setImmediate(call) }

/**
 * Makes the turns of a process.
 *
 * @example
 * const turns = createTurns()
 * for (const one of many) {
 *   if (turns.due()) await turns.next()
 *   compute(one)
 * }
 */
export function createTurns(loop: Loop = NODE): Turns {
  const waiting: (() => void)[] = []
  /** When the slice of this turn began; undefined while nobody has begun one. */
  let since: number | undefined
  let armed = false

  function arm(): void {
    if (armed) return
    armed = true
    loop.afterwards(() => {
      armed = false
      since = undefined
      const first = waiting.shift()
      if (!first) return
      since = loop.now()
      arm()
      first()
    })
  }

  return {
    due() {
      const now = loop.now()
      if (since === undefined) {
        since = now
        arm()
      }
      return now - since >= SLICE_MS
    },
    next() {
      return new Promise((resolve) => {
        waiting.push(resolve)
        arm()
      })
    },
  }
}
