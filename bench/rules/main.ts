// `npm run bench -- --rules`: what one decision costs among few rules and among many, for each kind of rules.
import { compileRules, type RuleSet } from '../../core/acl/ruleset.ts'
import { median } from '../median.ts'
import { callsInRound, measureRound } from '../steps/measure.ts'
import { ASKED, KINDS, type Kind } from './kinds.ts'

const FEW = 10
const MANY = 10_000
/** Milliseconds. */
const ROUND = 25

/**
 * Measures the kinds one after the other, each among few and many rules in turn, and prints the medians.
 *
 * @param begins only kinds whose names begin with one of these; none: all
 */
export async function benchRules(rounds: number, begins: readonly string[]): Promise<void> {
  const wanted = KINDS.filter(
    ({ name }) => begins.length === 0 || begins.some((begin) => name.startsWith(begin)),
  )
  print('CPU us a decision among', `${FEW} rules`, `${MANY}`, 'times')
  for (const kind of wanted) {
    const [few, many] = (await costsOf([rulesOf(kind, FEW), rulesOf(kind, MANY)], rounds)) as [number, number]
    print(kind.name, few.toFixed(2), many.toFixed(2), (many / few).toFixed(1))
  }
}

async function costsOf(lists: readonly RuleSet[], rounds: number): Promise<number[]> {
  const cases = []
  for (const rules of lists) {
    const call = () => rules.decide(ASKED)
    if (call()?.rule !== `rule ${rules.listed.rules.length}`)
      throw new Error('another rule than the last fits')
    cases.push({ call, calls: await callsInRound(call, ROUND), costs: [] as number[] })
  }
  for (let round = 0; round < rounds; round++)
    for (const { call, calls, costs } of cases) costs.push((await measureRound(call, calls)).cpu)
  return cases.map(({ costs }) => median(costs))
}

function rulesOf({ match, when, substitution = 'literal' }: Kind, count: number): RuleSet {
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    match: match(index),
    ...(when && { when: when(index) }),
    actions: ['pull'],
  }))
  const last = { match: { account: ASKED.account }, actions: ['*'] }
  return compileRules([...others, last], { substitution })
}

function print(name: string, ...figures: readonly string[]): void {
  console.log(name.padEnd(44) + figures.map((figure) => figure.padStart(10)).join(''))
}
