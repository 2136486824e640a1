// What a compiled pattern is, whatever its form.
import type { Captures } from './captures.ts'
import type { Facts } from './facts.ts'
import type { RegexStore } from './regex.ts'

/** How dear a test is: cheap ones are asked first. */
export const COST = { text: 0, glob: 1, template: 2, regex: 3, search: 4 } as const

/** A compiled pattern. */
export interface Matcher {
  readonly cost: number
  /** The only text that can match, if there is only one. */
  readonly exact?: string
  /** Text that everything that matches begins with, if any is known. */
  readonly prefix?: string
  /** True = nothing ever matches. */
  readonly never?: boolean
  /** @throws TooMuchWork when it can't be judged within bounds */
  matches(subject: string, facts: Facts): boolean
}

/** What is compiled together with a pattern. */
export interface PatternContext {
  readonly captures: Captures
  readonly store: RegexStore
  /** False where `${labels:NAME}` stands for nothing: in the conditions on labels. */
  readonly labels: boolean
  /** Reports what is wrong; the remedy belongs to the message. */
  fault(message: string): void
}

/** Matches nothing. */
export const NEVER: Matcher = { cost: COST.text, never: true, matches: () => false }
