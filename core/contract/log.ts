// What everything in the process tells and asks: the log and the time.

/** Structured logging: facts first, then the sentence. Values of type Secret print as ***. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** The time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}
