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

/** Names a member. Whoever is alone in a group is not asked: to name a password takes a digest. */
export type Member = () => string

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
  beginNow(name: string, member: Member, most: number): Flight | undefined {
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
    member: Member,
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
  readonly #member: Member
  #over = false

  constructor(groups: UnderWay<Group>, name: string, group: Group, member: Member) {
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
  /** Who is alone. */
  #only: Member | undefined
  /** Members by name, and how many requests ask about each: once there was a second one. */
  #tried: Map<string, number> | undefined
  readonly #waiting: (() => void)[] = []

  /** @returns false when there is no room */
  take(member: Member, most: number): boolean {
    if (this.#size === 0 && most > 0) this.#only = member
    else {
      const tried = this.#byName()
      const name = member()
      const asking = tried.get(name) ?? 0
      if (asking === 0 && tried.size >= most) return false
      tried.set(name, asking + 1)
    }
    // There may be room for more than whoever has left.
    if (this.#size < most) this.wake()
    return true
  }

  get #size(): number {
    return this.#only ? 1 : (this.#tried?.size ?? 0)
  }

  #byName(): Map<string, number> {
    this.#tried ??= new Map()
    if (this.#only) this.#tried.set(this.#only(), 1)
    this.#only = undefined
    return this.#tried
  }

  /** @returns false when there was no room in time */
  async takeInTime(
    member: Member,
    patience: Patience,
    room: (underWay: number) => Promise<number>,
  ): Promise<boolean> {
    const until = performance.now() + patience.left
    for (;;) {
      const { failures } = this
      const most = await room(this.#size)
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

  end(member: Member): void {
    if (this.#only === member) {
      this.#only = undefined
      return
    }
    const tried = this.#byName()
    const name = member()
    const left = tried.get(name)! - 1
    if (left > 0) tried.set(name, left)
    else tried.delete(name)
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
