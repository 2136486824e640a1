// Why rules decide as they do: those that took part, and those that were near, each with the first condition that does not hold.
import { type Steps, TooMuchWork } from '../contract/steps.ts'
import { type Condition, stepsOf } from './condition.ts'
import type { Facts } from './facts.ts'
import type { CompiledRule } from './rule.ts'
import { listShown } from './unmet.ts'

/** What a rule was to the answer. */
export interface RuleVerdict {
  /** As the audit log calls it. */
  readonly rule: string
  /** Where it stands: `acl.yml:12`. */
  readonly at?: string
  /** `late`: it matches, but an earlier one has decided. */
  readonly verdict: 'yes' | 'no' | 'late'
  readonly why: string
}

/** Rules near to a question. */
export interface NearRules {
  /** In the rules' order. */
  readonly rules: readonly RuleVerdict[]
  /** How many others there are that are further off, or too many. */
  readonly leftOut: number
}

/** A rule that took part in the answer, and what it did. */
export interface TookPart {
  readonly rule: CompiledRule
  readonly why: string
  /** Whether the answer was complete with it. */
  readonly last: boolean
}

/** So few rules are all shown. */
const FEW_RULES = 10
const MOST_NO = 20
const MOST_LATE = 5

/** A rule that does not match. */
interface Missed {
  readonly place: number
  readonly verdict: RuleVerdict
  /** Whether but one condition keeps it from matching. */
  readonly near: boolean
}

/**
 * Finds the rules near to a question.
 *
 * @param rules all of the list
 * @param part those that took part in the answer
 */
export function* nearRules(
  rules: readonly CompiledRule[],
  facts: Facts,
  part: readonly TookPart[],
): Steps<NearRules> {
  const whys = new Map(part.map(({ rule, why }) => [rule, why]))
  const found: { place: number; verdict: RuleVerdict }[] = []
  const missed: Missed[] = []
  const late: { place: number; verdict: RuleVerdict }[] = []
  const decided = part.find(({ last }) => last)?.rule
  const last = decided ? rules.indexOf(decided) : rules.length
  try {
    for (const [place, rule] of rules.entries()) {
      const told = (verdict: RuleVerdict['verdict'], why: string) => {
        const { at } = rule.source
        return { place, verdict: { rule: rule.name, ...(at !== undefined && { at }), verdict, why } }
      }
      const why = whys.get(rule)
      if (why !== undefined) {
        found.push(told('yes', why))
        continue
      }
      const { failed, first } = yield* failures(rule, facts)
      if (failed === 0) {
        if (place > last) late.push(told('late', `it would match, but ${decided!.name} stands before it`))
        else found.push(told('no', 'the actions that it is about have been decided before'))
      } else if (place < last) {
        missed.push({ ...told('no', first), near: failed === 1 })
      }
    }
  } catch (error) {
    // What is left to say is not worth the answer.
    if (!(error instanceof TooMuchWork)) throw error
  }
  const worth = missed.length <= FEW_RULES ? missed : missed.filter(({ near }) => near)
  const shown = [...found, ...worth.slice(0, MOST_NO), ...late.slice(0, MOST_LATE)]
  return {
    rules: shown.sort((a, b) => a.place - b.place).map(({ verdict }) => verdict),
    leftOut:
      Math.min(last, rules.length) -
      found.filter(({ place }) => place < last).length -
      Math.min(worth.length, MOST_NO),
  }
}

/** How many conditions do not hold, as far as two, and the first of them. */
function* failures(rule: CompiledRule, facts: Facts): Steps<{ failed: number; first: string }> {
  let [failed, first] = [0, '']
  if (Object.values(rule.patterns).some(({ never }) => never))
    return { failed: 2, first: 'one of its patterns can never match' }
  for (const condition of rule.conditions) {
    const reason = yield* reasonAgainst(condition, facts)
    if (reason === undefined) continue
    failed += 1
    if (failed === 2) break
    first = reason
  }
  return { failed, first }
}

/** @returns undefined when the condition holds */
function* reasonAgainst(condition: Condition, facts: Facts): Steps<string | undefined> {
  yield stepsOf(condition)
  try {
    const held = condition.holds(facts)
    if (typeof held === 'boolean' ? held : yield* held) return undefined
    return condition.whyNot(facts)
  } catch (error) {
    if (error instanceof TooMuchWork) throw error
    return `it can't be judged: ${(error as Error).message}`
  }
}

/** @example whatIsGranted(['pull', 'push'], ['pull'], ['pull']) // 'grants [pull]; [push] was asked for too, and it grants only [pull]' */
export function whatIsGranted(
  asked: readonly string[],
  granted: readonly string[],
  actions: readonly string[],
): string {
  const left = asked.filter((action) => !granted.includes(action))
  if (left.length === 0) return `grants ${listShown(granted)}`
  const most =
    actions.length === 0 ? 'grants nothing (its actions are [])' : `grants no more than ${listShown(actions)}`
  return granted.length === 0
    ? `${most}, and ${listShown(asked)} was asked for`
    : `grants ${listShown(granted)}; ${listShown(left)} was asked for too, but it ${most}`
}
