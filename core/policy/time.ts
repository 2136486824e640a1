// Moments as people write them on a command line and in a file.

/** A date alone, or with a time and a zone: without one it would mean something else on each machine. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/i

/**
 * @returns milliseconds since the epoch; undefined when it is none
 * @example readTime('2026-03-01T02:30:00Z') // 1772332200000
 */
export function readTime(text: string): number | undefined {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** What is wrong with a text that is none, and the remedy. */
export const NO_TIME =
  'is no time with its zone; write for example 2026-03-01T02:30:00Z or 2026-03-01T02:30+01:00'
