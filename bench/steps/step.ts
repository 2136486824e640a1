// One step of a request's way, as the benchmark calls it.
import type { Lab } from './lab.ts'

/** A step: one file in this folder, named in index.ts. */
export interface Step {
  readonly name: string
  /** How often one call does the step's work; 1 when it is not there. */
  readonly times?: number
  /**
   * Makes what one call needs; this is not timed.
   *
   * @returns the call; its promise, if it gives one, is waited for
   */
  prepare(lab: Lab): Call | Promise<Call>
}

/** What is timed. */
export type Call = () => unknown
