// One robot account, whose jobs all begin at once: the question is one, and should cost one answer of the backend.
import { cpuOf } from '../../bench/process.ts'
import { addressOf } from '../client.ts'
import { mustAllBeServed, mustBeRight, together } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import { bcrypt, bystanders, entitled, login, loginsOf, OWN_NAMESPACE, others, PASSWORD } from '../people.ts'
import { countedProgram } from '../programs.ts'
import { shown } from '../tally.ts'

const JOBS = 200
const MOST_WAIT = 1_000
/** How often a program may run for 200 jobs that come within the time of one answer. */
const MOST_RUNS = 10

async function herd(drill: Drill, sections: object, runs?: () => number): Promise<void> {
  const server = await drill.start({ acl: [OWN_NAMESPACE], ...sections })
  const robot = (client: number) => login(server, 'robot', addressOf(client))
  const watch = await drill.watch(server.port, [bystanders('bystander', ...loginsOf(server, 'other'))])
  const before = { runs: runs?.() ?? 0, cpu: drill.own ? cpuOf(server.pid) : 0 }
  const answers = await together(JOBS, robot)
  const cpu = (cpuOf(server.pid) - before.cpu) / 1_000
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  drill.say('cost', `${shown(cpu)} of the server's CPU time for ${JOBS} jobs`)
  await mustBeRight(drill, server.judge, answers, () => entitled('robot'))
  mustAllBeServed(drill, answers)
  drill.mustBeServed(seen, 'bystander', MOST_WAIT)
  if (!runs) return
  const asked = runs() - before.runs
  drill.say('backend', `the program ran ${asked} times`)
  if (drill.own) drill.must(`the backend is asked at most ${MOST_RUNS} times`, asked <= MOST_RUNS, `${asked}`)
}

export const HERDS: readonly Scenario[] = [
  {
    name: 'herd',
    about: `one robot, ${JOBS} jobs at once from as many addresses, bcrypt cost 10`,
    async run(drill) {
      const password = await bcrypt(10)
      await herd(drill, { users: { robot: { password }, ...others('other', password) } })
    },
  },
  {
    name: 'herd-exec',
    about: `one robot, ${JOBS} jobs at once from as many addresses, a program of 1 s as the backend`,
    async run(drill) {
      const program = countedProgram(drill.folder, 'backend', 1, PASSWORD)
      const users = others('other', await bcrypt(10))
      await herd(drill, { users, ext_auth: { command: program.path } }, program.runs)
    },
  },
]
