// `npm run load`: what one client's load does to the others. See README.md in this folder.
import { availableParallelism, cpus, loadavg } from 'node:os'
import { Command } from 'commander'
import { Drill, type Scenario, type Wishes } from './drill.ts'
import { SCENARIOS } from './scenarios/index.ts'

const command = new Command('load')
  .description('Loads a server, and says what became of others.')
  .argument('[scenarios...]', 'their names, or how these begin; default: all but those on demand')
  .option(
    '--against <command>',
    "another server: started by this command and a configuration in docker_auth's form",
  )
  .option('--minutes <number>', 'how long the soak goes on', Number, 10)
  .option('--seed <number>', "repeats a soak's faults", Number, Date.now() % 1_000_000)
  .option('--list', 'says which scenarios there are')
  .parse()
const { list, ...wishes } = command.opts<Wishes & { list?: true }>()
const wanted = SCENARIOS.filter(({ name, onDemand }) =>
  command.args.length === 0 ? !onDemand : command.args.some((begin) => name.startsWith(begin)),
)
if (wanted.length === 0) command.error(`there is no such scenario; --list names them`)
// What was started must not stay behind: it is killed at the exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

if (list) for (const { name, about } of SCENARIOS) console.log(`${name.padEnd(20)} ${about}`)
else await runAll()

async function runAll(): Promise<void> {
  const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`
  console.log(`${machine}; ${wishes.against ?? 'Dockwarden'}`)
  let missed = 0
  for (const scenario of wanted) missed += await run(scenario)
  console.log(missed === 0 ? '\nall musts met' : `\n${missed} musts missed`)
  process.exitCode = missed === 0 ? 0 : 1
}

/** @returns how many musts were missed; a scenario that fails has missed one */
async function run({ name, about, ownOnly, run }: Scenario): Promise<number> {
  console.log(`\n${name}: ${about}; load of the machine ${loadavg()[0]!.toFixed(1)}`)
  const drill = new Drill(wishes)
  if (ownOnly && !drill.own) drill.say('left out', "it needs what docker_auth's form does not have")
  try {
    if (!ownOnly || drill.own) await run(drill)
  } catch (error) {
    drill.must('the scenario runs to its end', false, (error as Error).message)
  } finally {
    await drill.end()
  }
  return drill.missed
}
