// What `dockwarden COMMAND` does: results on stdout, prose on stderr; exit 0 fine, 1 a negative answer, 2 wrong usage or configuration.
import { Command, CommanderError, Option } from 'commander'
import { LOG_LEVELS } from '../kit/log-levels.ts'
import { maskTokens } from '../kit/masking.ts'
import { packageVersion } from '../kit/version.ts'
import { ConfigError, formatProblem } from '../yaml/problems.ts'
import { addCompletionCommands, COMPLETE } from './completion.ts'
import { addConvertCommand } from './convert.ts'
import { addDoctorCommand } from './doctor.ts'
import { addExamples } from './examples.ts'
import { addExplainCommand } from './explain.ts'
import { addInitCommand } from './init.ts'
import { EXIT_USAGE, type Output } from './output.ts'
import { addPluginCommands } from './plugin.ts'
import { addPolicyCommands } from './policy.ts'
import { addUserCommands } from './user.ts'

// Each command's own, with all that it needs: whoever asks for a version or for help waits for none of it.
const serving = () => import('./serve.ts')
const checking = () => import('./check.ts')
const plugins = () => import('./plugins.ts')
const guard = () => import('./guard.ts')
const reloading = () => import('./reload.ts')
const keys = () => import('./key.ts')
const tokens = () => import('./token.ts')

/**
 * Runs a command line.
 *
 * @param args without `node` and the script
 * @returns the exit status, once the command is over (`serve`: once the server has stopped)
 * @example await runCommandLine(['check', 'dockwarden.yml'], process)
 */
export async function runCommandLine(args: readonly string[], given: Output): Promise<number> {
  let said = false
  const written = (stream: Output['stdout'], text: string) => {
    said ||= text.trim() !== ''
    return stream.write(text)
  }
  // A token that was written in the wrong place comes back in a message; what was asked for goes to stdout.
  const output: Output = {
    stdout: {
      write: (text) => written(given.stdout, text),
      isTTY: given.stdout.isTTY === true,
    },
    stderr: { write: (text) => written(given.stderr, maskTokens(text)) },
  }
  const status = await statusOf(args, output)
  if (status !== 0 && !said) {
    output.stderr.write(`dockwarden: ended with status ${status} and no reason; that is a fault of its own\n`)
  }
  return status
}

/** All commands, for whoever shows them. @param ended takes the exit status of the one that is run */
export function commandTree(output: Output, ended: (status: number) => void): Command {
  const program = new Command('dockwarden')
    .description('Token server for container registries')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void output.stdout.write(text),
      writeErr: (text) => void output.stderr.write(text),
    })
  const file = [
    '[file]',
    'the configuration; default: DOCKWARDEN_CONFIG, then config/dockwarden.yml',
  ] as const
  program
    .command('serve')
    .description('run the server')
    .argument(...file)
    .addOption(new Option(`${LOG_LEVEL} <level>`, 'how much is logged').choices(LOG_LEVELS).default('info'))
    .action(async (name: string | undefined, { logLevel }) => {
      ended(await (await serving()).serve(configFile(name), logLevel, output))
    })
  program
    .command('check')
    .description('check a configuration without starting anything')
    .argument(...file)
    .option('--json', 'print the result as JSON')
    .action(async (name: string | undefined, { json }) => {
      ended(await (await checking()).check(configFile(name), json === true, output))
    })
  program
    .command('plugins')
    .description('show the plugins of a configuration, and what they share')
    .argument(...file)
    .option('--json', 'print the result as JSON')
    .action(async (name: string | undefined, { json }) => {
      ended(await (await plugins()).listPlugins(configFile(name), json === true, output))
    })
  addPluginCommands(program, output, configFile, ended)
  program
    .command('reload')
    .description('have the running server read its configuration again')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }) => {
      ended(await (await reloading()).reloadServer(configFile(config), options, output))
    })
  addExplainCommand(program, output, configFile, ended)
  addDoctorCommand(program, output, configFile, ended)
  addPolicyCommands(program, output, configFile, ended)
  addTokenCommands(program, output, ended)
  addKeyCommands(program, output, ended)
  addGuardCommands(program, output, ended)
  addConvertCommand(program, output, ended)
  addUserCommands(program, output, ended)
  addInitCommand(program, output, ended)
  addCompletionCommands(program, output, configFile, ended)
  addExamples(program)
  return program
}

async function statusOf(args: readonly string[], output: Output): Promise<number> {
  let status = 0
  const program = commandTree(output, (code) => {
    status = code
  })
  try {
    const names = new Set([...program.commands.map((command) => command.name()), 'help'])
    await program.parseAsync(args[0] === COMPLETE ? args : withoutGlogFlags(args, names, output), {
      from: 'user',
    })
    return status
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
    if (!(error instanceof ConfigError)) output.stderr.write(`dockwarden: ${reasonOf(error)}\n`)
    else for (const problem of error.problems) output.stderr.write(`${formatProblem(problem)}\n`)
    return EXIT_USAGE
  }
}

/** Some of Node's errors have a code and no text. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || (error as NodeJS.ErrnoException).code || error.name
}

const LOG_LEVEL = '--log-level'
const CONFIG = [
  '--config <file>',
  'the configuration; default: DOCKWARDEN_CONFIG, then config/dockwarden.yml',
] as const
const JSON_RESULT = ['--json', 'print the result as JSON'] as const

/** @param ended takes the exit status */
function addKeyCommands(program: Command, output: Output, ended: (status: number) => void): void {
  const group = program.command('key').description('the keys that sign tokens')
  group
    .command('generate')
    .description('make the signing CA and the first key, before the first start')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }) =>
      ended(await (await keys()).generateKey(configFile(config), options, output)),
    )
  group
    .command('rotate')
    .description('issue the next key; registries and running servers need nothing else')
    .option('--wait <time>', 'how long it is published before it signs', '10m')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }) =>
      ended(await (await keys()).rotateKey(configFile(config), options, output)),
    )
  group
    .command('list')
    .description('show the keys, and what each does now')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }) =>
      ended(await (await keys()).listKeys(configFile(config), options, output)),
    )
  group
    .command('export')
    .description('print what a registry needs, and which registries this configuration fits')
    .addOption(
      new Option(
        '--format <format>',
        'bundle: rootcertbundle, PEM; jwks: a JSON Web Key Set; certificate: of the key that signs now, PEM, for zot',
      ).choices(['jwks', 'bundle', 'certificate']),
    )
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }, command: Command) => {
      need(command, 'format', '--format bundle, --format jwks or --format certificate')
      ended(await (await keys()).exportKeys(configFile(config), options, output))
    })
}

/** @param ended takes the exit status */
function addGuardCommands(program: Command, output: Output, ended: (status: number) => void): void {
  const group = program.command('guard').description('what a running server has counted of wrong passwords')
  const filtered = (command: Command) =>
    command
      .option('--account <name>', 'of this account only')
      .option('--network <address>', 'from this network only')
      .option(...CONFIG)
      .option(...JSON_RESULT)
  filtered(group.command('list').description('show who has failed, and who has to wait')).action(
    async ({ config, ...options }) =>
      ended(await (await guard()).listGuard(configFile(config), options, output)),
  )
  filtered(group.command('clear').description('forget it, and the passwords that are remembered')).action(
    async ({ config, ...options }) =>
      ended(await (await guard()).clearGuard(configFile(config), options, output)),
  )
}

/** @param ended takes the exit status */
function addTokenCommands(program: Command, output: Output, ended: (status: number) => void): void {
  const group = program.command('token').description('personal access tokens and refresh tokens')
  const many = (value: string, before: string[]) => [...before, value]
  group
    .command('create')
    .description('make a personal access token, a password for one account')
    .option('--account <name>', 'whose it is; the user name to log in with')
    .option('--authenticator <id>', 'looks at the account again at each use, and gives its labels')
    .option(
      '--label <name=value>',
      'a label of a robot account (without --authenticator); repeatable',
      many,
      [],
    )
    .option('--name <text>', 'what it is for')
    .option('--expires <time>', 'when it ends: 90d, 12h, never', '90d')
    .option('--allow <scope>', "limit it, such as 'repository:team/*:pull'; repeatable", many, [])
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }, command: Command) => {
      need(command, 'account', '--account NAME')
      ended(await (await tokens()).createPersonalToken(configFile(config), options, output))
    })
  group
    .command('list')
    .description('show the tokens that are good')
    .option('--account <name>', 'of this account only')
    .option('--client <id>', 'got by this client only (client_id)')
    .option('--all', 'also those that have ended and are still remembered')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async ({ config, ...options }) =>
      ended(await (await tokens()).listTokens(configFile(config), options, output)),
    )
  group
    .command('revoke')
    .description('end tokens for good, on every node at once')
    .argument('[tokens...]', 'their ids, or their own texts; - reads them from standard input')
    .option('--account <name>', 'all of this account')
    .option('--client <id>', 'all that this client got (client_id)')
    .option(...CONFIG)
    .option(...JSON_RESULT)
    .action(async (named: string[], { config, ...options }) =>
      ended(await (await tokens()).revokeTokens(configFile(config), named, options, output)),
    )
}

/** By hand: a misspelt option has been named by then, and not called missing. */
function need(command: Command, option: string, write: string): void {
  if (command.opts()[option] === undefined) command.error(`error: an option is missing; write ${write}`)
}

function configFile(name: string | undefined): string {
  return name ?? (process.env.DOCKWARDEN_CONFIG || 'config/dockwarden.yml')
}

const GLOG_FLAG =
  /^--?(alsologtostderr|logtostderr|log_dir|log_backtrace_at|logbufsecs|stderrthreshold|v|vmodule)(=|$)/
const GLOG_SWITCHES: ReadonlySet<string | undefined> = new Set(['alsologtostderr', 'logtostderr'])

/**
 * docker_auth's own command line is `[glog flags] FILE`: the flags are dropped with a warning, and a file alone means serve.
 */
function withoutGlogFlags(args: readonly string[], commands: ReadonlySet<string>, output: Output): string[] {
  const rest: string[] = []
  const dropped: string[] = []
  for (let index = 0; index < args.length; index++) {
    const found = GLOG_FLAG.exec(args[index]!)
    if (!found) {
      rest.push(args[index]!)
      continue
    }
    dropped.push(args[index]!)
    // `-v 2`: the value is a word of its own, but a switch takes none.
    if (found[2] === '' && !GLOG_SWITCHES.has(found[1])) index++
  }
  if (dropped.length > 0) {
    output.stderr.write(
      `warning: ${dropped.join(' ')} ignored; Dockwarden logs to standard error, see --log-level\n`,
    )
  }
  return isFileAlone(rest, commands) ? ['serve', ...rest] : rest
}

/** Whether the first word that is neither an option of `serve` nor its value is a file. */
function isFileAlone(args: readonly string[], commands: ReadonlySet<string>): boolean {
  const first = args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== LOG_LEVEL)
  return first !== undefined && !commands.has(first) && /[./]/.test(first)
}
