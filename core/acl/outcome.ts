// The way from a request to rules and back: for every authorizer that decides by rules, wherever they come from.
import type { Clock } from '../contract/log.ts'
import { type AuthzOutcome, deny, grant, pass } from '../contract/outcomes.ts'
import type { RequestScope, ResourceRequest } from '../contract/request.ts'
import { CLAIMS } from '../contract/request-values.ts'
import { inSlices } from '../contract/steps.ts'
import type { RuleSet } from './ruleset.ts'

/**
 * An authorizer's answer by rules: pass when none matches.
 *
 * @throws Error when a rule can't be judged
 * @example authorize: async (resource, request) => decideByRules(rules, resource, request, host.clock)
 */
export async function decideByRules(
  rules: RuleSet,
  { type, name, actions }: ResourceRequest,
  request: RequestScope,
  clock: Clock,
): Promise<AuthzOutcome> {
  const { account, service, client, labels, work } = request
  const { ip, id: clientId } = client
  const claims = request.resolve(CLAIMS)
  const facts = { account, type, name, service, ip, clientId, labels, claims, actions, now: clock.now() }
  const decision = await inSlices(rules.judge(facts), work)
  if (!decision) return pass
  return decision.effect === 'deny' ? deny(decision.rule) : grant(decision.actions, decision.rule)
}
