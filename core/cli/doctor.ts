// `dockwarden doctor`: what is wrong with a deployment, and what to do about it. Here its command line.
import type { Command } from 'commander'
import type { DoctorOptions } from './doctor/run.ts'
import type { Output } from './output.ts'

const EXAMPLES = `
Nothing is changed. The registry is shown tokens without any access (account dockwarden-doctor, 60 s), signed with the server's key.

Examples:
  dockwarden doctor dockwarden.yml
  dockwarden doctor dockwarden.yml --registry https://registry.example.com
  dockwarden doctor --registry localhost:5000 --registry-config /etc/docker/registry/config.yml
  printf %s "$PASSWORD" | dockwarden doctor dockwarden.yml --registry registry.example.com --as alice

Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage or configuration.`

/**
 * Adds the command. What it does is loaded when it is run.
 *
 * @param configFile the configuration's file, as it was named or by default
 * @param ended takes the exit status
 */
export function addDoctorCommand(
  program: Command,
  output: Output,
  configFile: (name: string | undefined) => string,
  ended: (status: number) => void,
): void {
  program
    .command('doctor')
    .description('look at a deployment, from the registry to the backends, and say what is wrong')
    .argument('[file]', 'the configuration; default: DOCKWARDEN_CONFIG, then config/dockwarden.yml')
    .option('--registry <url>', 'the registry, as clients reach it')
    .option('--as <account>', 'log in there as well, with the password on standard input')
    .option('--ca <file>', 'PEM file: authorities that clients trust besides those of the system')
    .option('--registry-config <file>', "the registry's own configuration, where it can be read")
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, options: DoctorOptions) => {
      const { doctor } = await import('./doctor/run.ts')
      const file = { name: configFile(name), isNamed: name !== undefined || !!process.env.DOCKWARDEN_CONFIG }
      ended(await doctor(file, options, { input: process.stdin, output }))
    })
}
