// What a compiled pattern is, whatever its form.
import type { Steps } from '../contract/steps.ts'
import type { Start } from './anchored.ts'
import type { Captures } from './captures.ts'
import { type Facts, labelValues } from './facts.ts'
import type { GlobAtom, Stars } from './glob.ts'
import type { Placeholder } from './placeholder.ts'
import type { RegexStore } from './regex.ts'

/** How dear a test is: cheap ones are asked first. From `filled` on, what it does depends on the request. */
export const COST = { text: 0, glob: 1, template: 2, regex: 3, filled: 4, search: 5, when: 6 } as const

/** A compiled pattern. */
export interface Matcher {
  readonly cost: number
  /** What one test costs, in steps, where that depends on the pattern. */
  readonly steps?: number
  /** The only text that can match, if there is only one. */
  readonly exact?: string
  /** Text that everything that matches begins with, if any is known. */
  readonly prefix?: string | undefined
  /** What everything that matches begins with, when that is one of several. */
  readonly starts?: readonly Start[]
  /** What it is, when it is a glob without placeholders. */
  readonly glob?: readonly GlobAtom[]
  /** What it is, when it is a glob with placeholders, each of which stands for a text. */
  readonly template?: readonly GlobAtom[] | undefined
  /** The same, where each of them stands for a text in a plain request only (`isPlain`). */
  readonly plainTemplate?: readonly GlobAtom[] | undefined
  /** What it is, when it is a regular expression without placeholders. */
  readonly regex?: string
  /** A regular expression with a dot for each placeholder, where each stands for a text. */
  readonly gapped?: string | undefined
  /** True = nothing ever matches. */
  readonly never?: boolean
  /**
   * @returns steps when it may take long
   * @throws TooMuchWork when an expression becomes too large
   */
  matches(subject: string, facts: Facts): boolean | Steps<boolean>
}

/** Matches nothing. */
export const NEVER: Matcher = { cost: COST.text, never: true, matches: () => false }

/** What a pattern is compiled with, and asked with. */
export interface PatternScope {
  readonly captures: Captures
  readonly store: RegexStore
  readonly stars: Stars
  /** False in the conditions on labels, where `${labels:NAME}` stands for nothing. */
  readonly labels: boolean
}

/** Hears what is wrong with a pattern. Not kept: of a list of ten thousand rules only what is asked stays in memory. */
export interface PatternFaults {
  /** Reports what makes the pattern useless in any form; the remedy belongs to the message. */
  invalid(message: string): void
  /** Reports what docker_auth lets pass although it can't work. */
  dead(message: string): void
  /** Reports what works, but surely not as it was meant. */
  doubtful(message: string): void
  /** Reports what is no fault, but good to know. */
  notable(message: string): void
}

/** The text that a variable or a capture stands for; undefined = none in this request. */
export function textOf(
  placeholder: Exclude<Placeholder, { kind: 'label' }>,
  facts: Facts,
  { captures }: PatternScope,
): string | undefined {
  return placeholder.kind === 'variable' ? facts[placeholder.field] : captures.get(placeholder, facts)
}

/** The values that a label stands for; undefined = there is no such label. */
export function valuesOf(label: string, facts: Facts, scope: PatternScope): readonly string[] | undefined {
  return scope.labels ? labelValues(facts.labels, label) : undefined
}
