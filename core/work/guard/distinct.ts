// How many different ones there were lately: passwords of a pair, accounts of a network, networks of an account.
import type { Counter, Counters } from './counters.ts'

/** Counts different members of groups. */
export class Distinct {
  readonly #members: Counter
  readonly #counts: Counter

  /** @param seconds after which a member may count again, and a group begins anew */
  constructor(counters: Counters, kind: string, seconds: number) {
    this.#members = counters.open(`${kind}-member`, seconds)
    this.#counts = counters.open(kind, seconds)
  }

  /** @returns how many the group has now; undefined when this one has been counted before */
  async add(group: string, member: string): Promise<number | undefined> {
    if ((await this.#members.penalty(member)).consumedPoints !== 1) return undefined
    return (await this.#counts.penalty(group)).consumedPoints
  }

  /** Whether it is counted. */
  async has(member: string): Promise<boolean> {
    return (await this.#members.get(member)) !== null
  }

  /** Whether the group is known to have none. */
  isNone(group: string): boolean {
    return this.#counts.isNone?.(group) ?? false
  }

  /** How many the group has, and in how many milliseconds it begins anew. */
  async of(group: string): Promise<{ count: number; ms: number }> {
    const found = await this.#counts.get(group)
    return { count: Math.max(0, found?.consumedPoints ?? 0), ms: Math.max(0, found?.msBeforeNext ?? 0) }
  }

  /** It does not count any more. */
  async remove(group: string, member: string): Promise<void> {
    if ((await this.#members.delete(member)) && (await this.of(group)).count > 0)
      await this.#counts.reward(group)
  }

  /** It may count again, and the group does not lose it. */
  async forget(member: string): Promise<void> {
    await this.#members.delete(member)
  }

  /** The group begins anew; its members do not count again. */
  async reset(group: string): Promise<void> {
    await this.#counts.delete(group)
  }
}
