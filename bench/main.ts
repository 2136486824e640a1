// `npm run bench`: what a token costs. See README.md in this folder for the method.
import { CommanderError } from 'commander'
import { readOptions } from './options.ts'

// What was started must not stay behind: it is killed at the exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  const options = readOptions(process.argv.slice(2))
  const { steps, rules, rounds, names } = options
  if (steps) await (await import('./steps/main.ts')).benchSteps(rounds, names)
  else if (rules) await (await import('./rules/main.ts')).benchRules(rounds, names)
  else await (await import('./table/main.ts')).benchTable(options)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
