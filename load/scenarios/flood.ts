// Wrong passwords without end, from a hundred addresses: who logs in beside them must not feel it, and nothing may be left of it afterwards.
import { addressOf, ask, bystanderAddress } from '../client.ts'
import { after, repeatedly } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import { bcrypt, bystanders, login, loginsOf, OWN_NAMESPACE, others, users } from '../people.ts'
import { countedProgram } from '../programs.ts'
import { shown } from '../tally.ts'

const CLIENTS = 100
const SECONDS = 20
const PAUSE = 200
const COST = 12
const MOST_WAIT = 1_000
const STOP_LIMIT = 15_000

/** @param victim the account that a client guesses at */
async function flood(drill: Drill, victim: (client: number) => string): Promise<void> {
  const program = countedProgram(drill.folder, 'backend', 0.05, 'of the other backend')
  const hash = await bcrypt(COST)
  const ordinary = await bcrypt(10)
  // What is loaded here is the line for hashes: the guard has drills of its own.
  const server = await drill.start({
    server: { guard: false },
    users: {
      ...users(CLIENTS, hash),
      '': {},
      ...others('other', ordinary),
      later: { password: ordinary },
    },
    ext_auth: { command: program.path },
    acl: [OWN_NAMESPACE],
  })
  const from = bystanderAddress
  const watch = await drill.watch(server.port, [
    bystanders('same backend', ...loginsOf(server, 'other')),
    bystanders('other backend', ...loginsOf(server, 'elsewhere', 'of the other backend')),
    bystanders('anonymous', { port: server.port, from: from(3), query: { service: 'registry' } }),
  ])
  const answers = await repeatedly({ clients: CLIENTS, until: after(SECONDS), pause: PAUSE }, (client, nth) =>
    login(server, victim(client), addressOf(client), `wrong ${client} ${nth}`),
  )
  const next = await ask(login(server, 'later', from(4)))
  const seen = await watch.take()
  drill.report(answers, seen)
  drill.reportCauses(server)
  const wrong = answers.filter(({ status }) => status === 200).length
  drill.must('a wrong password is never 200', wrong === 0, `${wrong} of ${answers.length}`)
  for (const name of ['same backend', 'other backend', 'anonymous']) drill.mustBeServed(seen, name, MOST_WAIT)
  drill.must(
    'right after it a login is served at once',
    next.status === 200 && next.ms < MOST_WAIT,
    `${next.status} after ${shown(next.ms)}`,
  )
  await watch.stop()
  const abandoned = repeatedly({ clients: CLIENTS, until: after(1), pause: PAUSE }, (client, nth) =>
    login(server, victim(client), addressOf(client), `wrong ${client} ${nth}`),
  )
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const stopped = await server.stop()
  await abandoned
  drill.must(
    `SIGTERM in the midst of it ends it within ${shown(STOP_LIMIT)}`,
    stopped < STOP_LIMIT,
    shown(stopped),
  )
}

export const FLOODS: readonly Scenario[] = [
  {
    name: 'flood-one-name',
    about: `${CLIENTS} clients, wrong passwords for one known name, bcrypt cost ${COST}, ${SECONDS} s`,
    run: (drill) => flood(drill, () => 'user-0'),
  },
  {
    name: 'flood-many-names',
    about: `${CLIENTS} clients, wrong passwords for ${CLIENTS} known names, bcrypt cost ${COST}, ${SECONDS} s`,
    run: (drill) => flood(drill, (client) => `user-${client}`),
  },
]
