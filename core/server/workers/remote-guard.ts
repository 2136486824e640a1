// The guard is one for all workers: in the process that listens. A worker's gate asks it before each password, and says how that ended.
import { lastUsed } from '../../contract/last-used.ts'
import { secretName } from '../../contract/secret.ts'
import { Busy, Secret } from '../../plugin.ts'
import { Cancellation, type Leaving } from '../../work/cancellation.ts'
import { type Asking, type Gate, type GuardCounts, Throttled, type Try } from '../../work/guard/gate.ts'
import { folded, namesFor, namesOf } from '../../work/guard/names.ts'
import { Refused } from '../../work/guard/refused.ts'
import { ASKED } from './terms.ts'
import { type Wire, WireClosed, type WireVerbs } from './wire.ts'

interface Admitting {
  readonly id: number
  readonly account: string
  readonly network: string
  readonly password: string
  readonly shared: boolean
  readonly left: number
}

type Admitted =
  | { readonly admitted: true }
  | { readonly throttled: Throttled['of']; readonly seconds: number }
  | { readonly busy: string; readonly seconds: number }

interface Ending {
  readonly id: number
  readonly how: 'succeeded' | 'failed' | 'left'
  readonly asked?: boolean
}

/** For so long a password that was right is not asked about again, in milliseconds. */
const PROVED_MS = 10_000
const MOST_PROVED = 10_000

/** The password of a pair of account and network that was right a moment ago. */
interface Proved {
  /** Names it. */
  readonly password: string
  readonly until: number
}

/**
 * The workers' gate: the guard of the process that listens. What was refused a moment ago each worker knows by itself; and a password that
 * was right a moment ago is no guess, until a wrong one of the same network for the same account.
 */
export class RemoteGate implements Gate {
  readonly #wire: Pick<Wire, 'ask' | 'tell'>
  readonly #refused: Refused
  readonly #proved = lastUsed<Proved>(MOST_PROVED)
  #last = 0
  #repeated = 0

  /** @param within where a backend locks accounts: how long it remembers a failure, in milliseconds */
  constructor(wire: Pick<Wire, 'ask' | 'tell'>, within?: number) {
    this.#wire = wire
    this.#refused = new Refused(() => performance.now(), within)
  }

  async admit(asking: Asking): Promise<Try> {
    const { pair } = namesFor(asking.account, asking.network)
    const proved = this.#proved.get(pair)
    const known =
      proved && proved.until > performance.now() && proved.password === secretName(asking.password)
    const id = known ? undefined : await this.#let(asking)
    return this.#try(id, asking, pair)
  }

  /** @returns the id of the try at the guard */
  async #let(asking: Asking): Promise<number> {
    const { account, network, password, shared, left } = asking
    this.#last += 1
    const id = this.#last
    const tried: Admitting = { id, account, network, shared, left, password: password.reveal() }
    let answer: Admitted
    try {
      answer = (await whileWanted(this.#wire.ask(ASKED.admit, tried), asking.leaving)) as Admitted
    } catch (error) {
      // Whoever has left gives back what he may be let in to meanwhile.
      this.#wire.tell(ASKED.end, { id, how: 'left' } satisfies Ending)
      throw error instanceof WireClosed ? new Busy(error.message, 1_000) : error
    }
    if ('throttled' in answer) throw new Throttled(answer.throttled, answer.seconds * 1_000)
    if ('busy' in answer) throw new Busy(answer.busy, answer.seconds * 1_000)
    return id
  }

  /** Forgets what was refused, and what was right. */
  clear(account?: string): void {
    this.#refused.clear(account === undefined ? undefined : folded(account))
    for (const pair of [...this.#proved.keys()])
      if (account === undefined || folded(namesOf(pair).account) === folded(account))
        this.#proved.delete(pair)
  }

  /** A password was wrong: from now on the next one of this pair is asked about. */
  suspect(pair: string): void {
    this.#proved.delete(pair)
  }

  /** What this worker has done besides asking. */
  counts(): GuardCounts {
    return {
      throttled: { account: 0, network: 0 },
      repeated: this.#repeated,
      findings: { account_waits: 0, network_waits: 0, account_attacked: 0 },
    }
  }

  /** @param given of the try at the guard; undefined: it was not asked */
  #try(given: number | undefined, asking: Asking, pair: string): Try {
    const { account, password } = asking
    const question = (of: () => string) => `${secretName(password)} ${account.length} ${account}${of()}`
    let over = false
    const prove = () => {
      const until = performance.now() + PROVED_MS
      this.#proved.set(pair, { password: secretName(password), until })
    }
    const end = async (how: Ending['how'], asked = false) => {
      if (over) return
      over = true
      // It was right a moment ago, and is wrong now: it counts as if it had been asked about.
      const late = () => this.#let(asking).catch(() => undefined)
      const id = given ?? (how === 'failed' ? await late() : undefined)
      if (id === undefined) return
      const ending: Ending = { id, how, asked }
      if (how === 'left') this.#wire.tell(ASKED.end, ending)
      // It is counted before the client has its answer: the next try may come to another worker.
      else await this.#wire.ask(ASKED.end, ending)
    }
    return {
      refusedBy: (of) => {
        const by = this.#refused.by(() => question(of))
        if (by !== undefined) this.#repeated += 1
        return by
      },
      reject: (by, of) => this.#refused.add(question(of), by, folded(account)),
      failed: (asked) => end('failed', asked),
      async succeeded() {
        await end('succeeded')
        if (given !== undefined) prove()
      },
      leave: () => void end('left'),
    }
  }
}

/** What one worker's gate asks, answered by the guard. */
export interface GuardSeat {
  readonly verbs: WireVerbs
  /** The worker has gone: nothing of it is under way any more. */
  leave(): void
}

/**
 * @param gate as it is in this process
 * @param suspect is told of each pair of account and network with a wrong password, before that has its answer
 */
export function guardSeat(gate: Gate, suspect: (pair: string) => void): GuardSeat {
  const open = new Map<number, { readonly attempt: Try; readonly pair: string }>()
  /** Asked about, and not let in yet. */
  const waiting = new Map<number, Cancellation>()
  let gone = false
  const end = async ({ id, how, asked = false }: Ending) => {
    waiting.get(id)?.cancel(new Error('nobody waits any more'))
    const found = open.get(id)
    if (!found) return
    const { attempt, pair } = found
    open.delete(id)
    try {
      if (how === 'succeeded') await attempt.succeeded()
      else if (how === 'failed') {
        await attempt.failed(asked)
        suspect(pair)
      }
    } finally {
      attempt.leave()
    }
  }
  return {
    verbs: {
      async [ASKED.admit]({ id, password, ...asking }: Admitting): Promise<Admitted> {
        const leaving = new Cancellation()
        waiting.set(id, leaving)
        try {
          const attempt = await gate.admit({ ...asking, password: new Secret(password), leaving })
          if (gone || leaving.reason) attempt.leave()
          else open.set(id, { attempt, pair: namesFor(asking.account, asking.network).pair })
          return { admitted: true }
        } catch (error) {
          if (error instanceof Throttled) return { throttled: error.of, seconds: error.retryAfter }
          if (error instanceof Busy) return { busy: error.message, seconds: error.retryAfter }
          throw error
        } finally {
          waiting.delete(id)
        }
      },
      [ASKED.end]: end,
    },
    leave() {
      gone = true
      for (const leaving of waiting.values()) leaving.cancel(new Error('the worker has ended'))
      for (const { attempt } of open.values()) attempt.leave()
      open.clear()
    },
  }
}

/** @throws what the work throws; why nobody waits for it any more */
function whileWanted<T>(work: Promise<T>, leaving: Leaving): Promise<T> {
  work.catch(() => {})
  return new Promise((resolve, reject) => {
    const forget = leaving.whenCancelled(reject)
    work.then(resolve, reject).finally(forget)
  })
}
