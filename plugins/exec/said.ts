// What a failing program says on its standard error, for the log: without the password, which may stand in it.
import { maskSecret, type Program, type ProgramResult, Secret } from '../../core/plugin.ts'

const NOTHING = new Secret('')

/** What the last line of standard error was, as the end of a message. @example '; it said: "KeyError: \'x\'"' */
export function quoted(said: string | undefined, password = NOTHING): string {
  return said === undefined ? '' : `; it said: ${JSON.stringify(maskSecret(said, password))}`
}

/**
 * Runs a program.
 *
 * @param password what must not stand in an error
 * @throws Error that says what the program said
 */
export async function runProgram(
  program: Program,
  input: string,
  signal: AbortSignal,
  password = NOTHING,
): Promise<ProgramResult> {
  try {
    return await program.run(input, signal)
  } catch (error) {
    const { message, cause, said } = error as Error & { readonly said?: string }
    // Who found no turn has run nothing: that is not to become another error.
    if (said === undefined) throw error
    throw new Error(`${message}${quoted(said, password)}`, { cause })
  }
}
