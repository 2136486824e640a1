// `when`: a condition of a rule in CEL.

import { type Expression, evaluateIfThere, expression } from '../cel/expression.ts'
import { actionsSeen } from './actions.ts'
import { type Facts, FIELDS, labelValues } from './facts.ts'
import { clipped, listShown, textShown } from './unmet.ts'

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

/** A condition in CEL. */
export interface When {
  /**
   * Whether it is true. A list element that is not there makes it not true.
   *
   * @throws Error for every other failure, also when it reads claims that the account has not got: to skip a rule that can't be
   *   judged could skip a denial
   */
  holds(facts: Facts): boolean
  /** Why it is not true, for a sentence; of what must all be true (`&&`), the first that is not. */
  whyNot(facts: Facts): string
}

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
      held = data
        ? { when: toWhen(data as Expression<boolean>, (part) => this.compile(part, () => {})) }
        : { fault: error!.issues[0]!.message }
      this.#compiled.set(source, held)
    }
    if ('when' in held) return held.when
    invalid(held.fault)
    return undefined
  }
}

/** @param compile compiles a part of it */
function toWhen(condition: Expression<boolean>, compile: (source: string) => When | undefined): When {
  const taken = condition.fieldsTaken('labels')
  const readsClaims = condition.refersTo('claims')
  const holds = (facts: Facts) => {
    const { claims } = facts
    const values = {
      ...facts,
      actions: actionsSeen(facts.actions, condition),
      labels: withEmpty(facts, taken),
      claims: claims && readsClaims ? condition.filled('claims', claims) : claims,
      client: { ip: facts.ip ?? '', id: facts.clientId ?? '' },
      time: { now: timeOf(facts) },
    }
    if (claims || !readsClaims) return evaluateIfThere(condition, values) === true
    try {
      return condition.evaluate(values)
    } catch {
      throw new Error('it reads claims, and the account has none; ask first: has(claims) && ...')
    }
  }
  const whyNot = (facts: Facts): string => {
    for (const source of condition.conjuncts) {
      const part = compile(source)
      if (!part || isTrue(part, facts)) continue
      return part.whyNot(facts)
    }
    return `when ${clipped(condition.source)} is not true${readsOf(condition, facts)}`
  }
  return { holds, whyNot }
}

/** Alone it may be one that can't be judged. */
function isTrue(part: When, facts: Facts): boolean {
  try {
    return part.holds(facts)
  } catch {
    return false
  }
}

function timeOf({ now }: Facts): Date {
  return new Date(now ?? Date.now())
}

/** What the expression looks at, and what it finds there. What claims say is for nobody else to read. */
function readsOf(condition: Expression, facts: Facts): string {
  const { labels } = facts
  const named = condition.fieldsRead('labels')
  const held = (name: string, values: readonly string[] | undefined) =>
    values ? `labels.${name} is ${listShown(values)}` : `there is no label ${textShown(name)}`
  const read = (named === 'all' ? Object.keys(labels) : [...named]).map((name) =>
    held(name, labelValues(labels, name)),
  )
  for (const name of FIELDS) if (condition.refersTo(name)) read.push(`${name} is ${textShown(facts[name])}`)
  if (condition.refersTo('actions')) read.push(`actions is ${listShown(facts.actions)}`)
  const ofClient = condition.fieldsRead('client')
  const reads = (field: string) => ofClient === 'all' || ofClient.has(field)
  if (reads('ip')) read.push(`client.ip is ${textShown(facts.ip ?? '')}`)
  if (reads('id')) read.push(`client.id is ${textShown(facts.clientId ?? '')}`)
  if (condition.refersTo('time')) read.push(`time.now is ${timeOf(facts).toISOString()}`)
  return read.length > 0 ? ` (${read.slice(0, MOST_READ).join(', ')})` : ''
}

const MOST_READ = 8

/**
 * The labels, and an empty list for each one that the expression takes for granted and the account does not have. Otherwise
 * `!("staff" in labels.group)` would be as little true as its opposite for whoever has no group.
 */
function withEmpty({ labels }: Facts, taken: ReadonlySet<string>): Facts['labels'] {
  const held: Record<string, readonly string[]> = Object.assign(Object.create(null), labels)
  for (const name of taken) held[name] = labelValues(labels, name) ?? []
  return held
}
