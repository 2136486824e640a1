// The guard: who may try a password, and who waits. docs/guard.md has the rules, with a picture.
//
// Nobody's tries hurt another: what counts is different wrong passwords of one network for one account, different accounts
// of one network, and different networks of one account; never repeats, never an account as such.
import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { secretName } from '../../contract/secret.ts'
import { Busy, type Log, type Secret } from '../../plugin.ts'
import { type Counters, countersInMemory } from './counters.ts'
import { type Flight, Flights, type Member } from './flights.ts'
import { type Asking, type Gate, type GuardCounts, Throttled, type Try } from './gate.ts'
import type { KnownNetworks } from './known-networks.ts'
import type { Lockout } from './lockouts.ts'
import { folded, namesFor, part } from './names.ts'
import { Notices } from './notices.ts'
import { Refused } from './refused.ts'
import {
  ACCOUNTS,
  ATTACKING_NETWORKS,
  LONGEST_WAIT_SECONDS,
  type Tallied,
  Tally,
  type TallyFilter,
  TRIES,
} from './tally.ts'

/** Different wrong passwords of a network without a former success before it waits, while many networks fail for the account. */
const TRIES_UNDER_ATTACK = 1
/** Behind an address that many share nobody is turned away: they wait, at most so long. */
const LONGEST_DELAY_MS = 2_000
/** So many passwords of a pair are told apart where nodes share what they count. */
const TAGS = 4096
/** Room for any number. */
const ANY = Number.POSITIVE_INFINITY
/** When so many tries are under way already. */
const BUSY_MS = 1_000
const NEVER_LOCKED = { count: Number.POSITIVE_INFINITY, ms: 0 }

/** What a guard is made with. */
export interface GuardParts {
  readonly known: KnownNetworks
  readonly log: Log
  /** Default: in memory. */
  readonly counters?: Counters
  /** When a backend locks accounts. */
  readonly lockout?: Lockout | undefined
  /** Milliseconds that only go forward. */
  readonly now?: () => number
}

/** Bounds guessing. */
export class Guard implements Gate {
  /** Passwords of pairs that are under way. */
  readonly #tried = new Flights()
  /** Accounts of networks that are under way. */
  readonly #failing = new Flights()
  readonly #refused: Refused
  readonly #known: KnownNetworks
  readonly #notices: Notices
  readonly #tally: Tally
  readonly #counters: Counters
  readonly #throttled = { account: 0, network: 0 }
  readonly #findings = { account_waits: 0, network_waits: 0, account_attacked: 0 }
  #repeated = 0

  constructor({
    known,
    log,
    lockout,
    now = () => performance.now(),
    counters = countersInMemory(now),
  }: GuardParts) {
    this.#known = known
    this.#counters = counters
    this.#notices = new Notices(log, now)
    this.#refused = new Refused(now, lockout?.within)
    this.#tally = new Tally(counters, lockout)
  }

  /** What was counted. */
  list(filter: TallyFilter): Promise<Tallied> {
    return this.#tally.list(filter)
  }

  /** Forgets what fits, refused passwords too. @returns of how many pairs of account and network there was something */
  clear(filter: TallyFilter): Promise<number> {
    this.#refused.clear(filter.account === undefined ? undefined : folded(filter.account))
    return this.#tally.clear(filter)
  }

  /** What it has done so far. */
  counts(): GuardCounts {
    return { throttled: this.#throttled, repeated: this.#repeated, findings: this.#findings }
  }

  async admit(asking: Asking): Promise<Try> {
    try {
      return this.admitNow(asking) ?? (await this.#admitInTime(asking))
    } catch (error) {
      if (error instanceof Throttled) this.#throttled[error.of] += 1
      throw error
    }
  }

  /** Nothing is counted, and there is room. */
  admitNow(asking: Asking): Try | undefined {
    const { account, network, pair } = namesFor(asking.account, asking.network)
    if (!this.#tally.isClear(pair, account, network)) return undefined
    const password = () => this.#nameOf(pair, asking.password)
    const own = this.#tried.beginNow(pair, password, asking.shared ? ANY : TRIES)
    if (!own) return undefined
    const all = this.#failing.beginNow(network, () => pair, asking.shared ? ANY : ACCOUNTS)
    if (all) return this.#try(asking, { most: TRIES, tries: TRIES, wrong: 0, pair, password, own, all })
    own.leave()
    return undefined
  }

  async #admitInTime(asking: Asking): Promise<Try> {
    const { network, pair } = namesFor(asking.account, asking.network)
    const password = () => this.#nameOf(pair, asking.password)
    if (asking.shared) await this.#slowDown(asking, pair)
    let room: Room | undefined
    const own = await this.#begun(this.#tried, pair, password, asking, async () => {
      room = await this.#room(asking, pair, password())
      return room.most
    })
    try {
      const all = await this.#begun(
        this.#failing,
        network,
        () => pair,
        asking,
        (underWay) => this.#roomOfNetwork(asking, pair, underWay),
      )
      return this.#try(asking, { ...room!, pair, password, own, all })
    } catch (error) {
      own.leave()
      throw error
    }
  }

  async #begun(
    flights: Flights,
    group: string,
    member: Member,
    asking: Asking,
    room: (underWay: number) => Promise<number>,
  ) {
    const flight = await flights.begin(group, member, asking, room)
    if (!flight) throw new Busy('so many passwords are being tried by this network', BUSY_MS)
    return flight
  }

  /** Where nobody is turned away, tries wait. */
  async #slowDown({ leaving }: Asking, pair: string): Promise<void> {
    const wait = await this.#tally.waits.get(pair)
    const ms = Math.min(wait?.msBeforeNext ?? 0, LONGEST_DELAY_MS)
    if (ms > 0) await delay(ms, undefined, { signal: leaving.signal })
  }

  /** How many different passwords may be under way now. @throws Throttled when none */
  async #room({ account, shared }: Asking, pair: string, password: string): Promise<Room> {
    const [{ count: wrong }, wait, networks, left] = await Promise.all([
      this.#tally.passwords.of(pair),
      this.#tally.waits.get(pair),
      this.#tally.networks.of(part(folded(account))),
      this.#tally.lockouts?.left(pair) ?? NEVER_LOCKED,
    ])
    if (shared) return { most: ANY, tries: TRIES, wrong }
    if (wait) throw new Throttled('account', wait.msBeforeNext)
    if (left.count === 0) throw new Throttled('account', left.ms)
    const attacked = networks.count >= ATTACKING_NETWORKS && !(await this.#known.has(pair))
    const tries = attacked ? TRIES_UNDER_ATTACK : TRIES
    // One that is known to be wrong is no try.
    const again = wrong > 0 && (await this.#tally.passwords.has(password))
    return { most: Math.min(left.count, again ? ANY : Math.max(1, tries - wrong)), tries, wrong }
  }

  /** How many accounts of a network may be under way now. @throws Throttled when none */
  async #roomOfNetwork({ network, shared }: Asking, pair: string, underWay: number): Promise<number> {
    if (shared) return ANY
    const { count, ms } = await this.#tally.accounts.of(part(network))
    const room = ACCOUNTS - count
    if (room > underWay) return room
    // Who has logged in from there needs none.
    if (await this.#known.has(pair)) return ANY
    if (room > 0) return room
    throw new Throttled('network', ms)
  }

  #try(asking: Asking, begun: Begun): Try {
    const { pair, own, all } = begun
    const { account, password } = asking
    // The account as it is written: to some authenticators that is another one.
    const question = (of: () => string) => `${secretName(password)} ${account.length} ${account}${of()}`
    return {
      refusedBy: (of) => {
        const by = this.#refused.by(() => question(of))
        if (by !== undefined) this.#repeated += 1
        return by
      },
      reject: (by, of) => this.#refused.add(question(of), by, folded(account)),
      failed: (asked) => this.#count(asking, begun, asked),
      succeeded: () => {
        this.#known.note(pair)
        return begun.wrong > 0 || own.failures > 0 ? this.#forget(asking, pair) : undefined
      },
      leave: () => {
        own.leave()
        all.leave()
      },
    }
  }

  async #count(
    { account, network, shared }: Asking,
    { pair, password, own, all, tries }: Begun,
    asked: boolean,
  ): Promise<void> {
    if (asked && !shared && this.#tally.lockouts) {
      await this.#tally.lockouts.add(pair)
      own.fail()
    }
    const wrong = await this.#tally.passwords.add(pair, password())
    if (wrong === undefined) return
    if (wrong >= tries) {
      await this.#tally.waits.block(pair, Math.min(LONGEST_WAIT_SECONDS, 2 ** (wrong - tries)))
      if (!shared) this.#found('account_waits', { account, network, wrong }, WAITS)
    }
    // At last: who has read the counters before reads them again.
    own.fail()
    if (shared || (await this.#known.has(pair))) return
    const accounts = await this.#tally.accounts.add(part(network), pair)
    all.fail()
    if (accounts === ACCOUNTS) this.#found('network_waits', { network, accounts }, SPRAYS)
    const networks = await this.#tally.networks.add(part(folded(account)), pair)
    if (networks === ATTACKING_NETWORKS) this.#found('account_attacked', { account, networks }, ATTACKED)
  }

  #found(finding: keyof GuardCounts['findings'], facts: object, message: string): void {
    this.#findings[finding] += 1
    this.#notices.say(finding, facts, message)
  }

  /** A success clears what the network had done wrong for this account. */
  async #forget({ account, network }: Asking, pair: string): Promise<void> {
    await Promise.all([
      this.#tally.waits.delete(pair),
      this.#tally.lockouts?.reset(pair),
      this.#tally.passwords.reset(pair),
      this.#tally.accounts.remove(part(network), pair),
      this.#tally.networks.remove(part(folded(account)), pair),
    ])
  }

  /**
   * Tells the passwords of a pair apart. What other nodes share may be read where it is kept: it has few values, so that whoever
   * has it, and the key, can rule out guesses at a wrong password, but finds none.
   */
  #nameOf(pair: string, password: Secret): string {
    const key = this.#counters.key?.()
    return `${pair}:${key ? sharedTag(key, [pair, password.reveal()]) : secretName(password)}`
  }
}

function sharedTag(key: Buffer, named: readonly string[]): number {
  return createHmac('sha256', key).update(JSON.stringify(named)).digest().readUInt16BE() % TAGS
}

const WAITS = 'too many different wrong passwords: this network has to wait for this account'
const SPRAYS =
  'too many accounts failed from this network: it has to wait, but for accounts that have logged in from there'
const ATTACKED =
  'many networks fail for this account: a network that it has not logged in from has one try in place of five'

interface Room {
  /** Different passwords that may be under way. */
  readonly most: number
  /** How many may be wrong before the pair waits. */
  readonly tries: number
  /** How many have been. */
  readonly wrong: number
}

interface Begun extends Room {
  readonly pair: string
  /** Names the password. */
  readonly password: Member
  /** Among the passwords of the pair. */
  readonly own: Flight
  /** Among the accounts of the network. */
  readonly all: Flight
}
