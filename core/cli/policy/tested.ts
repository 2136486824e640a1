// What came of files of cases, for those who report it.
import type { CaseResult } from '../../policy/run-cases.ts'
import type { RuleTally } from '../../policy/tally.ts'

/** The cases of one file, and what came of them. */
export interface TestedFile {
  readonly file: string
  readonly config: string
  readonly results: readonly CaseResult[]
}

/** All of them. */
export interface Tested {
  readonly files: readonly TestedFile[]
  /** How often each rule of each configuration decided; undefined: nobody asked. */
  readonly coverage: readonly RuleTally[] | undefined
}
