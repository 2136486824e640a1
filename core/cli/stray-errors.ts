// Errors that nobody waits for: thrown in a timer or an event of a plugin's own. The log names the plugin, by the stack.
import type { Logger } from 'pino'
import type { Planned } from '../config/config.ts'

/** The instances by whose files an error came. */
type Suspect = Pick<Planned, 'definition' | 'id' | 'path'>

/** What is known once the configuration has been read. */
export interface StrayErrors {
  /** Whose files are looked for in stacks. */
  suspects: () => readonly Suspect[]
  /** Resolves at the first exception that nobody caught: the process may be in any state, and has to end. */
  readonly fatal: Promise<void>
  /** Ends the watch. */
  forget(): void
}

/**
 * Watches for errors that nobody waits for. A rejected promise that was forgotten is logged; an exception is logged as fatal.
 *
 * @example const stray = watchStrayErrors(log); stray.suspects = () => config.plugins; await stray.fatal
 */
export function watchStrayErrors(log: Logger): StrayErrors {
  const { promise, resolve } = Promise.withResolvers<void>()
  const known: Pick<StrayErrors, 'suspects'> = { suspects: () => [] }
  // A promise that a plugin forgot must not end the server for everybody.
  const rejected = (err: unknown) =>
    log.error({ err, ...culprit(err, known.suspects()) }, 'a promise was rejected and nobody waited for it')
  const thrown = (err: unknown) => {
    const found = culprit(err, known.suspects())
    const who = found ? `the plugin ${found.plugin}` : 'something'
    const message = `${who} threw outside of any call, in a timer or an event that it must catch itself; the server stops`
    log.fatal({ err, ...found }, message)
    resolve()
  }
  process.on('unhandledRejection', rejected).on('uncaughtException', thrown)
  return Object.assign(known, {
    fatal: promise,
    forget: () => void process.off('unhandledRejection', rejected).off('uncaughtException', thrown),
  })
}

/** The plugin whose file stands first in the stack, with all ids under which it is configured. */
export function culprit(
  error: unknown,
  suspects: readonly Suspect[],
): { plugin: string; ids: string[] } | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').slice(1)) {
    const found = suspects.filter(({ path }) => line.includes(path))
    if (found[0]) return { plugin: found[0].definition.name, ids: found.map(({ id }) => id) }
  }
  return undefined
}
