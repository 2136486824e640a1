// Backends that take long, or hang: whoever needs them waits or is told in time, whoever does not is not concerned.
import { once, setMaxListeners } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startSlapd } from '../../test/support/slapd.ts'
import { addressOf, ask, bystanderAddress } from '../client.ts'
import { mustAllBeServed, mustBeRight, together } from '../crowd.ts'
import { directoryOf, READER_PASSWORD } from '../directory.ts'
import type { Drill, Scenario } from '../drill.ts'
import {
  bcrypt,
  bystanders,
  entitled,
  login,
  loginOf,
  loginsOf,
  OWN_NAMESPACE,
  others,
  PASSWORD,
} from '../people.ts'
import { countedProgram } from '../programs.ts'
import type { LoadedServer } from '../server.ts'
import { longest, shown, timesOf } from '../tally.ts'

const LOGINS = 100
const MOST_WAIT = 1_000
/** A request's 12 s, and what a busy machine adds. */
const DEADLINE = 13_000

const elsewhere = (server: LoadedServer) => [bystanders('other backend', ...loginsOf(server, 'other'))]

/** Users whom another backend knows. */
const usersElsewhere = async () => others('other', await bcrypt(10))

async function slowProgram(drill: Drill): Promise<void> {
  const program = countedProgram(drill.folder, 'backend', 2, PASSWORD)
  const server = await drill.start({
    users: await usersElsewhere(),
    ext_auth: { command: program.path },
    acl: [OWN_NAMESPACE],
  })
  const watch = await drill.watch(server.port, elsewhere(server))
  const answers = await together(LOGINS, (n) => loginOf(server, n))
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  drill.say('backend', `the program ran ${program.runs()} times`)
  await mustBeRight(drill, server.judge, answers, (n) => entitled(`user-${n}`))
  mustAllBeServed(drill, answers)
  drill.mustBeServed(seen, 'other backend', MOST_WAIT)
}

/** Nobody waits for these logins any more: no program is begun for them. */
async function left(drill: Drill): Promise<void> {
  const places = 4
  const program = countedProgram(drill.folder, 'backend', 2, PASSWORD)
  const options = { command: program.path, max_processes: places }
  const server = await drill.start({
    authenticators: [{ plugin: 'exec', options }],
    authorizers: [{ plugin: 'acl', options: { rules: [OWN_NAMESPACE] } }],
  })
  const watch = await drill.watch(server.port)
  // All in the same moment.
  const leave = AbortSignal.timeout(1_000)
  setMaxListeners(0, leave)
  const gone = await together(LOGINS, (n) => ({ ...loginOf(server, n), leave }))
  const begun = program.runs()
  const after = await ask(loginOf(server, LOGINS))
  await delay(3_000)
  drill.report(gone, await watch.stop())
  drill.say('backend', `the program ran ${program.runs()} times, ${begun} of them for who left`)
  const more = program.runs() - begun
  // While some leave, the places of those who left before may be taken once more.
  drill.must(
    'no line is worked off for clients that have left',
    more <= 2 * places,
    `${more} runs after they left, one of them for who came then`,
  )
  drill.must(
    'who comes then waits for begun work only',
    after.status === 200 && after.ms < 5_000,
    `${after.status} after ${shown(after.ms)}`,
  )
}

/** The backend hangs: who needs it is told so in time, never that a password is wrong; when it is back all is well. */
async function hung(
  drill: Drill,
  server: Awaited<ReturnType<Drill['start']>>,
  backend: { resume(): void; asked?(): number },
): Promise<void> {
  const watch = await drill.watch(server.port, elsewhere(server))
  const answers = await together(LOGINS, (n) =>
    login(server, 'ann', addressOf(n), `${PASSWORD}${n % 2 ? '' : '!'}`),
  )
  const seen = await watch.take()
  backend.resume()
  const began = performance.now()
  let after = await ask(login(server, 'ann', bystanderAddress(2)))
  while (after.status !== 200 && performance.now() - began < DEADLINE) {
    await delay(200)
    after = await ask(login(server, 'ann', bystanderAddress(2)))
  }
  const recovered = performance.now() - began
  await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  if (backend.asked) drill.say('backend', `${backend.asked()} questions reached it`)
  const verdicts = answers.filter(({ status }) => status !== 503).length
  drill.must(
    'each is answered with 503: nobody knows the answer',
    verdicts === 0,
    `${answers.length - verdicts}`,
  )
  drill.must(`within ${shown(DEADLINE)}`, longest(answers) < DEADLINE, timesOf(answers))
  drill.mustBeServed(seen, 'other backend', MOST_WAIT)
  drill.must('a login works soon after the backend does', after.status === 200, shown(recovered))
}

async function hungDirectory(drill: Drill): Promise<void> {
  const slapd = await startSlapd({ ldif: directoryOf('ann') })
  drill.atEnd(() => slapd.stop())
  const secret = join(drill.folder, 'reader')
  writeFileSync(secret, READER_PASSWORD)
  const server = await drill.start({
    users: await usersElsewhere(),
    ldap_auth: {
      addr: `127.0.0.1:${slapd.port}`,
      base: 'dc=example,dc=com',
      filter: '(uid=${account})',
      bind_dn: 'cn=reader,dc=example,dc=com',
      bind_password_file: secret,
    },
    acl: [OWN_NAMESPACE],
  })
  slapd.pause()
  drill.atEnd(() => slapd.resume())
  await hung(drill, server, slapd)
}

async function hungService(drill: Drill): Promise<void> {
  let hangs = true
  let asked = 0
  const service = createServer((_request, response) => {
    asked++
    if (!hangs) response.end()
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  drill.atEnd(() => {
    service.closeAllConnections()
    service.close()
  })
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`
  const server = await drill.start({
    authenticators: [
      { plugin: 'static', options: { users: await usersElsewhere() } },
      { plugin: 'http', options: { url, basic: {} } },
    ],
    authorizers: [{ plugin: 'acl', options: { rules: [OWN_NAMESPACE] } }],
  })
  const resume = () => {
    hangs = false
  }
  await hung(drill, server, { resume, asked: () => asked })
}

export const SLOW_BACKENDS: readonly Scenario[] = [
  {
    name: 'slow-exec',
    about: `${LOGINS} right logins at once, a program of 2 s as the backend`,
    run: slowProgram,
  },
  {
    name: 'slow-exec-left',
    about: `${LOGINS} logins at once that leave after 1 s, a program of 2 s with 4 places`,
    ownOnly: true,
    run: left,
  },
  { name: 'hung-ldap', about: `${LOGINS} logins at once while the directory hangs`, run: hungDirectory },
  {
    name: 'hung-http',
    about: `${LOGINS} logins at once while the service hangs`,
    ownOnly: true,
    run: hungService,
  },
]
