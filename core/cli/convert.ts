// `dockwarden convert`: docker_auth's form as a file in the native form. Here its command line.
import type { Command } from 'commander'
import type { ConvertOptions } from './convert/run.ts'
import type { Output } from './output.ts'

const EXAMPLES = `
Comments and order are kept; what can't be carried over stands as a comment at its place, with the reason. The source is not changed. Then both files are asked the same requests:
nothing is written unless they answer alike.

Run it as, and in the folder in which, the server runs: relative paths start there. Secrets that stand in the source become files of their own beside the new one (--output), or
variables of the environment (without it).

Examples:
  dockwarden convert /config/auth_config.yml --output /config/dockwarden.yml
  dockwarden convert auth_config.yml > dockwarden.yml
  dockwarden convert auth_config.yml --json

Exit status: 0 converted, and the same; 1 something that decides could not be carried over, or the decisions are not the same (nothing is written then);
2 wrong usage, a source with faults, or in the native form already.`

/**
 * Adds the command. What it does is loaded when it is run.
 *
 * @param ended takes the exit status
 */
export function addConvertCommand(program: Command, output: Output, ended: (status: number) => void): void {
  program
    .command('convert')
    .description("write docker_auth's form as the native form")
    .argument('<file>', "a configuration in docker_auth's form")
    .option('--output <file>', 'write it to this file, which must not be there; default: standard output')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: ConvertOptions) => {
      const { convert } = await import('./convert/run.ts')
      ended(await convert(file, options, output))
    })
}
