// What a rule is asked about: one requested resource, and who asks for it from where.
import type { Labels } from '../contract/labels.ts'
import type { Claims } from '../contract/request-values.ts'

/** The facts that a pattern can test and name as a variable: `${account}`, `${type}`, `${name}`, `${service}`. */
export const FIELDS = Object.freeze(['account', 'type', 'name', 'service'] as const)
export type Field = (typeof FIELDS)[number]

/** One question to a rule set. */
export interface Facts extends Readonly<Record<Field, string>> {
  /** The client's address; undefined when it is not known. */
  readonly ip: string | undefined
  readonly labels: Labels
  /** What the issuer says of the account; undefined when there is none. For conditions only. */
  readonly claims?: Claims | undefined
  /** As asked, in the client's order. */
  readonly actions: readonly string[]
  /** What the client calls itself (`client_id`); for conditions only. */
  readonly clientId?: string | undefined
  /** Milliseconds since the epoch, for conditions; the system's clock when left out. */
  readonly now?: number
}

/** Whether no text of a request means more in a glob than itself. */
export function isPlain(facts: Facts): boolean {
  const isText = (text: string) => !/[*?[\\]/.test(text)
  return (
    FIELDS.every((field) => isText(facts[field])) &&
    Object.values(facts.labels).every((values) => values.every(isText))
  )
}

/** The values of one label; undefined when the account has no such label. */
export function labelValues(labels: Labels, name: string): readonly string[] | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined
}
