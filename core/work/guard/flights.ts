// What is being tried at the moment, and nobody has answered yet: it counts as if it were wrong, so that two hundred passwords
// at once are not two hundred tries. Who finds no room waits until others have their answers: theirs may be right.

/** Who waits for room. */
export interface Patience {
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal
  /** Milliseconds that there are to wait. */
  readonly left: number
}

/** A try that is under way. */
export interface Flight {
  /** Whether the group had a failure before this one had its answer. */
  readonly failures: number
  /** One more failure was counted: what others have read before is out of date. */
  fail(): void
  /** It is over. */
  leave(): void
}

/** The tries of all groups: passwords of a pair, accounts of a network. */
export class Flights {
  readonly #groups = new Map<string, Group>()

  /**
   * Begins a try. The same member as another one's takes no room of its own.
   *
   * @param room how many different members may be under way, by what has been counted; it is told how many are, and throws when
   *   none may
   * @returns undefined when the time is over before there is room
   * @throws what `room` throws; the signal's reason
   */
  async begin(
    group: string,
    member: string,
    patience: Patience,
    room: (underWay: number) => Promise<number>,
  ): Promise<Flight | undefined> {
    const own = this.#groups.get(group) ?? new Group()
    this.#groups.set(group, own)
    own.inside += 1
    let done = false
    const leave = () => {
      if (done) return
      done = true
      own.inside -= 1
      if (own.inside === 0) this.#groups.delete(group)
      own.wake()
    }
    try {
      const end = await own.begin(member, patience, room)
      if (!end) {
        leave()
        return undefined
      }
      return {
        get failures() {
          return own.failures
        },
        fail: () => {
          own.failures += 1
        },
        leave: () => {
          end()
          leave()
        },
      }
    } catch (error) {
      leave()
      throw error
    }
  }
}

/** The tries of one group, and who waits for room: it is there while a request is inside. */
class Group {
  failures = 0
  inside = 0
  /** Members, and how many requests ask about each. */
  readonly #tried = new Map<string, number>()
  readonly #waiting = new Set<() => void>()

  async begin(
    member: string,
    { signal, left }: Patience,
    room: (underWay: number) => Promise<number>,
  ): Promise<(() => void) | undefined> {
    const until = performance.now() + left
    for (;;) {
      const { failures } = this
      const most = await room(this.#tried.size)
      // A failure was counted while this was found out.
      if (this.failures !== failures) continue
      const tried = this.#tried.get(member) ?? 0
      if (tried > 0 || this.#tried.size < most) {
        this.#tried.set(member, tried + 1)
        // There may be room for more than whoever has left.
        if (this.#tried.size < most) this.wake()
        return () => this.#end(member)
      }
      if (!(await this.#turn(signal, until - performance.now()))) return undefined
    }
  }

  /** Lets one look again whether there is room; when there is none for ever, that one wakes the next. */
  wake(): void {
    const [first] = this.#waiting
    first?.()
  }

  #end(member: string): void {
    const left = this.#tried.get(member)! - 1
    if (left > 0) this.#tried.set(member, left)
    else this.#tried.delete(member)
  }

  /** @returns false when the time is over */
  #turn(signal: AbortSignal, ms: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const close = () => {
        clearTimeout(late)
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', abort)
      }
      const wake = () => {
        close()
        resolve(true)
      }
      const abort = () => {
        close()
        reject(signal.reason)
      }
      const late = setTimeout(() => {
        close()
        resolve(false)
      }, ms)
      this.#waiting.add(wake)
      signal.addEventListener('abort', abort)
    })
  }
}
