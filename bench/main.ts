// `npm run bench`: what a token costs. See README.md in this folder for the method.
import { Command } from 'commander'

const command = new Command('bench')
  .description('Measures what a token costs the server.')
  .argument('[steps...]', 'with --steps: how their names begin; default: all')
  .option('--steps', 'what each step of a request costs, in one process')
  .option('--rounds <number>', 'how often each is measured, in turn', Number)
  .parse()
const { steps, rounds } = command.opts<{ steps?: true; rounds?: number }>()

if (steps) {
  const { benchSteps } = await import('./steps/main.ts')
  await benchSteps(rounds ?? 7, command.args)
} else {
  await import('./tokens.ts')
}
