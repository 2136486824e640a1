// Notices what holds the event loop: everybody waits then, and no plugin is told by its own time.
import type { InjectionToken } from 'tsyringe'

/** In the process container. */
export const LOOP_WATCH: InjectionToken<LoopWatch> = Symbol('loop watch')

/** A longer piece of work is told of, in milliseconds. */
const TOO_LONG_MS = 100
/** How often the loop is looked at while plugins are asked. */
const LOOK_EVERY_MS = 50
/** Each plugin is told of this often at most. */
const TELL_EVERY_MS = 60_000

/** With more calls at once than this, a late look may be the sum of many short pieces: a burst that arrives. Nobody is blamed then. */
const MOST_CALLS = 16

/** More would help nobody. */
const MOST_NAMED = 5

/** A plugin that is being asked. */
export interface Asked {
  readonly id: string
  readonly log: { warn(facts: object, message: string): void }
}

/** What it is made with; tests have their own clock. */
export interface Watching {
  /** Milliseconds, of a clock that is never set. */
  now(): number
  /** Calls again and again until it is stopped. */
  every(ms: number, look: () => void): () => void
}

const NODE: Watching = {
  now: () => performance.now(),
  every(ms, look) {
    const timer = setInterval(look, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** The calls of one plugin. */
interface Calls {
  open: number
  /** When the last one that has ended since the last look did so. */
  ended: number | undefined
}

/** Measures the pieces of work of plugins, and warns of long ones by name. */
export class LoopWatch {
  readonly #watching: Watching
  /** Who was asked since the last look. */
  readonly #asked = new Map<Asked, Calls>()
  readonly #told = new WeakMap<Asked, number>()
  #stop: (() => void) | undefined
  #looked = 0

  constructor(watching = NODE) {
    this.#watching = watching
  }

  /**
   * Asks a plugin, and measures until it gives its promise.
   *
   * @param ask may throw
   */
  measure<T>(plugin: Asked, ask: () => T): T {
    const begun = this.#watching.now()
    this.#enter(plugin)
    try {
      return ask()
    } finally {
      const took = this.#watching.now() - begun
      if (took > TOO_LONG_MS) {
        this.#tell(plugin, took, `${plugin.id} held`)
        // The same delay is not told of once more.
        this.#looked = this.#watching.now()
      }
    }
  }

  /** A plugin that was asked has answered, or nobody waits for it any more. */
  end(plugin: Asked): void {
    const calls = this.#callsOf(plugin)
    calls.open = Math.max(0, calls.open - 1)
    calls.ended = this.#watching.now()
  }

  #enter(plugin: Asked): void {
    this.#callsOf(plugin).open += 1
    if (this.#stop) return
    this.#looked = this.#watching.now()
    this.#stop = this.#watching.every(LOOK_EVERY_MS, () => this.#look())
  }

  #callsOf(plugin: Asked): Calls {
    const known = this.#asked.get(plugin)
    if (known) return known
    const calls: Calls = { open: 0, ended: undefined }
    this.#asked.set(plugin, calls)
    return calls
  }

  #look(): void {
    const now = this.#watching.now()
    const late = now - this.#looked - LOOK_EVERY_MS
    this.#looked = now
    let [open, ended] = [0, 0]
    for (const calls of this.#asked.values()) {
      open += calls.open
      if (calls.ended !== undefined) ended += 1
    }
    if (late > TOO_LONG_MS && open + ended <= MOST_CALLS) {
      // Who had answered before the loop stood still was not it.
      const asked = [...this.#asked]
        .filter(([, calls]) => calls.open > 0 || (calls.ended !== undefined && now - calls.ended < late / 2))
        .map(([plugin]) => plugin)
      // When there are several, nobody knows which one it was.
      const names = asked.slice(0, MOST_NAMED).map(({ id }) => id)
      const [first] = asked
      if (first) this.#tell(first, late, `${names.join(' or ')} was being asked while something held`)
    }
    for (const calls of this.#asked.values()) calls.ended = undefined
    if (open > 0) return
    this.#asked.clear()
    this.#stop?.()
    this.#stop = undefined
  }

  #tell(plugin: Asked, ms: number, who: string): void {
    const now = this.#watching.now()
    const told = this.#told.get(plugin)
    if (told !== undefined && now - told < TELL_EVERY_MS) return
    this.#told.set(plugin, now)
    plugin.log.warn(
      { ms: Math.round(ms) },
      `${who} the event loop for ${Math.round(ms)} ms, in which nobody else was served; what takes long belongs into slices (inSlices), a worker thread or another process`,
    )
  }
}
