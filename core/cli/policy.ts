// `dockwarden policy`: what a configuration decides, tried and compared without a network. Here its command line.
import type { Command } from 'commander'
import type { Output } from './output.ts'

const TEST_EXAMPLES = `
A file of cases is a list, or a map with config: FILE and cases:

  - account: alice
    labels: { team: red }
    scope: repository:team/app:pull,push
    expect: [pull]
    rule: 3

Examples:
  dockwarden policy test policy.yml --config dockwarden.yml
  dockwarden policy test tests/*.yml --coverage
  dockwarden policy test policy.yml --tap
  dockwarden policy test policy.yml --junit report.xml

Exit status: 0 all as expected, 1 not, or undecided without a network, 2 wrong usage, cases or configuration.`

const DIFF_EXAMPLES = `
Examples:
  dockwarden policy diff dockwarden.yml new.yml
  dockwarden policy diff auth_config.yml dockwarden.yml --log dockwarden.log
  docker logs auth 2>&1 | dockwarden policy diff dockwarden.yml new.yml --log -

Exit status: 0 nothing changes, 1 something does, or not all could be told without a network, 2 wrong usage or configuration.`

const GENERATE_EXAMPLES = `
Examples:
  dockwarden policy generate --log dockwarden.log > policy.yml
  docker logs auth 2>&1 | dockwarden policy generate --log - > policy.yml

Exit status: 0 there are cases, 1 there is none in the log, 2 wrong usage.`

const PASSING = [
  '--passing <id>',
  'take this authorizer to have nothing to say, as it would need a network; repeatable',
] as const

function many(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/**
 * Adds the commands. What they do is loaded when they are run.
 *
 * @param configFile the configuration's file, as it was named or by default
 * @param ended takes the exit status
 */
export function addPolicyCommands(
  program: Command,
  output: Output,
  configFile: (name: string | undefined) => string,
  ended: (status: number) => void,
): void {
  const group = program
    .command('policy')
    .description('what a configuration decides: try it, compare two, without a network')
  group
    .command('test')
    .description('ask a configuration what it decides, and compare with what is expected')
    .argument('<file...>', 'files of cases')
    .option(
      '--config <file>',
      'the configuration; default: what the file names, DOCKWARDEN_CONFIG, then config/dockwarden.yml',
    )
    .option(...PASSING, many, [])
    .option('--coverage', 'show how often each rule decided, and which never did')
    .option('--tap', 'print TAP, for CI')
    .option('--junit <file>', 'also write a JUnit report')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', TEST_EXAMPLES)
    .action(async (files: string[], options) => {
      const { testPolicy } = await import('./policy/test.ts')
      ended(await testPolicy(files, options, { configFile, output }))
    })
  group
    .command('diff')
    .description(
      'what a change of the configuration changes for whom, over a log and over requests made of the rules',
    )
    .argument('<old>', 'a configuration, in either form')
    .argument('<new>', 'another one, in either form')
    .option('--log <file>', 'an audit log (- = standard input): what was asked in it; repeatable', many, [])
    .option(...PASSING, many, [])
    .option('--count <number>', 'make so many requests of the rules, at least', '10000')
    .option('--seed <number>', 'another number makes others', '1')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', DIFF_EXAMPLES)
    .action(async (before: string, after: string, options) => {
      const { diffPolicies } = await import('./policy/diff.ts')
      ended(await diffPolicies(before, after, options, { input: process.stdin, output }))
    })
  group
    .command('generate')
    .description('print first cases, from what an audit log says was asked and granted')
    .requiredOption('--log <file>', 'the audit log (- = standard input); repeatable', many)
    .addHelpText('after', GENERATE_EXAMPLES)
    .action(async (options) => {
      const { generateCases } = await import('./policy/generate.ts')
      ended(await generateCases(options, { input: process.stdin, output }))
    })
}
