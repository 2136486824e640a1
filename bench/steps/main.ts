// `npm run bench -- --steps`: what each step of a request costs, in this process and without a network.
import { median } from '../median.ts'
import { STEPS } from './index.ts'
import { openLab } from './lab.ts'
import { callsInRound, measureRound, type StepCost } from './measure.ts'

/** Milliseconds. */
const ROUND = 150

/**
 * Measures the steps in turn, round by round, and prints the median of each.
 *
 * @param rounds how many
 * @param begins only steps whose names begin with one of these; none: all
 */
export async function benchSteps(rounds: number, begins: readonly string[]): Promise<void> {
  const wanted = STEPS.filter(
    ({ name }) => begins.length === 0 || begins.some((begin) => name.startsWith(begin)),
  )
  const lab = await openLab()
  try {
    const cases = []
    for (const { name, times = 1, prepare } of wanted) {
      const call = await prepare(lab)
      cases.push({ name, times, call, calls: await callsInRound(call, ROUND), costs: [] as StepCost[] })
    }
    for (let round = 0; round < rounds; round++)
      for (const { call, calls, costs } of cases) costs.push(await measureRound(call, calls))
    console.log(`${'step'.padEnd(34)}   CPU us    bytes`)
    for (const { name, times, costs } of cases) {
      const cpu = median(costs.map((cost) => cost.cpu / times)).toFixed(1)
      const bytes = median(costs.map((cost) => cost.bytes / times)).toFixed(0)
      console.log(`${name.padEnd(34)} ${cpu.padStart(8)} ${bytes.padStart(8)}`)
    }
  } finally {
    await lab.close()
  }
}
