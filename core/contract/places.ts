// Places: how much of one kind of work is done at once. Who finds no room waits in a fair line.

/** Gives the room back; further calls do nothing. */
export type Release = () => void

/** How much of a place one piece of work takes. */
export interface Need {
  /** How long it takes, measured against other work of this place. */
  readonly units: number
  /** Bytes that it takes from the place's memory. */
  readonly memory: number
  /** Asked at its end: true when it was done for somebody who has shown that he is right. Then it does not count against him. */
  blameless?(): boolean
  /** Asked at its end: the milliseconds that it took, where that is known better than by the time since its turn. */
  took?(): number | undefined
}

/** A bound for one kind of work. Whoever has cost least lately is next; among equals turns go round by networks, and inside a network by accounts. */
export interface Place {
  /**
   * Waits for a turn. While it waits, the instance's `timeout` stands still.
   *
   * @param signal the call's own `request.signal`: it says who waits. With another one, it is the server itself that waits.
   * @param need left out, all pieces of work are alike
   * @returns what gives the room back
   * @throws Error when the signal aborts first; Busy when more wait than can be served in the time of the request
   */
  take(signal: AbortSignal, need?: Need): Promise<Release>
  /** Does a task when its turn has come, and gives the room back when it has ended. @throws also what the task throws */
  run<T>(signal: AbortSignal, task: () => Promise<T>, need?: Need): Promise<T>
}

/** What a place is for, and its bounds. */
export interface PlaceOptions {
  /** Names it in messages and figures: `program /usr/bin/auth`. */
  readonly name: string
  /** At most this many pieces of work at once, at least 1. */
  readonly size: number
  /** Bytes for all that is done at once; left out, only `size` counts. */
  readonly memory?: number
  /** Milliseconds that a unit takes, as far as is known before any has ended. */
  readonly pace?: number
}

/** Opens places. */
export interface Places {
  open(options: PlaceOptions): Place
}

const MOST_RETRY_AFTER = 30

/** Thrown to whoever can't be served in time. That says nothing about what was asked: ask again later. */
export class Busy extends Error {
  /** Seconds after which it is worth to ask again. */
  readonly retryAfter: number

  /** @param wait how long the line is, in milliseconds */
  constructor(message: string, wait: number) {
    super(message)
    this.name = 'Busy'
    this.retryAfter = Math.min(MOST_RETRY_AFTER, Math.max(1, Math.ceil(wait / 1_000)))
  }
}
