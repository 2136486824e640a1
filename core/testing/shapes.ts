// What outcomes must look like: the host passes them on without looking twice.
import assert from 'node:assert/strict'
import {
  type AuthnOutcome,
  type AuthzOutcome,
  type JsonValue,
  type Labels,
  NotRenewable,
  type ResourceRequest,
} from '../plugin.ts'

/** @throws AssertionError saying what is wrong with an authenticator's answer */
export function assertAuthnOutcome(outcome: AuthnOutcome): void {
  assertOneOf(outcome, ['accept', 'reject', 'pass'])
  if (outcome.outcome === 'reject') {
    assert.ok(isText(outcome.reason), 'a reject needs a reason, for the log')
  } else if (outcome.outcome === 'accept') {
    const { account, labels, session } = outcome
    assert.ok(
      account === undefined || isText(account),
      'the account of an accept must be a text that is not empty',
    )
    if (labels !== undefined) assertLabels(labels)
    assert.ok(
      session === undefined || session instanceof NotRenewable || isJson(session),
      'the session of an accept must be a JSON value, or a NotRenewable',
    )
  }
}

/** @throws AssertionError saying what is wrong with an authorizer's answer */
export function assertAuthzOutcome(outcome: AuthzOutcome, asked: ResourceRequest): void {
  assertOneOf(outcome, ['grant', 'deny', 'pass'])
  if (outcome.outcome === 'pass') return
  const { rule } = outcome
  assert.ok(rule === undefined || typeof rule === 'string', 'the rule of an outcome must be a text')
  if (outcome.outcome === 'deny') return
  assert.ok(Array.isArray(outcome.actions), 'the actions of a grant must be a list')
  for (const action of outcome.actions) {
    assert.ok(asked.actions.includes(action), `granted ${JSON.stringify(action)}, which was not asked for`)
  }
}

/** @throws AssertionError when the value is not an object of lists of texts */
export function assertLabels(labels: Labels): void {
  assert.ok(
    typeof labels === 'object' && labels !== null && !Array.isArray(labels),
    'labels must be an object',
  )
  for (const [name, values] of Object.entries(labels)) {
    const fits = Array.isArray(values) && values.every((value) => typeof value === 'string')
    assert.ok(fits, `the label ${JSON.stringify(name)} must be a list of texts`)
  }
}

/** Compares labels; the order of a label's values means nothing. */
export function assertSameLabels(actual: Labels, expected: Labels): void {
  assert.deepEqual(ordered(actual), ordered(expected))
}

function ordered(labels: Labels): unknown {
  const names = Object.keys(labels).sort()
  return names.map((name) => [name, [...labels[name]!].sort()])
}

function assertOneOf(outcome: { readonly outcome: string }, known: readonly string[]): void {
  assert.ok(typeof outcome === 'object' && outcome !== null, 'the answer must be an outcome')
  assert.ok(
    known.includes(outcome.outcome),
    `the outcome must be one of ${known.join(', ')}, not ${outcome.outcome}`,
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

export function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isJson)
}
