// What a driver of a kind of database is.
import type { Result } from './rows.ts'
import type { Statement, Values } from './statement.ts'

/** What a driver is: the same question, with the driver's own errors. */
export interface Driver {
  /** Where the database is, for messages: `postgres db.example.com:5432`. */
  readonly place: string
  query(statement: Statement, values: Values, signal: AbortSignal): Promise<Result>
  /** In words: what an error means, and the remedy. Undefined: as the error itself says. */
  explain(error: unknown): string | undefined
  /** Codes of errors about a text that can't be written in the database's character set. */
  readonly unwritable: readonly string[]
  close(): Promise<void>
}
