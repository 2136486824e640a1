// Is the machine ours? What others compute meanwhile makes every figure worse, and not by the same share.
import { setTimeout as delay } from 'node:timers/promises'
import { cpuOf, machineCpu } from './process.ts'

/** More of one core than this is noise that shows. */
const MOST = 0.1

/** Looks at what other processes compute. */
export class OthersWatch {
  readonly #at = performance.now()
  readonly #machine = machineCpu()
  readonly #own = cpuOf(process.pid)

  /** How much of one core others have used since. */
  share(): number {
    const others = machineCpu() - this.#machine - (cpuOf(process.pid) - this.#own)
    return Math.max(0, others / 1_000 / (performance.now() - this.#at))
  }
}

/** @param milliseconds to look */
export async function shareOfOthers(milliseconds: number): Promise<number> {
  const watch = new OthersWatch()
  await delay(milliseconds)
  return watch.share()
}

/** @returns a sentence for a machine that does something else as well; undefined for a quiet one */
export function noise(before: number, during: number): string | undefined {
  if (Math.max(before, during) <= MOST) return undefined
  const [first, then] = [before, during].map((share) => `${Math.round(share * 100)} %`)
  return `not quiet: other processes used ${first} of a core before, and ${then} during the measurement`
}
