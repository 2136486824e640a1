// What an HTTP service's answer means: conditions over `response`, `body` and `request`, asked in order.

import { type Expression, MissingField } from '../cel/expression.ts'
import { parseJson } from '../cel/values.ts'
import type { Why } from '../contract/explain.ts'
import { deepFreeze } from '../contract/frozen.ts'
import type { HttpResponse } from '../contract/http.ts'
import type { JsonValue } from '../contract/json.ts'
import { shownJson } from './shown-json.ts'

/** The types of the variables that expressions over an answer see; `request` is the plugin's own. */
export const HTTP_ANSWER_VARIABLES = deepFreeze({
  response: { status: 'int', headers: 'map<string, string>' },
  body: 'dyn',
} as const)

/** An answer, ready for expressions. */
export interface HttpAnswer {
  readonly status: number
  /** The service's scheme, host and port. */
  readonly origin: string
  /** `response`, `request`, and `body`: parsed JSON, null for an empty one, missing for one that is not JSON. */
  readonly values: Readonly<Record<string, unknown>>
}

/**
 * An answer as expressions see it.
 *
 * @param request what the expressions see as `request`; without secrets
 */
export function readHttpAnswer(response: HttpResponse, origin: string, request: JsonValue): HttpAnswer {
  const { status, headers } = response
  return { status, origin, values: { response: { status, headers }, request, body: readBody(response.body) } }
}

function readBody(text: string): unknown {
  if (text.trim() === '') return null
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** A condition's name and its expression, where one is configured. */
export type Condition<N extends string> = readonly [name: N, rule: Expression | undefined]

/**
 * The first condition that gives something else than false or null.
 *
 * A missing field in one condition does not keep the next from being asked; every other failure is final, so that a
 * broken `reject` or `deny` is never stepped over.
 *
 * @param options.why learns what each gives
 * @param options.missing what a missing field means when no condition holds: `failure`, or just `false`
 * @returns the condition's name and value, or undefined when the answer is a clear no to all of them
 * @throws Error when none holds and the answer is none: 5xx, 429, a redirect, the statuses of whoever does not know the path, a
 *   body that should be JSON and is not, or an expression that failed
 */
export function firstCondition<N extends string>(
  conditions: readonly Condition<N>[],
  answer: HttpAnswer,
  options: { readonly missing: 'failure' | 'false'; readonly why?: Why | undefined },
): { readonly name: N; readonly value: unknown } | undefined {
  let missing: MissingField | undefined
  for (const [name, rule] of conditions) {
    if (!rule) continue
    const value = evaluate(rule, answer)
    options.why?.say(`${name} is ${valueShown(value)}: ${rule.source}`)
    if (value instanceof MissingField) missing ??= value
    else if (value !== false && value !== null) return { name, value }
  }
  const trouble = outage(answer)
  if (trouble) throw new Error(trouble)
  for (const [, rule] of conditions) if (rule) assertReadable(rule, answer)
  if (missing && options.missing === 'failure') throw new Error(`${answer.origin}: ${missing.message}`)
  return undefined
}

function valueShown(value: unknown): string {
  return value instanceof MissingField ? 'not true, a field is not there' : shownJson(value)
}

function evaluate(rule: Expression, answer: HttpAnswer): unknown {
  try {
    return rule.evaluate(answer.values)
  } catch (error) {
    if (error instanceof MissingField) return error
    const { message } = error as Error
    // An outage's own page explains a failing expression better than the expression does.
    throw new Error(outage(answer) ?? unreadable(rule, answer) ?? `${answer.origin}: ${message}`)
  }
}

/** What a wrong path, an ingress without its service, or another service at this address answers. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 406, 410, 421])

function outage({ status, origin }: HttpAnswer): string | undefined {
  if (status >= 300 && status < 400)
    return `${origin}: answered ${status}, a redirect; write the final address in \`url\``
  if (NOT_THERE.has(status))
    return `${origin}: answered ${status}, as for a wrong path or while a service is being deployed; if it is its answer, say so in a condition (response.status == ${status})`
  return status >= 500 || status === 429 ? `${origin}: answered ${status}` : undefined
}

function assertReadable(rule: Expression, answer: HttpAnswer): void {
  const trouble = unreadable(rule, answer)
  if (trouble) throw new Error(trouble)
}

function unreadable(rule: Expression, { values, origin, status }: HttpAnswer): string | undefined {
  if (values.body !== undefined || !rule.refersTo('body')) return undefined
  return `${origin}: answered ${status} with a body that is not JSON`
}
