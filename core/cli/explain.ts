// `dockwarden explain`: who would be asked, what each says, and why a scope is granted or not. Here its command line.
import type { Command } from 'commander'
import type { ExplainOptions } from './explain/question.ts'
import type { Output } from './output.ts'

const EXAMPLES = `
The server's own steps are run; nothing is signed. Without --ask nobody is logged in: the account and the labels are taken as given.

Examples:
  dockwarden explain --account alice --label team=red repository:team/app:pull,push
  dockwarden explain dockwarden.yml --account alice --ask repository:team/app:push
  printf %s "$PASSWORD" | dockwarden explain --account alice --ask repository:team/app:push
  dockwarden explain --account ci --ip 10.1.2.3 --at 2026-03-01T02:30:00Z 'registry:catalog:*'
  dockwarden explain --who repository:team/app:push
  dockwarden explain --request 6f1e0c52-9d3c-4f0e-8f8e-2f6b0c1d7a11 --log dockwarden.log

Exit status: 0 all granted (--who: to somebody), 1 not, 2 wrong usage or configuration.`

/**
 * Adds the command. What it does is loaded when it is run.
 *
 * @param configFile the configuration's file, as it was named or by default
 * @param ended takes the exit status
 */
export function addExplainCommand(
  program: Command,
  output: Output,
  configFile: (name: string | undefined) => string,
  ended: (status: number) => void,
): void {
  const many = (value: string, before: string[]) => [...before, value]
  program
    .command('explain')
    .description('say why an account may do something, or not')
    .usage('[file] [options] [scope...]')
    .argument('[words...]', 'the configuration, if any, and scopes such as repository:team/app:pull,push')
    .option('--account <name>', 'who asks; without it, a client without credentials')
    .option('--label <name=value>', 'a label of the account; repeatable', many, [])
    .option('--authenticator <id>', 'who accepts the account, or with --ask who alone is asked')
    .option('--ask', 'ask the authenticators; a password on standard input is tried, and counts as a login')
    .option('--ip <address>', "the client's address")
    .option('--service <name>', "the registry's service name; default: the first of token.services")
    .option('--client <id>', 'what the client calls itself (client_id)')
    .option('--at <time>', 'when: 2026-03-01T02:30:00Z; default: now')
    .option('--request <id>', 'take all that from this audit line, of --log or of standard input')
    .option('--log <file>', 'where the audit line stands')
    .option('--who <scope>', 'the other way round: which accounts, labels and rules could')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], options: ExplainOptions) => {
      const { explain } = await import('./explain/run.ts')
      ended(await explain(words, options, { configFile, input: process.stdin, output }))
    })
}
