// The conformance kit's probes for authorizers.
import assert from 'node:assert/strict'
import {
  type Authorizer,
  type AuthzOutcome,
  mergeLabels,
  NO_LABELS,
  type ResourceRequest,
} from '../plugin.ts'
import type { ConformanceSuite, DecisionCase } from './cases.ts'
import { assertExplains } from './explain.ts'
import type { Probe } from './probe.ts'
import { assertAuthzOutcome } from './shapes.ts'
import type { Subject } from './subject.ts'

/** No authorizer knows this action, so none may grant it unless it was asked for. */
const UNKNOWN_ACTION = 'conformance'

export function authorizerProbes({ decisions = [] }: ConformanceSuite): Probe[] {
  return decisions.map((given) => ({
    name: `decides ${titleOf(given)}`,
    call: (subject, signal) => authorize(subject, given, given.resource, signal),
    check: (subject) => checkDecision(subject, given),
    more: [{ name: 'grants only what was asked', check: (subject) => checkNarrower(subject, given) }],
  }))
}

async function checkDecision(subject: Subject, given: DecisionCase): Promise<void> {
  const { expect } = given
  const actual = await authorize(subject, given, given.resource)
  assert.equal(actual.outcome, expect.outcome)
  if (actual.outcome === 'grant' && expect.outcome === 'grant') {
    assert.deepEqual([...actual.actions].sort(), [...expect.actions].sort())
  }
  if (actual.outcome !== 'pass' && expect.outcome !== 'pass' && expect.rule !== undefined) {
    assert.equal(actual.rule, expect.rule)
  }
}

/** Asks again for each action alone, and for nothing: `authorize` compares the grant with what was asked. */
async function checkNarrower(subject: Subject, given: DecisionCase): Promise<void> {
  const { resource } = given
  for (const actions of [[], [UNKNOWN_ACTION], ...resource.actions.map((action) => [action])]) {
    await authorize(subject, given, { ...resource, actions })
  }
}

async function authorize(
  subject: Subject,
  given: DecisionCase,
  resource: ResourceRequest,
  signal?: AbortSignal,
): Promise<AuthzOutcome> {
  const { account = '', client, service, scopes = [resource], shared } = given
  const labels = mergeLabels(given.labels ?? NO_LABELS)
  const asked: ResourceRequest = Object.freeze({ ...resource, actions: Object.freeze([...resource.actions]) })
  const request = () => subject.request({ client, service, scopes, shared }, { account, labels, signal })
  const instance = subject.instance as Authorizer
  const outcome = await instance.authorize(asked, request())
  assertAuthzOutcome(outcome, asked)
  if (instance.explain) assertExplains(subject, await instance.explain(asked, request()), outcome)
  return outcome
}

function titleOf({ account = '', resource, expect }: DecisionCase): string {
  const { type, name, actions } = resource
  return `${type}:${name}:${actions.join()} for ${JSON.stringify(account)}: ${expect.outcome}`
}
