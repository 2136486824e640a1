// `when`: a condition of a rule in CEL.

import { type Expression, evaluateIfThere, expression } from '../cel/expression.ts'
import { actionsSeen } from './actions.ts'
import { type Facts, labelValues } from './facts.ts'

/** What an expression can look at. */
const VARIABLES = {
  account: 'string',
  labels: 'map<string, list<string>>',
  claims: 'dyn',
  type: 'string',
  name: 'string',
  service: 'string',
  actions: 'list<string>',
  client: { ip: 'string', id: 'string' },
  time: { now: 'google.protobuf.Timestamp' },
} as const

/**
 * Whether a condition is true. A list element that is not there makes it not true.
 *
 * @throws Error for every other failure, also when it reads claims that the account has not got: to skip a rule that can't be judged
 *   could skip a denial
 */
export type When = (facts: Facts) => boolean

/** Compiles the conditions of one list of rules; the same text is compiled once. */
export class WhenCompiler {
  readonly #compiled = new Map<string, { when: When } | { fault: string }>()
  #schema: ReturnType<typeof expression> | undefined

  /**
   * @param invalid reports what is wrong
   * @returns undefined when something is
   */
  compile(source: string, invalid: (message: string) => void): When | undefined {
    let held = this.#compiled.get(source)
    if (!held) {
      this.#schema ??= expression({ variables: VARIABLES, optional: ['claims'], returns: 'bool' })
      const { data, error } = this.#schema.safeParse(source)
      held = data ? { when: toWhen(data as Expression<boolean>) } : { fault: error!.issues[0]!.message }
      this.#compiled.set(source, held)
    }
    if ('when' in held) return held.when
    invalid(held.fault)
    return undefined
  }
}

function toWhen(condition: Expression<boolean>): When {
  const taken = condition.fieldsTaken('labels')
  const readsClaims = condition.refersTo('claims')
  return (facts) => {
    const { claims } = facts
    const values = {
      ...facts,
      actions: actionsSeen(facts.actions, condition),
      labels: withEmpty(facts, taken),
      claims: claims && readsClaims ? condition.filled('claims', claims) : claims,
      client: { ip: facts.ip ?? '', id: facts.clientId ?? '' },
      time: { now: new Date(facts.now ?? Date.now()) },
    }
    if (claims || !readsClaims) return evaluateIfThere(condition, values) === true
    try {
      return condition.evaluate(values)
    } catch {
      throw new Error('it reads claims, and the account has none; ask first: has(claims) && ...')
    }
  }
}

/**
 * The labels, and an empty list for each one that the expression takes for granted and the account does not have. Otherwise
 * `!("staff" in labels.group)` would be as little true as its opposite for whoever has no group.
 */
function withEmpty({ labels }: Facts, taken: ReadonlySet<string>): Facts['labels'] {
  const held: Record<string, readonly string[]> = Object.assign(Object.create(null), labels)
  for (const name of taken) held[name] = labelValues(labels, name) ?? []
  return held
}
