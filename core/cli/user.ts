// `dockwarden user`: the users of a password file. Here its command line.
import { type Command, Option } from 'commander'
import type { Output } from './output.ts'

const EXAMPLES = `
Without --generate the password is asked for twice on a terminal, or read from standard input. A running server reads the file again by itself.

Examples:
  dockwarden user add alice --file var/htpasswd
  dockwarden user add ci --file var/htpasswd --generate
  printf %s "$PASSWORD" | dockwarden user passwd alice --file var/htpasswd
  dockwarden user list --file var/htpasswd
  dockwarden user remove alice --file var/htpasswd

Exit status: 0 done, 1 the user is there already, or is not there, 2 wrong usage, or the file can't be changed.`

// Loaded when one of them is run.
const users = () => import('./user/run.ts')

/**
 * Adds the commands.
 *
 * @param ended takes the exit status
 */
export function addUserCommands(program: Command, output: Output, ended: (status: number) => void): void {
  const group = program
    .command('user')
    .description('the users of a password file (htpasswd)')
    .addHelpText('after', EXAMPLES)
  const onFile = (command: Command) =>
    command
      .requiredOption('--file <file>', 'the password file')
      .option('--json', 'print the result as JSON')
      .addHelpText('after', EXAMPLES)
  const withPassword = (command: Command) =>
    onFile(command)
      .addOption(
        new Option('--algorithm <kind>', 'of the hash; default: bcrypt, or what the user has').choices([
          'bcrypt',
          'argon2',
        ]),
      )
      .option('--generate', 'make a password, and print it once on standard output')
  withPassword(group.command('add').description('add a user; makes the file when it is missing'))
    .argument('<name>', 'the user')
    .action(async (name, options) => ended(await (await users()).addUser(name, options, around(output))))
  withPassword(group.command('passwd').description('give a user another password'))
    .argument('<name>', 'the user')
    .action(async (name, options) =>
      ended(await (await users()).changePassword(name, options, around(output))),
    )
  onFile(group.command('list').description('show the users, and who of them can not log in')).action(
    async (options) => ended(await (await users()).listUsers(options, output)),
  )
  onFile(group.command('remove').description('remove a user'))
    .argument('<name>', 'the user')
    .action(async (name, options) => ended(await (await users()).removeUser(name, options, output)))
}

function around(output: Output) {
  return { input: process.stdin, output }
}
