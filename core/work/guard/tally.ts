// What the guard has counted: it decides by this, and operators look at it and clear it.
import type { Counter, Counters } from './counters.ts'
import { Distinct } from './distinct.ts'
import { type Lockout, Lockouts } from './lockouts.ts'
import { folded, namesOf, part } from './names.ts'

/** Different wrong passwords of a network for an account before it waits. */
export const TRIES = 5
/** Failing networks from which on an account is attacked. */
export const ATTACKING_NETWORKS = 20
/** Different accounts of a network that failed and have no success from there, before it waits. */
export const ACCOUNTS = 50
const ACCOUNTS_SECONDS = 600
/** How long wrong passwords and failing networks are remembered, in seconds. */
const MEMORY_SECONDS = 3_600
export const LONGEST_WAIT_SECONDS = 60

const PASSWORDS = 'passwords'
const FAILED_ACCOUNTS = 'accounts'
const FAILED_NETWORKS = 'networks'
const WAITS = 'waits'
/** Keys that are looked at together. */
const BATCH = 100

/** What is meant; all that is given must fit, nothing given = all. */
export interface TallyFilter {
  readonly account?: string | undefined
  /** As `networkOf` names it. */
  readonly network?: string | undefined
}

/** What was counted, the most first. Times are in whole seconds. */
export interface Tallied {
  /** Networks that gave wrong passwords for an account. `waits`: so long nothing is tried from there for it. */
  readonly pairs: readonly { account: string; network: string; wrong: number; waits: number }[]
  /** Networks from which accounts failed. `waits`: so long nothing is tried for those that have never logged in from there. */
  readonly networks: readonly { network: string; accounts: number; waits: number }[]
  /** Accounts for which networks failed. `attacked`: a new network has one try. */
  readonly accounts: readonly { account: string; networks: number; attacked: boolean }[]
}

/** The counters of a guard. */
export class Tally {
  /** Different wrong passwords of a pair. */
  readonly passwords: Distinct
  /** Accounts of a network that failed. */
  readonly accounts: Distinct
  /** Networks of an account that failed. */
  readonly networks: Distinct
  /** Until when a pair waits. */
  readonly waits: Counter
  /** Undefined where no backend locks accounts. */
  readonly lockouts: Lockouts | undefined
  readonly #counters: Counters

  constructor(counters: Counters, lockout?: Lockout) {
    this.#counters = counters
    this.passwords = new Distinct(counters, PASSWORDS, MEMORY_SECONDS)
    this.accounts = new Distinct(counters, FAILED_ACCOUNTS, ACCOUNTS_SECONDS)
    this.networks = new Distinct(counters, FAILED_NETWORKS, MEMORY_SECONDS)
    this.waits = counters.open(WAITS, LONGEST_WAIT_SECONDS)
    this.lockouts = lockout && new Lockouts(counters, lockout)
  }

  /** Whether nothing is counted that could keep a pair from a try, as with nearly everybody; false also when that is not known at once. */
  isClear(pair: string, account: string, network: string): boolean {
    return (
      this.lockouts === undefined &&
      this.passwords.isNone(pair) &&
      this.accounts.isNone(network) &&
      this.networks.isNone(account) &&
      (this.waits.isNone?.(pair) ?? false)
    )
  }

  async list(filter: TallyFilter): Promise<Tallied> {
    const fits = fitting(filter)
    const pairs = await this.#each(PASSWORDS, fits, async (key) => {
      const [{ count: wrong }, wait, left] = await Promise.all([
        this.passwords.of(key),
        this.waits.get(key),
        this.lockouts?.left(key),
      ])
      const locked = left?.count === 0 ? left.ms : 0
      return { ...namesOf(key), wrong, waits: seconds(Math.max(wait?.msBeforeNext ?? 0, locked)) }
    })
    const ofNetwork = (key: string) => fits(`:${key}`) && filter.account === undefined
    const networks = await this.#each(FAILED_ACCOUNTS, ofNetwork, async (key) => {
      const { count: accounts, ms } = await this.accounts.of(key)
      return { network: decodeURIComponent(key), accounts, waits: accounts >= ACCOUNTS ? seconds(ms) : 0 }
    })
    const ofAccount = (key: string) => fits(`${key}:`) && filter.network === undefined
    const accounts = await this.#each(FAILED_NETWORKS, ofAccount, async (key) => {
      const { count } = await this.networks.of(key)
      return { account: decodeURIComponent(key), networks: count, attacked: count >= ATTACKING_NETWORKS }
    })
    return {
      pairs: pairs.filter(({ wrong }) => wrong > 0).sort((one, other) => other.wrong - one.wrong),
      networks: networks
        .filter((one) => one.accounts > 0)
        .sort((one, other) => other.accounts - one.accounts),
      accounts: accounts
        .filter((one) => one.networks > 0)
        .sort((one, other) => other.networks - one.networks),
    }
  }

  /** Forgets what fits. @returns of how many pairs of account and network there was something */
  async clear(filter: TallyFilter): Promise<number> {
    const fits = fitting(filter)
    const pairs = await this.#each(PASSWORDS, fits, async (key) => {
      await Promise.all([this.passwords.reset(key), this.waits.delete(key), this.lockouts?.reset(key)])
      return key
    })
    await this.#each(`${PASSWORDS}-member`, fits, (key) => this.passwords.forget(key))
    const accounts = await this.#each(`${FAILED_ACCOUNTS}-member`, fits, async (key) => {
      await this.accounts.remove(part(namesOf(key).network), key)
      return key
    })
    const networks = await this.#each(`${FAILED_NETWORKS}-member`, fits, async (key) => {
      await this.networks.remove(part(namesOf(key).account), key)
      return key
    })
    return new Set([...pairs, ...accounts, ...networks]).size
  }

  async #each<T>(
    kind: string,
    fits: (key: string) => boolean,
    step: (key: string) => Promise<T>,
  ): Promise<T[]> {
    const keys = (await this.#counters.keys(kind)).filter(fits)
    const found: T[] = []
    for (let from = 0; from < keys.length; from += BATCH)
      found.push(...(await Promise.all(keys.slice(from, from + BATCH).map(step))))
    return found
  }
}

function fitting({ account, network }: TallyFilter): (key: string) => boolean {
  if (account === undefined && network === undefined) return () => true
  const name = account === undefined ? undefined : folded(account)
  return (key) => {
    const names = namesOf(key)
    return (name ?? names.account) === names.account && (network ?? names.network) === names.network
  }
}

function seconds(ms: number): number {
  return Math.ceil(Math.max(0, ms) / 1_000)
}
