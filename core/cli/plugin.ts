// `dockwarden plugin`: for whoever writes plugins. Here its command line; what each command does is loaded when it is run.
import { type Command, Option } from 'commander'
import type { Output } from './output.ts'

const KINDS = ['authenticator', 'labeler', 'authorizer'] as const

const NEW_EXAMPLES = `
The folder has the plugin, its test, a configuration that uses it, a README with the next commands, and types for your editor.

Examples:
  dockwarden plugin new door-codes --kind authenticator
  dockwarden plugin new teams --kind labeler
  dockwarden plugin new own-names --kind authorizer --npm
  dockwarden plugin new @acme/dockwarden-teams --kind labeler --npm

Exit status: 0 made, 2 wrong usage, or it could not be made.`

const TRY_EXAMPLES = `
The plugin alone is loaded, made and called, by the server's own steps; nothing is kept. A password comes on standard input; without
one, an authenticator that has refresh is asked that. Where a server runs on the configuration, a wrong password counts there.

Examples:
  printf %s "$PASSWORD" | dockwarden plugin try plugins/codes.ts --config dockwarden.yml --account ann
  dockwarden plugin try plugins/codes.ts --options '{ code: !env CODE }' --account ann < password
  dockwarden plugin try plugins/teams.ts --options 'teams: { web: [ann] }' --account ann
  dockwarden plugin try plugins/names.ts --account ann --label team=web repository:web/app:pull,push

Exit status: 0 accepted, labels, or all granted; 1 not, or it could not be asked; 2 wrong usage, or a plugin that can't be used.`

const DEV_EXAMPLES = `
The configuration is served as dockwarden serve would; it and its plugins are read again when a file of theirs is saved. What can't be
used is told, and what was in force before goes on serving.

Examples:
  dockwarden plugin dev plugins/codes.ts
  dockwarden plugin dev plugins/codes.ts --config dockwarden.yml

Exit status: as of serve; 2 wrong usage or configuration.`

const TEST_EXAMPLES = `
Test files run by Node's own test runner; dockwarden/testing is there without an installation. Of a plugin, the conformance kit is
run: on the cases of --cases, or without them on what it answers a stranger.

Examples:
  dockwarden plugin test plugins/codes.test.ts
  dockwarden plugin test plugins/teams.ts --options 'teams: { web: [ann] }'
  dockwarden plugin test plugins/codes.ts --config dockwarden.yml --cases cases.yml

Exit status: 0 all passed, 1 not, 2 wrong usage, or a plugin that can't be used.`

const TYPES_EXAMPLES = `
Nothing is installed: they are written into .dockwarden in the folder, and a tsconfig.json that names them where there is none.

Examples:
  dockwarden plugin types
  dockwarden plugin types plugins/guests

Exit status: 0 written, 2 wrong usage, or it could not be written.`

/**
 * Adds the commands.
 *
 * @param configFile the configuration's file, as it was named or by default
 * @param ended takes the exit status
 */
export function addPluginCommands(
  program: Command,
  output: Output,
  configFile: (name: string | undefined) => string,
  ended: (status: number) => void,
): void {
  const group = program.command('plugin').description('plugins of your own: make, try and test them')
  group
    .command('list')
    .description('show the plugins of a configuration, and what they share; the same as plugins')
    .argument('[file]', 'the configuration; default: DOCKWARDEN_CONFIG, then config/dockwarden.yml')
    .option('--json', 'print the result as JSON')
    .action(async (file: string | undefined, { json }) => {
      const { listPlugins } = await import('./plugins.ts')
      ended(await listPlugins(configFile(file), json === true, output))
    })
  group
    .command('new')
    .description('make a plugin that works at once, in a folder of its name')
    .argument('<name>', 'lower case letters, digits and dashes; with --npm also the name of a package')
    .addOption(
      new Option(
        '--kind <kind>',
        'authenticator: who somebody is; labeler: what is known of him; authorizer: what he may do',
      ).choices(KINDS),
    )
    .option('--npm', 'as an npm package, for others')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', NEW_EXAMPLES)
    .action(async (name: string, options, command: Command) => {
      if (options.kind === undefined)
        command.error('error: an option is missing; write --kind authenticator, labeler or authorizer')
      const { newPlugin } = await import('./plugin/new.ts')
      ended(await newPlugin(name, options, output))
    })
  const many = (value: string, before: string[]) => [...before, value]
  named(group.command('try'))
    .description('call a plugin once: what it says, how long it takes, what it logs')
    .argument('<file>', 'the plugin: a path, a built-in name, or a package')
    .argument('[scope...]', 'what is asked for, such as repository:team/app:pull,push')
    .option('--account <name>', 'who asks; without it, a client without credentials')
    .option('--label <name=value>', 'a label of the account; repeatable', many, [])
    .option('--ip <address>', "the client's address")
    .option('--service <name>', "the registry's service name")
    .option('--client <id>', 'what the client calls itself (client_id)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', TRY_EXAMPLES)
    .action(async (file: string, scopes: string[], options) => {
      const { tryPlugin } = await import('./plugin/try.ts')
      ended(await tryPlugin(file, scopes, options, { input: process.stdin, output }))
    })
  group
    .command('dev')
    .description('serve, and take the plugin again on each save; a log for people')
    .argument('<file>', 'the plugin')
    .option('--config <file>', 'what uses it; default: the dockwarden.yml beside the plugin, or above it')
    .addHelpText('after', DEV_EXAMPLES)
    .action(async (file: string, options) => {
      const { devPlugin } = await import('./plugin/dev.ts')
      ended(await devPlugin(file, options, output))
    })
  named(group.command('test'))
    .description('run the conformance kit on a plugin, or test files of plugins')
    .argument('<file...>', 'a plugin, or test files, which end in .test.ts or .test.js')
    .option('--cases <file>', 'YAML: accepts, rejects, passes; labels; decisions; invalid')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', TEST_EXAMPLES)
    .action(async (files: string[], options) => {
      const { testPlugin } = await import('./plugin/test.ts')
      ended(await testPlugin(files, options, output))
    })
  group
    .command('types')
    .description('write what an editor needs to know of dockwarden/plugin into a folder')
    .argument('[folder]', 'where your plugins are, or above them', '.')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', TYPES_EXAMPLES)
    .action(async (folder: string, options) => {
      const { writeTypes } = await import('./plugin/types.ts')
      ended(await writeTypes(folder, options, output))
    })
}

/** How a plugin's options are given. */
function named(command: Command): Command {
  return command
    .option(
      '--options <yaml>',
      'its options, as a configuration has them: YAML or JSON, also with !env and !file',
    )
    .option('--config <file>', 'a configuration that uses it, and has its options')
    .option('--id <id>', 'which of its instances there')
    .addOption(new Option('--kind <kind>', 'which plugin of a file that has several').choices(KINDS))
}
