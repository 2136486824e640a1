// The way from a request to rules and back: for every authorizer that decides by rules, wherever they come from.
import type { Candidates, Explained } from '../contract/explain.ts'
import type { Clock } from '../contract/log.ts'
import { attempt, type MaybePromise, whenThere } from '../contract/maybe-promise.ts'
import { type AuthzOutcome, deny, grant, pass } from '../contract/outcomes.ts'
import type { RequestScope, ResourceRequest } from '../contract/request.ts'
import { CLAIMS } from '../contract/request-values.ts'
import { inSlices, inSlicesIfLong } from '../contract/steps.ts'
import type { Facts } from './facts.ts'
import type { RuleVerdict } from './near.ts'
import type { AclDecision, RuleSet } from './ruleset.ts'

/**
 * An authorizer's answer by rules: pass when none matches.
 *
 * @returns rejects when a rule can't be judged
 * @example authorize: (resource, request) => decideByRules(rules, resource, request, host.clock)
 */
export function decideByRules(
  rules: RuleSet,
  resource: ResourceRequest,
  request: RequestScope,
  clock: Clock,
): MaybePromise<AuthzOutcome> {
  const judge = () => inSlicesIfLong(rules.judge(factsOf(resource, request, clock)), request.work)
  return whenThere(attempt(judge), outcomeOf)
}

/**
 * The same answer, and why: which rules made it, and those that were near, each with the first condition that does not hold.
 *
 * @throws Error when a rule can't be judged
 * @example explain: (resource, request) => explainByRules(rules, resource, request, host.clock)
 */
export async function explainByRules(
  rules: RuleSet,
  resource: ResourceRequest,
  request: RequestScope,
  clock: Clock,
): Promise<Explained<AuthzOutcome>> {
  const facts = factsOf(resource, request, clock)
  const { decision, rules: near, leftOut } = await inSlices(rules.explain(facts), request.work)
  const why = near.map(sentenceOf)
  if (leftOut > 0) why.push(`${leftOut} other ${leftOut === 1 ? 'rule is' : 'rules are'} further off`)
  if (!decision) why.push(near.length + leftOut === 0 ? 'there are no rules' : 'no rule matches')
  return {
    outcome: outcomeOf(decision),
    why,
    facts: { rules: near.map((rule) => ({ ...rule })), left_out: leftOut },
  }
}

/**
 * Whom rules might grant something.
 *
 * @example who: (resource, request) => whoByRules(rules, resource, request, host.clock)
 */
export async function whoByRules(
  rules: RuleSet,
  resource: ResourceRequest,
  request: RequestScope,
  clock: Clock,
): Promise<Candidates> {
  return await inSlices(rules.who(factsOf(resource, request, clock)), request.work)
}

/** @example sentenceOf(verdict) // 'rule 4 at acl.yml:12 no: label team is [red], wanted ops' */
function sentenceOf({ rule, at, verdict, why }: RuleVerdict): string {
  return `${rule}${at === undefined ? '' : ` at ${at}`} ${WORDS[verdict]}: ${why}`
}

const WORDS = { yes: 'yes', no: 'no', late: 'too late' } as const

function outcomeOf(decision: AclDecision | undefined): AuthzOutcome {
  if (!decision) return pass
  return decision.effect === 'deny' ? deny(decision.rule) : grant(decision.actions, decision.rule)
}

function factsOf({ type, name, actions }: ResourceRequest, request: RequestScope, clock: Clock): Facts {
  const { account, service, client, labels } = request
  const { ip, id: clientId } = client
  const claims = request.resolve(CLAIMS)
  return { account, type, name, service, ip, clientId, labels, claims, actions, now: clock.now() }
}
