// What is being tried at the moment, and nobody has answered yet: it counts as if it were wrong, so that two hundred passwords
// at once are not two hundred tries. Who finds no room waits until others have their answers: theirs may be right.

import type { Leaving } from '../cancellation.ts'
import { UnderWay } from '../under-way.ts'

/** Who waits for room. */
export interface Patience {
  /** Tells when nobody waits any more. */
  readonly leaving: Leaving
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
  readonly #groups = new UnderWay<Group>()

  /**
   * Begins a try at once. The same member as another one's takes no room of its own.
   *
   * @param most how many different members may be under way
   * @returns undefined when there is no room now
   */
  beginNow(name: string, member: string, most: number): Flight | undefined {
    const group = this.#groups.get(name) ?? this.#opened(name)
    // One that is empty now has room for anybody.
    return group.take(member, most) ? new Try(this.#groups, name, group, member) : undefined
  }

  /**
   * Begins a try when there is room for it.
   *
   * @param room how many different members may be under way, by what has been counted; it is told how many are, and throws when
   *   none may
   * @returns undefined when the time is over before there is room
   * @throws what `room` throws; why nobody waits any more
   */
  async begin(
    name: string,
    member: string,
    patience: Patience,
    room: (underWay: number) => Promise<number>,
  ): Promise<Flight | undefined> {
    const group = this.#groups.get(name) ?? this.#opened(name)
    group.inside += 1
    let begun = false
    try {
      begun = await group.takeInTime(member, patience, room)
      return begun ? new Try(this.#groups, name, group, member) : undefined
    } finally {
      // Whoever has begun is inside until he leaves.
      group.inside -= 1
      if (!begun) this.#left(name, group)
    }
  }

  #left(name: string, group: Group): void {
    if (group.inside === 0) this.#groups.delete(name, group)
    group.wake()
  }

  #opened(name: string): Group {
    const group = new Group()
    this.#groups.set(name, group)
    return group
  }
}

/** One that has room; it is inside its group until it leaves. */
class Try implements Flight {
  readonly #groups: UnderWay<Group>
  readonly #name: string
  readonly #group: Group
  readonly #member: string
  #over = false

  constructor(groups: UnderWay<Group>, name: string, group: Group, member: string) {
    this.#groups = groups
    this.#name = name
    this.#group = group
    this.#member = member
    group.inside += 1
  }

  get failures(): number {
    return this.#group.failures
  }

  fail(): void {
    this.#group.failures += 1
  }

  leave(): void {
    if (this.#over) return
    this.#over = true
    const group = this.#group
    group.end(this.#member)
    group.inside -= 1
    if (group.inside === 0) this.#groups.delete(this.#name, group)
    group.wake()
  }
}

/** The tries of one group, and who waits for room: it is there while a request is inside. */
class Group {
  failures = 0
  inside = 0
  /** Members, and how many requests ask about each. */
  readonly #tried = new Map<string, number>()
  readonly #waiting: (() => void)[] = []

  /** @returns false when there is no room */
  take(member: string, most: number): boolean {
    const tried = this.#tried.get(member) ?? 0
    if (tried === 0 && this.#tried.size >= most) return false
    this.#tried.set(member, tried + 1)
    // There may be room for more than whoever has left.
    if (this.#tried.size < most) this.wake()
    return true
  }

  /** @returns false when there was no room in time */
  async takeInTime(
    member: string,
    patience: Patience,
    room: (underWay: number) => Promise<number>,
  ): Promise<boolean> {
    const until = performance.now() + patience.left
    for (;;) {
      const { failures } = this
      const most = await room(this.#tried.size)
      // A failure was counted while this was found out.
      if (this.failures !== failures) continue
      if (this.take(member, most)) return true
      if (!(await this.#turn(patience.leaving, until - performance.now()))) return false
    }
  }

  /** Lets one look again whether there is room; when there is none for ever, that one wakes the next. */
  wake(): void {
    this.#waiting[0]?.()
  }

  end(member: string): void {
    const left = this.#tried.get(member)! - 1
    if (left > 0) this.#tried.set(member, left)
    else this.#tried.delete(member)
  }

  /** @returns false when the time is over */
  #turn(leaving: Leaving, ms: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (leaving.reason) return reject(leaving.reason)
      const close = () => {
        clearTimeout(late)
        const at = this.#waiting.indexOf(wake)
        if (at >= 0) this.#waiting.splice(at, 1)
        stay()
      }
      const wake = () => {
        close()
        resolve(true)
      }
      const late = setTimeout(() => {
        close()
        resolve(false)
      }, ms)
      this.#waiting.push(wake)
      const stay = leaving.whenCancelled((reason) => {
        close()
        reject(reason)
      })
    })
  }
}
