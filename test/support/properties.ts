// How property tests (fast-check) run: few cases and the same ones each time, unless the environment asks for others.
//   PROPERTY_SEED=random  other cases each time; the seed that was drawn is printed, to be given here to have them again
//   PROPERTY_RUNS=20      so many times the cases
import { isMainThread } from 'node:worker_threads'
import fc from 'fast-check'

/** A property's runs where it says nothing, as in fast-check. */
const USUAL = 100
const { PROPERTY_SEED = '20260924', PROPERTY_RUNS = '1' } = process.env
const times = Number(PROPERTY_RUNS)
const seed = PROPERTY_SEED === 'random' ? Date.now() % 2 ** 31 : Number(PROPERTY_SEED)

/**
 * For a property that is to be tried a certain number of times: whoever asks for long tests gets a multiple of it.
 * @param sequence another number for other cases of the same property
 */
export function runs(number: number, sequence = 0): { numRuns: number; seed: number } {
  return { numRuns: Math.ceil(number * times), seed: seed + sequence }
}

/** The time limit of a test with a property, when it has its own. @param milliseconds for the cases as they are written */
export function timeFor(milliseconds: number): number {
  return milliseconds * Math.max(1, times)
}

/** Called once, before all tests. */
export function configureProperties(): void {
  if (!(times > 0)) throw new Error('PROPERTY_RUNS: write a number above 0')
  if (!Number.isInteger(seed)) throw new Error('PROPERTY_SEED: write a whole number, or random')
  // Worker threads load this too.
  if (PROPERTY_SEED === 'random' && isMainThread) console.log(`property tests with PROPERTY_SEED=${seed}`)
  fc.configureGlobal(runs(USUAL))
}
