// The workers: begun, given connections, begun again when they end, and asked all together.
import cluster from 'node:cluster'
import type { Socket } from 'node:net'
import { withDeadline } from '../../kit/deadline.ts'
import type { Log } from '../../plugin.ts'
import { Member } from './member.ts'
import { ASKED, type Terms, TOLD } from './terms.ts'
import { WireClosed, type WireVerbs } from './wire.ts'

/** A worker may take so long until it takes connections, and to answer what all are asked, in milliseconds. */
const START_MS = 60_000
const ANSWER_MS = 30_000
/** One that ends comes back at once; the next time after this, and then after twice as long, in milliseconds. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** Whoever has lived so long ends for the first time. */
const SETTLED_MS = 60_000
/** When none can begin, and each has failed so often one after the other, there is no hope. */
const MOST_FAILURES = 8
/** Connections that wait while no worker takes any, and for how long, in milliseconds. */
const MOST_WAITING = 1_000
const WAITING_MS = 10_000
/** Beyond the time that connections have to end, in milliseconds. */
const AFTER_DRAIN_MS = 10_000

/** What workers are begun with. */
export interface CrewParts {
  readonly size: number
  /** The script that they run; their command line has `worker` and the number behind it. */
  readonly script: string
  readonly log: Log
  /** What they are told, as it is now. */
  readonly terms: () => Omit<Terms, 'version' | 'number'>
  /** What one of them may ask, and what ends with it. */
  readonly seat: () => { readonly verbs: WireVerbs; leave(): void }
  /** Is told of each that has ended. */
  readonly left: (member: Member) => void
  /** Is told when no worker can begin any more. */
  readonly hopeless: (error: Error) => void
}

/** How workers are asked. */
interface AskOptions {
  /** Default: all that take connections. */
  readonly members?: readonly Member[]
  /** For each answer, in milliseconds. */
  readonly patience?: number
}

/** A place among the workers. */
interface Slot {
  readonly number: number
  member?: Member
  /** How often it has ended lately, and how often without having begun, one after the other. */
  failures: number
  unbegun: number
  pause?: NodeJS.Timeout
}

/** All workers of a server. */
export class Crew {
  readonly #parts: CrewParts
  readonly #slots: readonly Slot[]
  #version = 0
  #started = false
  #stopping = false
  #next = 0
  /** Those that have to begin anew, through no fault of theirs. */
  readonly #stale = new WeakSet<Member>()
  readonly #waiting = new Map<Socket, { readonly index: number; readonly timer: NodeJS.Timeout }>()

  constructor(parts: CrewParts) {
    this.#parts = parts
    this.#slots = Array.from({ length: parts.size }, (_, index) => ({
      number: index + 1,
      failures: 0,
      unbegun: 0,
    }))
  }

  /** Begins all of them. @throws Error when one can't; none runs then */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => this.#begin(slot)))
      this.#started = true
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /** Those that take connections. */
  get ready(): readonly Member[] {
    return this.#slots.flatMap(({ member }) => (member?.ready ? member : []))
  }

  /** Gives a connection to whoever has the fewest on their way, in turns. @param index of the address at which it came in */
  give(index: number, carrier: Socket): void {
    const { ready } = this
    if (ready.length === 0) {
      this.#wait(index, carrier)
      return
    }
    this.#next += 1
    const inTurn = ready.map((_, place) => ready[(this.#next + place) % ready.length]!)
    inTurn.reduce((one, other) => (other.load < one.load ? other : one)).take(index, carrier)
  }

  /**
   * Asks all that take connections, or some of them.
   *
   * @returns what each answered, or why it could not; whoever has ended meanwhile is left out
   */
  async ask<T>(
    verb: string,
    args: unknown = null,
    { members = this.ready, patience = ANSWER_MS }: AskOptions = {},
  ): Promise<{ readonly member: Member; readonly answer?: T; readonly error?: Error }[]> {
    const answers = await Promise.all(
      members.map(async (member) => {
        try {
          const asked = member.wire.ask(verb, args) as Promise<T>
          return [{ member, answer: await withDeadline(asked, patience, 'a worker gave no answer') }]
        } catch (error) {
          return error instanceof WireClosed ? [] : [{ member, error: error as Error }]
        }
      }),
    )
    return answers.flat()
  }

  /** From now on whoever begins is told something else; whoever is about to begin has to begin anew. */
  changed(): void {
    this.#version += 1
  }

  /** Has a worker begin anew: what it goes by is out of date. */
  renew(member: Member): void {
    this.#stale.add(member)
    member.ready = false
    member.kill()
  }

  /** Lets all finish what they have begun, and ends them. @param drain milliseconds that connections have to end */
  async stop(drain: number): Promise<void> {
    this.#stopping = true
    for (const { pause } of this.#slots) clearTimeout(pause)
    for (const carrier of this.#waiting.keys()) this.#giveUp(carrier)
    const members = this.#slots.flatMap(({ member }) => member ?? [])
    await Promise.all(
      members.map(async (member) => {
        if (member.ready) member.wire.tell(TOLD.stop)
        else member.kill()
        const late = setTimeout(() => member.kill(), drain + AFTER_DRAIN_MS)
        await member.gone
        clearTimeout(late)
      }),
    )
  }

  /** @returns once it takes connections @throws Error when it has ended before */
  async #begin(slot: Slot): Promise<void> {
    const { script, terms, seat, left } = this.#parts
    const { verbs, leave } = seat()
    cluster.setupPrimary({ exec: script, args: ['worker', String(slot.number)] })
    const began = Promise.withResolvers<void>()
    const member = new Member({
      number: slot.number,
      verbs: {
        ...verbs,
        [ASKED.terms]: (): Terms => {
          member.version = this.#version
          return { ...terms(), version: this.#version, number: slot.number }
        },
        [ASKED.ready]: () => {
          if (member.version !== this.#version) return this.renew(member)
          member.ready = true
          member.since = performance.now()
          this.#parts.log.info({ worker: slot.number, pid: member.pid }, 'a worker takes connections')
          for (const [carrier, { index }] of [...this.#waiting]) {
            this.#waiting.delete(carrier)
            this.give(index, carrier)
          }
          began.resolve()
        },
        [ASKED.leaving]: () => {
          member.ready = false
        },
      },
    })
    slot.member = member
    const late = setTimeout(() => {
      if (member.since !== undefined) return
      member.failure ??= `it took longer than ${START_MS / 1_000} s to begin`
      member.kill()
    }, START_MS)
    void member.gone.then((how) => {
      clearTimeout(late)
      leave()
      left(member)
      slot.member = undefined
      const why = member.failure ?? how
      began.reject(new Error(`worker ${slot.number} could not begin: ${why}`))
      if (!this.#stopping) this.#goOn(slot, member, how)
    })
    await began.promise
  }

  /** Another one takes the place of one that has ended. */
  #goOn(slot: Slot, member: Member, how: string): void {
    const { log, hopeless } = this.#parts
    for (const [carrier, index] of member.takeBack()) this.give(index, carrier)
    const again = () => void this.#begin(slot).catch(() => {})
    if (this.#stale.has(member)) {
      again()
      return
    }
    // A start that fails is over.
    if (!this.#started && member.since === undefined) return
    const lived = member.since === undefined ? undefined : performance.now() - member.since
    if (lived !== undefined && lived >= SETTLED_MS) slot.failures = 0
    const ms = slot.failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (slot.failures - 1))
    slot.failures += 1
    slot.unbegun = lived === undefined ? slot.unbegun + 1 : 0
    const what = lived === undefined ? 'could not begin' : 'has ended'
    const when = ms === 0 ? 'at once' : `in ${ms / 1_000} s`
    const message = `worker ${slot.number} ${what} (${member.failure ?? how}); another one begins ${when}`
    log.error({ worker: slot.number, pid: member.pid }, message)
    if (this.#slots.every(({ unbegun }) => unbegun >= MOST_FAILURES))
      hopeless(new Error(`no worker can begin any more: ${member.failure ?? how}`))
    else slot.pause = setTimeout(again, ms)
  }

  #wait(index: number, carrier: Socket): void {
    if (this.#stopping || this.#waiting.size >= MOST_WAITING) return void carrier.destroy()
    const timer = setTimeout(() => this.#giveUp(carrier), WAITING_MS)
    this.#waiting.set(carrier, { index, timer })
    carrier.once('close', () => this.#giveUp(carrier))
  }

  #giveUp(carrier: Socket): void {
    clearTimeout(this.#waiting.get(carrier)?.timer)
    this.#waiting.delete(carrier)
    carrier.destroy()
  }
}
