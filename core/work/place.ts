// A place for one kind of work: a bound on how much is done at once, and a fair line for what comes beyond it, which holds
// no more than can be served in time and which everybody can leave.
import { Busy, type Need, type Place, type PlaceOptions, type Release } from '../plugin.ts'
import { FairQueue } from './fair-queue.ts'
import { type Waiter, waiterOf } from './waiter.ts'

/** The estimate of how long work takes comes from so many pieces of it, the last ones. */
const SAMPLES = 32
/** Fewer say nothing: the first ones start threads and open connections. A place of one has no time for more than two. */
const LEAST_SAMPLES = 4
/** What of the cost of a piece of work counts when it was refused: who comes again at once comes after who comes first. */
const REFUSED = 0.01
/** So many are refused in a turn of the event loop. */
const MOST_REFUSED = 32
/** What has been running for longer than this, in milliseconds, and for far longer than it should, hangs. */
const HANGS = 2_000
/** How much longer than it should. */
const FAR_LONGER = 4

/** What a place has done so far, and what it does now. */
export interface PlaceCounts {
  readonly name: string
  /** How many pieces of work may be done at once. */
  readonly size: number
  readonly running: number
  readonly waiting: number
  /** Pieces of work that were begun. */
  readonly begun: number
  /** Refused, because the line was too long. */
  readonly refused: number
  /** Left the line: the client had gone, or the time was over. */
  readonly left: number
  /** Begun although the request's time was over. Nobody may ever see another number than 0. */
  readonly late: number
  /** How long those waited that wait no more, in milliseconds, all together. */
  readonly waited: number
  /** How long that took which is done, in milliseconds, all together. */
  readonly worked: number
}

interface Entry {
  readonly network: string
  readonly account: string
  readonly waiter: Waiter
  readonly need: Need
  /** Since when it waits. */
  readonly since: number
  readonly begin: () => void
  readonly refuse: (reason: Error) => void
}

/** A piece of work that was begun. */
interface Running {
  readonly began: number
  readonly need: Need
}

const ONE: Need = { units: 1, memory: 0 }

export class FairPlace implements Place {
  readonly #options: PlaceOptions
  readonly #now: () => number
  readonly #line: FairQueue<Entry>
  #waitingLoad = 0
  readonly #running = new Set<Running>()
  /** Nobody who waits has less time than until then. */
  #soonest = Number.POSITIVE_INFINITY
  #memory: number
  /** What ended last: milliseconds and units. */
  readonly #ended: (readonly [number, number])[] = []
  #closed = false
  /** More are refused in the next turn of the event loop. */
  #shortening = false
  #counts = { begun: 0, refused: 0, left: 0, late: 0, waited: 0, worked: 0 }

  /** @param now the time in milliseconds, as `performance.now()` has it */
  constructor(options: PlaceOptions, now = () => performance.now()) {
    this.#options = options
    this.#now = now
    this.#line = new FairQueue(now)
    this.#memory = options.memory ?? Number.POSITIVE_INFINITY
  }

  take(signal: AbortSignal, need: Need = ONE): Promise<Release> {
    return new Promise((resolve, reject) => {
      const waiter = waiterOf(signal)
      // The timer of the deadline may not have come yet: the event loop was held.
      if (signal.aborted || this.#now() > waiter.deadline) return reject(this.#late(signal))
      if (this.#line.size === 0 && this.#fits(need)) return resolve(this.#begin(waiter, need))
      if (this.#closed) return reject(this.#stopping())
      const leave = () => {
        this.#remove(entry)
        this.#counts.left += 1
        waiter.resume()
        reject(this.#late(signal))
        // Who stood behind may be small enough for what is free.
        this.#next()
      }
      const entry: Entry = {
        network: waiter.network,
        account: waiter.account,
        waiter,
        need,
        since: this.#now(),
        begin: () => {
          signal.removeEventListener('abort', leave)
          waiter.resume()
          if (this.#now() > waiter.deadline) this.#counts.late += 1
          resolve(this.#begin(waiter, need))
        },
        refuse: (reason) => {
          signal.removeEventListener('abort', leave)
          this.#counts.refused += 1
          waiter.resume()
          reject(reason)
        },
      }
      waiter.pause()
      signal.addEventListener('abort', leave, { once: true })
      this.#line.push(entry)
      this.#waitingLoad += this.#loadOf(need)
      this.#soonest = Math.min(this.#soonest, waiter.deadline)
      this.#shorten()
    })
  }

  async run<T>(signal: AbortSignal, task: () => Promise<T>, need?: Need): Promise<T> {
    const release = await this.take(signal, need)
    try {
      return await task()
    } finally {
      release()
    }
  }

  /** Refuses whoever waits, and lets nobody wait any more. What has begun goes on, and what finds room still begins. */
  close(): void {
    this.#closed = true
    for (const entry of [...this.#line]) this.#refuse(entry, this.#stopping())
  }

  counts(): PlaceCounts {
    const { name, size } = this.#options
    return { name, size, running: this.#running.size, waiting: this.#line.size, ...this.#counts }
  }

  #fits({ memory }: Need): boolean {
    // Alone it always fits: what can never fit is refused where the configuration is read.
    return this.#running.size < this.#options.size && (memory <= this.#memory || this.#running.size === 0)
  }

  #begin(waiter: Waiter, need: Need): Release {
    const running: Running = { began: this.#now(), need }
    this.#running.add(running)
    this.#line.spend(waiter, need.units)
    this.#memory -= need.memory
    this.#counts.begun += 1
    return () => {
      if (!this.#running.delete(running)) return
      if (need.blameless?.()) this.#line.spend(waiter, -need.units)
      this.#memory += need.memory
      const took = need.took?.() ?? this.#now() - running.began
      this.#counts.worked += took
      this.#ended.push([took, need.units])
      if (this.#ended.length > SAMPLES) this.#ended.shift()
      this.#next()
      this.#shorten()
    }
  }

  #next(): void {
    for (let first = this.#line.peek(); first && this.#fits(first.need); first = this.#line.peek()) {
      this.#line.serve(first)
      this.#waitsNoMore(first)
      if (this.#now() > first.waiter.deadline) first.refuse(new Busy(this.#noTurn(), this.#wait()))
      else first.begin()
    }
  }

  /** The last in the line is refused while the line takes longer than the time that it has left. */
  #shorten(): void {
    if (this.#shortening) return
    // Seldom is it so long that somebody must be looked for.
    if (this.#wait() <= this.#soonest - this.#now()) return
    this.#soonest = Number.POSITIVE_INFINITY
    for (const { waiter } of this.#line) this.#soonest = Math.min(this.#soonest, waiter.deadline)
    let refused = 0
    for (let last = this.#line.last(); last; last = this.#line.last()) {
      const wait = this.#wait()
      if (wait <= last.waiter.deadline - this.#now()) return
      this.#refuse(last, this.#tooLong(wait))
      this.#line.spend(last, last.need.units * REFUSED)
      refused += 1
      if (refused < MOST_REFUSED) continue
      this.#shortening = true
      setImmediate(() => {
        this.#shortening = false
        this.#shorten()
      })
      return
    }
  }

  /** Milliseconds until all that is running and waiting is done. What hangs takes its part of the place away; when all of it hangs, as long again. */
  #wait(): number {
    const known = this.#pace()
    let load = this.#waitingLoad
    let [hanging, time, units] = [0, 0, 0]
    for (const { began, need } of this.#running) {
      const took = this.#now() - began
      load += this.#loadOf(need)
      if (took <= HANGS || took <= FAR_LONGER * known * need.units) continue
      hanging += 1
      time += took
      units += need.units
    }
    if (hanging === this.#running.size && hanging > 0) return load * Math.max(known, time / units)
    const { size } = this.#options
    return (load * known * size) / (size - hanging)
  }

  /** The units for which it keeps the whole place from others: its part of those that fit in at once. */
  #loadOf({ units, memory }: Need): number {
    const { size, memory: most = Number.POSITIVE_INFINITY } = this.#options
    const atOnce = memory > 0 ? Math.max(1, Math.min(size, Math.floor(most / memory))) : size
    return units / atOnce
  }

  /** Milliseconds that a unit takes, by what has ended. */
  #pace(): number {
    if (this.#ended.length < Math.min(LEAST_SAMPLES, 2 * this.#options.size)) return this.#options.pace ?? 0
    let [time, units] = [0, 0]
    for (const [took, of] of this.#ended) {
      time += took
      units += of
    }
    return time / units
  }

  #refuse(entry: Entry, reason: Error): void {
    this.#remove(entry)
    entry.refuse(reason)
  }

  #remove(entry: Entry): void {
    this.#line.remove(entry)
    this.#waitsNoMore(entry)
  }

  #waitsNoMore({ need, since }: Entry): void {
    this.#waitingLoad -= this.#loadOf(need)
    this.#counts.waited += this.#now() - since
  }

  #tooLong(wait: number): Busy {
    const { name, size } = this.#options
    const seconds = Math.round(wait / 100) / 10
    return new Busy(
      `${name}: the line is too long: ${this.#line.size} wait for ${size === 1 ? 'the one place' : `${size} places`}, which takes ${seconds} s`,
      wait,
    )
  }

  #late(signal: AbortSignal): Error {
    return new Error(this.#noTurn(), { cause: signal.reason })
  }

  #noTurn(): string {
    const { name, size } = this.#options
    const busy = size === 1 ? 'the one place' : `all ${size} places`
    return `${name}: no turn in time, ${busy} stayed busy`
  }

  #stopping(): Busy {
    return new Busy(`${this.#options.name}: the server is stopping`, 0)
  }
}
