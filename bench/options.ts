// The command line of `npm run bench`.
import { Command, InvalidArgumentError } from 'commander'

/** What is to be measured, and how. */
export interface BenchOptions {
  readonly steps: boolean
  readonly rules: boolean
  /** How the names of steps, or of kinds of rules, begin; none: all. */
  readonly names: readonly string[]
  readonly against: string | undefined
  readonly rounds: number
  /** Of load in each round. */
  readonly seconds: number
  readonly short: boolean
  readonly markdown: boolean
}

/**
 * Reads it.
 *
 * @param args without the program's
 * @throws CommanderError when it is wrong; what is wrong has been written to standard error
 */
export function readOptions(args: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description('Measures what a token costs the server. bench/README.md has the method.')
    .argument('[names...]', 'with --steps or --rules: how the names of those to be measured begin')
    .option('--steps', 'each step of a request by itself, in one process')
    .option('--rules', 'one decision among 10 rules and among 10,000, for many kinds of rules')
    .option(
      '--against <command>',
      "another server that reads docker_auth's form, in turn with ours; {config} and {address} stand for the file and host:port",
    )
    .option('--rounds <number>', 'how often each is measured', positive)
    .option('--seconds <number>', 'of load in each round', positive)
    .option('--short', 'fewer rows in less than a minute')
    .option('--markdown', 'the table as it stands in bench/README.md')
    .addHelpText(
      'after',
      `
Examples:
  npm run bench -- --markdown
  npm run bench -- --against 'docker_auth {config}'
  npm run bench -- --steps decide audit`,
    )
    .exitOverride()
    .parse(args, { from: 'user' })
  const given = command.opts<Partial<BenchOptions>>()
  const { steps = false, rules = false, short = false, markdown = false, against } = given
  if (steps && rules) command.error('write --steps or --rules, not both')
  if ((steps || rules) && against !== undefined)
    command.error('--against compares whole servers: leave --steps and --rules out')
  if (command.args.length > 0 && !steps && !rules)
    command.error(
      `${command.args[0]} is a name of a step or of a kind of rules: write --steps or --rules, too`,
    )
  const rounds = given.rounds ?? (short ? 1 : steps || rules ? 7 : 5)
  const seconds = given.seconds ?? (short ? 1 : 6)
  return { steps, rules, names: command.args, against, rounds, seconds, short, markdown }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}
