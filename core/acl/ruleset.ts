// A list of rules, compiled: the first one that matches decides. It knows nothing of the plugin around it.
import type { Candidates, ListedRules } from '../contract/explain.ts'
import { atOnce, inSlices, MOST_STEPS, type Steps, type Work } from '../contract/steps.ts'
import type { Substitution } from './captures.ts'
import { type Around, doubtsOfRule } from './doubts.ts'
import type { Facts } from './facts.ts'
import type { Stars } from './glob.ts'
import { type NearRules, nearRules, type TookPart, whatIsGranted } from './near.ts'
import { type AclProblem, type CompiledRule, compileRule, newRuleContext, type Rule } from './rule.ts'
import { RuleIndex } from './rule-index.ts'
import { listShown } from './unmet.ts'
import { findUnreachable } from './unreachable.ts'
import { type AskedFor, whoCould } from './who.ts'

export interface RulesOptions {
  /** What captures and label values are in a pattern: texts, or parts of the pattern as in docker_auth. */
  readonly substitution: Substitution
  /** What `**` in a glob is: any text, slashes included (`two`, as by default where captures are texts), or the same as `*` (`one`). */
  readonly stars?: Stars
  /** What decides whether rules can mean what they say; for warnings only. */
  readonly around?: Around
}

/** What a rule set answers. */
export interface AclDecision {
  /** The deciding rule, for the audit log, and what other rules denied before: `rule 3 (Staff); push denied by rule 1`. */
  readonly rule: string
  /** The granted actions of those asked for, in the order asked; may be none. */
  readonly actions: readonly string[]
  /** `deny`: rules with this effect leave nothing. */
  readonly effect?: 'deny'
}

/** What a rule set answers, and why. */
export interface AclExplanation extends NearRules {
  readonly decision: AclDecision | undefined
}

/** Rules that can be asked. */
export interface RuleSet {
  /** What can't work or be meant so: dead patterns, doubtful globs, rules that can never be reached. */
  readonly warnings: readonly AclProblem[]
  /** What is no fault, but good to know: where `**` means more than it once did. */
  readonly notes: readonly AclProblem[]
  /**
   * The answer of the first rule that matches; undefined = no rule does. A rule that denies takes its actions away, and the
   * rules below it are asked about the rest. Run it with `inSlices`.
   *
   * @throws Error that names the rule which can't be judged, within bounds or at all
   */
  judge(facts: Facts): Steps<AclDecision | undefined>
  /**
   * The same answer, and which rules made it, or nearly matched: for a person who wants to know why. Dearer, as it asks every rule.
   *
   * @throws Error as `judge` does
   */
  explain(facts: Facts): Steps<AclExplanation>
  /** As they were given. */
  readonly listed: ListedRules
  /** Turned round: whom to try about this. */
  who(facts: AskedFor): Steps<Candidates>
  /** The same in one piece, with the steps that a request has by default. */
  decide(facts: Facts): AclDecision | undefined
}

/** Rules that can't be compiled. */
export class UnusableRules extends Error {
  /** The errors, in the rules' order. */
  readonly problems: readonly AclProblem[]

  constructor(problems: readonly AclProblem[]) {
    super(
      problems
        .map(
          ({ path: [index, ...keys], message }) => `rule ${Number(index) + 1}: ${keys.join('.')}: ${message}`,
        )
        .join('\n'),
    )
    this.problems = problems
  }
}

/**
 * What is wrong with the rules.
 *
 * @returns errors, warnings and notes, in the rules' order
 */
export function checkRules(rules: readonly Rule[], options: RulesOptions): AclProblem[] {
  return atOnce(checkSteps(rules, options))
}

/** The same while a server runs: others have their turns in between. @param work usually `host.work` */
export function checkRulesInSlices(
  rules: readonly Rule[],
  options: RulesOptions,
  work: Work,
): Promise<AclProblem[]> {
  return inSlices(checkSteps(rules, options), work)
}

function* checkSteps(rules: readonly Rule[], options: RulesOptions): Steps<AclProblem[]> {
  return (yield* compileAll(rules, options)).problems
}

/**
 * Compiles rules.
 *
 * @throws UnusableRules; `checkRules` tells warnings, too
 * @example
 * const rules = compileRules([{ match: { account: 'ann', name: 'ann/*' }, actions: ['*'] }], { substitution: 'literal' })
 * rules.decide({ account: 'ann', type: 'repository', name: 'ann/app', service: '', ip: undefined, labels: {}, actions: ['pull'] })
 * // { rule: 'rule 1', actions: ['pull'] }
 */
export function compileRules(rules: readonly Rule[], options: RulesOptions): RuleSet {
  return atOnce(compileSteps(rules, options))
}

/** The same while a server runs: others have their turns in between. @param work usually `host.work` */
export function compileRulesInSlices(
  rules: readonly Rule[],
  options: RulesOptions,
  work: Work,
): Promise<RuleSet> {
  return inSlices(compileSteps(rules, options), work)
}

function* compileSteps(rules: readonly Rule[], options: RulesOptions): Steps<RuleSet> {
  const { compiled, problems } = yield* compileAll(rules, options)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw new UnusableRules(errors)
  }
  const index = yield* RuleIndex.of(compiled)
  const notes = problems.filter(({ severity }) => severity === 'note')
  const doubts = problems.filter(({ severity }) => severity === 'warning')
  const warnings = [...doubts, ...(yield* findUnreachable(compiled))]
  const judge = (facts: Facts) => decide(index, facts)
  const explain = (facts: Facts) => explainSteps(compiled, index, facts)
  const who = (facts: AskedFor) => whoCould(compiled, facts)
  const { substitution, stars = starsOf(substitution) } = options
  const listed = { rules, substitution, stars }
  return { warnings, notes, judge, explain, who, listed, decide: (facts) => atOnce(judge(facts), MOST_STEPS) }
}

function* explainSteps(
  rules: readonly CompiledRule[],
  index: RuleIndex,
  facts: Facts,
): Steps<AclExplanation> {
  const part: TookPart[] = []
  const decision = yield* decide(index, facts, (one) => void part.push(one))
  return { decision, ...(yield* nearRules(rules, facts, part)) }
}

/** Learns which rules made an answer. */
type Noted = (one: TookPart) => void

function* decide(index: RuleIndex, facts: Facts, noted?: Noted): Steps<AclDecision | undefined> {
  const first = yield* index.find(facts, always)
  if (first?.effect.kind !== 'deny') {
    return first && granted(first, first.effect.grant(facts.actions), facts.actions, noted)
  }
  return yield* decideWithDenials(index, facts, noted)
}

function always(): boolean {
  return true
}

function granted(
  rule: CompiledRule,
  actions: readonly string[],
  asked: readonly string[],
  noted: Noted | undefined,
  name = rule.name,
): AclDecision {
  noted?.({ rule, why: whatIsGranted(asked, actions, rule.source.actions), last: true })
  return { rule: name, actions }
}

function* decideWithDenials(index: RuleIndex, facts: Facts, noted?: Noted): Steps<AclDecision | undefined> {
  let asked = facts.actions
  const denials: string[] = []
  const rule = yield* index.find(facts, (rule) => {
    const { name, effect } = rule
    if (effect.kind === 'grant') return true
    // An earlier denial may have taken what this one is about.
    if (!effect.concerns(asked)) return false
    const rest = effect.rest(asked)
    const left = new Set(rest)
    const denied = asked.filter((action) => !left.has(action))
    const why = denied.length === 0 ? 'denies whatever is asked' : `denies ${listShown(denied)}`
    noted?.({ rule, why, last: rest.length === 0 })
    denials.push(
      rest.length === 0 && denials.length === 0
        ? `denied by ${name}`
        : `${denied.join(', ')} denied by ${name}`,
    )
    asked = rest
    return rest.length === 0
  })
  if (rule?.effect.kind === 'grant') {
    const name = [rule.name, ...denials].join('; ')
    return granted(rule, rule.effect.grant(asked), asked, noted, name)
  }
  if (denials.length === 0) return undefined
  // What no rule decides on goes to the next authorizer, but not once a part of it is denied: that one would be asked again.
  const rest = rule ? [] : ['no rule matches the rest']
  return { rule: [...denials, ...rest].join('; '), actions: [], effect: 'deny' }
}

function* compileAll(
  rules: readonly Rule[],
  { substitution, stars = starsOf(substitution), around = {} }: RulesOptions,
): Steps<{ compiled: CompiledRule[]; problems: AclProblem[] }> {
  const problems: AclProblem[] = []
  const context = newRuleContext(substitution, stars)
  const compiled: CompiledRule[] = []
  for (const [index, rule] of rules.entries()) {
    yield COMPILE_STEPS
    const own: AclProblem[] = []
    compiled.push(compileRule(rule, index, context, own))
    const told = new Set(own.flatMap(({ path, severity }) => (severity === 'note' ? [] : [path.join()])))
    for (const { path, message } of doubtsOfRule(rule, stars, around)) {
      // Of a pattern that means something else than it seems to, nothing more is known.
      const whole = [index, ...path]
      if (!told.has(whole.join())) own.push({ path: whole, message, severity: 'warning' })
    }
    problems.push(...own)
  }
  return { compiled, problems }
}

function starsOf(substitution: Substitution): Stars {
  return substitution === 'literal' ? 'two' : 'one'
}

/** What it costs to compile a rule, or to find its place among the others. */
const COMPILE_STEPS = 50
