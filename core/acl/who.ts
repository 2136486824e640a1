// Turns rules round: who could be granted something? For each rule an account and labels with which it matches, as far as those
// can be made up. Whether it then decides too, is found out by asking about them.
import type { Candidate, Candidates } from '../contract/explain.ts'
import type { Labels } from '../contract/labels.ts'
import { type Steps, TooMuchWork } from '../contract/steps.ts'
import { type Condition, stepsOf } from './condition.ts'
import type { Facts } from './facts.ts'
import type { CompiledRule } from './rule.ts'
import { textShown } from './unmet.ts'

/** Stands for any account, and any value of a label, that no rule names. */
const SOMEBODY = 'somebody'
const CAPTURE = /\$\{[^}:]+:\d+\}/
const LABEL = /\$\{labels:([^}]*)\}/g

/** What is asked for from where. */
export type AskedFor = Omit<Facts, 'account' | 'labels' | 'claims'>

/** @returns whom to try, and in sentences what can't be turned round */
export function* whoCould(rules: readonly CompiledRule[], facts: AskedFor): Steps<Candidates> {
  const tries: Candidate[] = []
  const open: string[] = []
  for (const rule of rules) {
    if (rule.effect.kind !== 'grant') continue
    if (facts.actions.length > 0 && rule.effect.grant(facts.actions).length === 0) continue
    const found = yield* candidateOf(rule, facts)
    if (typeof found === 'string') open.push(`${placeOf(rule)} ${found}`)
    else if (found) tries.push(found)
  }
  return { tries, open }
}

function placeOf({ name, source: { at } }: CompiledRule): string {
  return at === undefined ? name : `${name} at ${at}`
}

/** @returns what it wants besides, when nobody can be made up for it; undefined when it is about something else */
function* candidateOf(rule: CompiledRule, facts: AskedFor): Steps<Candidate | string | undefined> {
  const { account, name } = rule.patterns
  const parts = partsOf(facts.name)
  const accounts = account?.exact === undefined ? [SOMEBODY, ...parts] : [account.exact]
  let fewest: readonly Condition[] | undefined
  for (const labels of labelsToTry(rule, parts)) {
    for (const tried of accounts) {
      const unmet = yield* unmetBy(rule, { ...facts, account: tried, labels })
      if (unmet.length === 0) return madeUp(rule, tried, labels)
      if (!fewest || unmet.length < fewest.length) fewest = unmet
    }
  }
  const kinds = new Set(fewest!.map(({ of }) => of))
  const named = kinds.has('name') && !CAPTURE.test(rule.source.match?.name ?? '')
  if (kinds.has('type') || named || name?.never) return undefined
  return `also wants ${fewest!.map(({ wants }) => wants).join(', and ')}`
}

function madeUp(rule: CompiledRule, account: string, labels: Labels): Candidate {
  const { name, source } = rule
  const any = account === SOMEBODY || Object.values(labels).some((values) => values.includes(SOMEBODY))
  const at = source.at === undefined ? {} : { at: source.at }
  return { rule: name, ...at, who: wordsFor(rule, account, labels), account, labels, any }
}

/** What an account or a label could be called for the rule to be about this name: its parts, and its beginnings. */
function partsOf(name: string): string[] {
  const parts = name.split('/')
  const beginnings = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  return [...new Set([...parts, ...beginnings])].filter((part) => part !== '')
}

/** The labels that the rule names; where a pattern holds one, its values one after the other. */
function labelsToTry(rule: CompiledRule, parts: readonly string[]): Labels[] {
  const named = new Map<string, readonly string[]>()
  for (const [label, { exact }] of rule.labels)
    named.set(label, exact === undefined ? [SOMEBODY, ...parts] : [exact])
  const { labels: _, ip: __, ...texts } = rule.source.match ?? {}
  const inPatterns = new Set(
    Object.values(texts).flatMap((text) => Array.from(text.matchAll(LABEL), ([, label]) => label!)),
  )
  const fixed = Object.fromEntries(named)
  if (inPatterns.size === 0) return [fixed]
  const with_ = (values: readonly string[]) =>
    Object.fromEntries([...inPatterns].map((label) => [label, [...values, ...(named.get(label) ?? [])]]))
  return [...parts.map((part) => [part]), parts].map((values) => ({ ...fixed, ...with_(values) }))
}

function* unmetBy(rule: CompiledRule, facts: Facts): Steps<readonly Condition[]> {
  const unmet: Condition[] = []
  for (const condition of rule.conditions) {
    yield stepsOf(condition)
    if (!(yield* isMet(condition, facts))) unmet.push(condition)
  }
  return unmet
}

/** What can't be judged is not met. */
function* isMet(condition: Condition, facts: Facts): Steps<boolean> {
  try {
    const held = condition.holds(facts)
    return typeof held === 'boolean' ? held : yield* held
  } catch (error) {
    if (error instanceof TooMuchWork) throw error
    return false
  }
}

/** @example wordsFor(rule, 'somebody', { team: ['ops'] }) // 'any account that matches /.+/, with label team = ops' */
function wordsFor(
  { source: { match = {} }, patterns }: CompiledRule,
  account: string,
  labels: Labels,
): string {
  const own = match.account
  const who =
    patterns.account?.exact !== undefined || account !== SOMEBODY
      ? account === ''
        ? 'clients without credentials'
        : `account ${textShown(account)}`
      : own === undefined
        ? 'any account'
        : `any account that matches ${textShown(own)}`
  const held = Object.entries(labels).map(([name, values]) => {
    const pattern = match.labels?.[name]
    return values.includes(SOMEBODY)
      ? `label ${textShown(name)} that matches ${textShown(pattern!)}`
      : `label ${textShown(name)} = ${values.map(textShown).join(' or ')}`
  })
  return held.length === 0 ? who : `${who}, with ${held.join(', ')}`
}
