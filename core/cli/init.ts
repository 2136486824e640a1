// `dockwarden init`: from nothing to a server and a registry that trusts it. Here its command line.
import { type Command, Option } from 'commander'
import type { InitOptions } from './init/answers.ts'
import type { Output } from './output.ts'

const EXAMPLES = `
Whatever an option says is not asked. Nothing is written before all is known, and nothing is replaced without asking.

Examples:
  dockwarden init
  dockwarden init registry --yes
  dockwarden init registry --yes --registry distribution3 --run compose
  dockwarden init /srv/registry --yes --host registry.example.com --certificate tls.crt --key tls.key --run systemd

Exit status: 0 made, 1 nothing was made, 2 wrong usage.`

/**
 * Adds the command. What it does is loaded when it is run.
 *
 * @param ended takes the exit status
 */
export function addInitCommand(program: Command, output: Output, ended: (status: number) => void): void {
  program
    .command('init')
    .description('make a folder with a configuration, a registry’s settings, keys and a first user')
    .argument('[folder]', 'where; default: dockwarden')
    .option('--yes', 'ask nothing: defaults, and what options say')
    .addOption(
      new Option('--registry <kind>', 'what will use it').choices(['distribution2', 'distribution3', 'zot']),
    )
    .addOption(new Option('--run <way>', 'how both are run').choices(['terminal', 'compose', 'systemd']))
    .option('--host <name>', 'the name by which clients reach this machine; default: localhost')
    .option('--certificate <file>', 'PEM, for a host other than localhost')
    .option('--key <file>', 'its private key, PEM')
    .option('--user <name>', 'the first user; default: admin')
    .option('--port <number>', 'of Dockwarden; default: 5001')
    .option('--registry-port <number>', 'of the registry; default: 5000')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string | undefined, options: InitOptions) => {
      const { init } = await import('./init/run.ts')
      ended(await init(folder, options, output))
    })
}
