// What a plugin does outside of its calls, while a command works with it.
import type { Logger } from 'pino'
import type { Planned } from '../../config/config.ts'
import type { Output } from '../output.ts'
import { watchStrayErrors } from '../stray-errors.ts'

/** What has been seen. */
export interface Outside {
  /** Whose files are looked for in stacks; before that, nobody's. */
  suspect: Planned | undefined
  /** Whether something was thrown that would have ended a server. */
  fatal: boolean
}

/**
 * Runs something that calls a plugin. What is thrown outside of a call is logged, as a server logs it; a plugin that ends the process
 * ends it with 1, and a sentence.
 */
export async function watchOutside<T>(
  log: Logger,
  { stderr }: Output,
  work: (outside: Outside) => Promise<T>,
): Promise<T> {
  const outside: Outside = { suspect: undefined, fatal: false }
  const stray = watchStrayErrors(log)
  stray.suspects = () => (outside.suspect ? [outside.suspect] : [])
  void stray.fatal.then(() => {
    outside.fatal = true
  })
  const ended = () => {
    process.exitCode = 1
    stderr.write('dockwarden: the plugin ended the process; leave that to the server\n')
  }
  process.once('exit', ended)
  try {
    return await work(outside)
  } finally {
    process.off('exit', ended)
    stray.forget()
  }
}
