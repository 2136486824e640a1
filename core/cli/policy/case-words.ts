// A case and what came of it, in sentences.
import type { Labels } from '../../plugin.ts'
import type { PolicyAnswer, PolicyRequest } from '../../policy/request.ts'
import type { CaseResult } from '../../policy/run-cases.ts'
import type { RuleId } from '../../policy/tally.ts'
import { scopeText } from '../../request/scope.ts'

/** @example requestWords(request) // 'account alice with label team [red], from 10.1.2.3: repository:team/app:push' */
export function requestWords({ account, labels, ip, service, client, at, resource }: PolicyRequest): string {
  const who = account === '' ? 'a client without credentials' : `account ${account}`
  const parts = [
    `${who}${labelWords(labels)}`,
    ip !== undefined && `from ${ip}`,
    service !== undefined && `for service ${service}`,
    client !== undefined && `as client ${client}`,
    at !== undefined && `at ${new Date(at).toISOString()}`,
  ]
  return `${parts.filter(Boolean).join(', ')}: ${scopeText(resource)}`
}

function labelWords(labels: Labels = {}): string {
  const all = Object.entries(labels).map(([name, values]) => `${name} [${values.join(', ')}]`)
  return all.length === 0 ? '' : ` with ${all.length === 1 ? 'label' : 'labels'} ${all.join(', ')}`
}

/** @example answerWords(answer, rules) // '[pull], by acl: rule 3 (Staff) at acl.yml:12' */
export function answerWords(answer: PolicyAnswer, rules: readonly RuleId[]): string {
  const cause = causeWords(answer, rules)
  return answer.kind === 'undecided' ? cause : `${actionWords(answer.actions)}, ${cause}`
}

/** @example causeWords(answer, rules) // 'by acl: rule 3 (Staff) at acl.yml:12' */
export function causeWords(answer: PolicyAnswer, rules: readonly RuleId[]): string {
  if (answer.kind === 'undecided') return `undecided: ${answer.why}`
  const { authorizer, rule, reason } = answer
  if (reason !== undefined) return `there would be no token: ${reason}`
  if (authorizer === undefined) return 'as no rule is about it'
  const places = rules.flatMap(({ at }) => at ?? [])
  const where = places.length > 0 ? ` at ${places.join(', ')}` : ''
  return `by ${[authorizer, rule].filter((part) => part !== undefined && part !== '').join(': ')}${where}`
}

/** @example actionWords([]) // 'denied' */
export function actionWords(actions: readonly string[]): string {
  return actions.length === 0 ? 'denied' : `[${actions.join(', ')}]`
}

/** What is wrong. @example verdictWords(result) // 'expected denied, got [push], by acl: rule 3 at acl.yml:12' */
export function verdictWords({ case: { expect, rule }, answer, rules, otherRule }: CaseResult): string {
  const got = answerWords(answer, rules)
  const wanted = /^\d+$/.test(String(rule)) ? `rule ${rule}` : rule
  if (otherRule) return `expected by ${wanted}, got ${got}`
  return `expected ${actionWords(expect)}, got ${got}`
}
