// What all workers have measured. What one that has ended had counted stays in the sums: counters never go back but at a restart of all.
import { addedUp, type MetricsJson } from '../../metrics/added-up.ts'
import type { Member } from './member.ts'

/** Gathers what is measured elsewhere. */
export class Gathered {
  /** Of each worker that was asked, as far as it is known. */
  readonly #last = new Map<Member, MetricsJson>()
  #departed: MetricsJson = []
  /** Those that have ended are added one after the other. */
  #leaving: Promise<void> = Promise.resolve()

  /** @param read asks all that can be asked */
  async read(
    read: () => Promise<readonly { readonly member: Member; readonly answer?: MetricsJson }[]>,
  ): Promise<readonly MetricsJson[]> {
    for (const { member, answer } of await read()) if (answer) this.#last.set(member, answer)
    return [this.#departed, ...this.#last.values()]
  }

  /** A worker has ended. What it has counted since it was asked is lost. */
  leave(member: Member): void {
    this.#leaving = this.#leaving.then(async () => {
      const counted = this.#last.get(member)?.filter(({ type }) => COUNTED.has(String(type))) ?? []
      // Either it is among those that have ended, or still among those that can be asked.
      const departed = await addedUp([this.#departed, counted])
      this.#departed = departed
      this.#last.delete(member)
    })
  }
}

const COUNTED: ReadonlySet<string> = new Set(['counter', 'histogram'])
