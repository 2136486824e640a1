// Names from files. Nobody is told here what is wrong with a file: whoever presses Tab is offered nothing then.
import { inspectConfig } from '../../config/config.ts'
import { readPasswordFile } from '../user/file.ts'

/**
 * The ids of a configuration's plugins, and which plugin each is.
 *
 * @param which all, or those that accounts come from
 */
export async function idsFor(
  file: string,
  which: 'authenticator' | 'plugin',
): Promise<(readonly [id: string, about: string])[]> {
  try {
    const { config } = await inspectConfig(file)
    return (config?.plugins ?? [])
      .filter(({ kind }) => which === 'plugin' || kind === which)
      .map(({ id, kind, definition: { name } }) => [id, id === name ? kind : `${kind} ${name}`] as const)
  } catch {
    return []
  }
}

/** The users of a password file. */
export async function usersOf(file: string): Promise<string[]> {
  try {
    return [...(await readPasswordFile(file)).users.keys()]
  } catch {
    return []
  }
}
