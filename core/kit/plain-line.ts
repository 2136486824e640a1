// A log line of a known shape, at a third of what the logger takes for any: for the one line that each request writes.
import { type Logger, symbols } from 'pino'
import type { Log } from '../contract/log.ts'
import { maskTokens } from './masking.ts'

/** What of a pino logger makes a line, besides the facts. */
interface Inside {
  readonly [symbols.streamSym]?: { write(line: string): void; written?(): Promise<void> }
  readonly [symbols.timeSym]: () => string
  /** What stands in each line, with a comma before it. */
  readonly [symbols.chindingsSym]: string
}

/**
 * Writes the very line that `log[level](facts, message)` writes. Tokens of this server are masked in it, and nothing else is: what may
 * hold a secret of the request is not for this.
 *
 * @param log the server's own, no plugin's
 * @param facts at least one; texts, numbers, and lists and objects of those: nothing that JSON has no words for
 */
export function logPlainly(log: Log, level: 'info' | 'error', facts: object, message: string): void {
  const {
    [symbols.streamSym]: stream,
    [symbols.timeSym]: time,
    [symbols.chindingsSym]: own,
  } = log as unknown as Inside
  // Another log, as in a test.
  if (!stream) log[level](facts, message)
  else if ((log as Logger).isLevelEnabled(level)) {
    const said = maskTokens(JSON.stringify(facts)).slice(1, -1)
    stream.write(`{"level":"${level}"${time()}${own},${said},"msg":${maskTokens(JSON.stringify(message))}}\n`)
  }
}

/** Resolves once all that was logged is written, where the log's output can tell. */
export function written(log: Log): Promise<void> | undefined {
  return (log as unknown as Inside)[symbols.streamSym]?.written?.()
}
