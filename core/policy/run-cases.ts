// Asks a policy its cases.
import type { TraceStep } from '../request/trace.ts'
import type { PolicyCase } from './cases.ts'
import type { Policy } from './policy.ts'
import type { PolicyAnswer } from './request.ts'
import { type RuleId, type RuleTally, rulesIn } from './tally.ts'

/** What came of a case. */
export interface CaseResult {
  readonly case: PolicyCase
  /** `undecided`: what the answer is, only a network knows. That is no answer that was expected. */
  readonly outcome: 'passed' | 'failed' | 'undecided'
  readonly answer: PolicyAnswer
  /** The rules that took part in the answer. */
  readonly rules: readonly RuleId[]
  /** Whether the answer is right, but not for the rule. */
  readonly otherRule: boolean
  /** What each plugin said, and why; none of what passed. */
  readonly steps: readonly TraceStep[]
}

/**
 * Asks one case after the other.
 *
 * @param tally counts the rules that decide
 */
export async function runCases(
  policy: Policy,
  cases: readonly PolicyCase[],
  tally: RuleTally,
): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const one of cases) {
    const answer = await policy.ask(one.request)
    tally.note(answer)
    const rules = rulesIn(answer, policy)
    const right = answer.kind === 'decided' && isExpected(answer.actions, one.expect)
    const otherRule = right && one.rule !== undefined && !isNamed(one.rule, answer, rules)
    const passed = right && !otherRule
    const steps: TraceStep[] = []
    if (!passed) await policy.ask(one.request, (step) => void steps.push(step))
    const outcome = passed ? 'passed' : answer.kind === 'undecided' ? 'undecided' : 'failed'
    results.push({ case: one, outcome, answer, rules, otherRule, steps })
  }
  return results
}

function isExpected(granted: readonly string[], wanted: readonly string[]): boolean {
  const [one, other] = [new Set(granted), new Set(wanted)]
  return one.size === other.size && [...one].every((action) => other.has(action))
}

/** Whether one of the rules is the one that is meant: by its number, by its name with or without its comment, or by its place. */
function isNamed(wanted: number | string, answer: PolicyAnswer, rules: readonly RuleId[]): boolean {
  const text = /^\d+$/.test(String(wanted)) ? `rule ${wanted}` : String(wanted)
  return (
    (answer.kind === 'decided' && answer.rule === text) ||
    rules.some(
      ({ rule, at }) =>
        rule === text || rule.startsWith(`${text} (`) || at === text || at?.endsWith(`/${text}`) === true,
    )
  )
}
