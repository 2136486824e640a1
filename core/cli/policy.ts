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

const PASSING = [
  '--passing <id>',
  'take this authorizer to have nothing to say, as it would need a network; repeatable',
] as const

function many(value: string, before: string[]): string[] {
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
}
