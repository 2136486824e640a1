// Why an answer is what it is: sentences for people, facts for machines.
import type { JsonValue } from './json.ts'
import type { Labels } from './labels.ts'

/** An answer that says why. `outcome` is what the plugin's main method answers to the same question. */
export interface Explained<T> {
  readonly outcome: T
  /** Sentences for people, in the order of what happened. They name no secret. */
  readonly why: readonly string[]
  /** The same for programs. */
  readonly facts?: JsonValue
}

/** Takes down why, while the answer is being found. */
export interface Why {
  /** @param sentence without a full stop at its end */
  say(sentence: string): void
  /** A fact for programs; of the same name the last one counts. */
  note(name: string, value: JsonValue): void
}

/** Somebody who might be granted what is asked for, to be tried. */
export interface Candidate {
  /** Why: the rule, as a grant calls it. */
  readonly rule: string
  /** Where that stands: `acl.yml:12`. */
  readonly at?: string
  /** In words: `any account, with label team = ops`. */
  readonly who: string
  readonly account: string
  readonly labels: Labels
  /** Whether the account stands for others, too. */
  readonly any: boolean
}

/** Whom an authorizer might grant something. */
export interface Candidates {
  readonly tries: readonly Candidate[]
  /** In sentences: what of its rules can't be turned round. */
  readonly open: readonly string[]
}

/** A rule as it stands in a configuration, complete: with the conditions of the groups around it. */
export interface ListedRule {
  /** Patterns as they are written. */
  readonly match?: {
    readonly account?: string
    readonly type?: string
    readonly name?: string
    readonly service?: string
    readonly ip?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  /** CEL expressions that must all be true. */
  readonly when?: string | readonly string[]
  readonly effect?: 'grant' | 'deny'
  readonly actions: readonly string[]
  readonly comment?: string
  readonly name?: string
  /** Where it stands: `acl.yml:12`. */
  readonly at?: string
}

/** Rules that are asked from the first to the last, and how their patterns are read. */
export interface ListedRules {
  readonly rules: readonly ListedRule[]
  /** What captures and label values are in a pattern: texts, or parts of the pattern. */
  readonly substitution: 'literal' | 'pattern'
  /** What `**` in a glob is: any text, or the same as `*`. */
  readonly stars: 'one' | 'two'
}

/** An account that an authenticator knows. */
export interface KnownAccount {
  /** Empty: clients without credentials. */
  readonly account: string
  readonly labels: Labels
}

/** A question that could not be answered, and what was known of it by then. Its cause is what went wrong. */
export class Unanswered extends Error {
  override name = 'Unanswered'
  readonly why: readonly string[]

  constructor(cause: unknown, why: readonly string[]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.why = why
  }
}

/**
 * Makes an explanation of the code that answers anyway: it takes down why as it goes, where somebody listens.
 *
 * @param answer what the main method does, with somebody who listens
 * @throws Unanswered with what was said so far
 * @example
 * const decide = async (resource: ResourceRequest, why?: Why) => {
 *   why?.say(`${resource.name} is looked up`)
 *   return pass
 * }
 * return { authorize: (resource) => decide(resource), explain: (resource) => explained((why) => decide(resource, why)) }
 */
export async function explained<T>(answer: (why: Why) => T | Promise<T>): Promise<Explained<T>> {
  const why: string[] = []
  const facts: Record<string, JsonValue> = Object.create(null)
  try {
    const outcome = await answer({
      say: (sentence) => void why.push(sentence),
      note: (name, value) => {
        facts[name] = value
      },
    })
    return Object.keys(facts).length > 0 ? { outcome, why, facts } : { outcome, why }
  } catch (error) {
    throw new Unanswered(error, why)
  }
}
