// Guessing, and whoever has the same account or the same address: what reaches the backend is counted by the backend.
import { addressOf, ask, bystanderAddress, type Question } from '../client.ts'
import { after, repeatedly } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import { bcrypt, bystanders, login, OWN_NAMESPACE, PASSWORD } from '../people.ts'
import { type CountedProgram, countedProgram } from '../programs.ts'
import type { LoadedServer } from '../server.ts'
import { kindsOf } from '../tally.ts'

const GUESSES = 10_000
const CLIENTS = 20
const SECONDS = 10
const NAMES = 200
const NETWORKS = 60
const MOST_WAIT = 2_000
const PEOPLE = 30

interface Started {
  readonly server: LoadedServer
  readonly program: CountedProgram
}

/** A server before a program that knows everybody's password, and counts. */
async function counting(drill: Drill): Promise<Started> {
  const program = countedProgram(drill.folder, 'backend', 0, PASSWORD)
  const server = await drill.start({ ext_auth: { command: program.path }, acl: [OWN_NAMESPACE] })
  return { server, program }
}

/** A server that knows these accounts. */
async function started(drill: Drill, ...accounts: string[]): Promise<LoadedServer> {
  const password = await bcrypt(10)
  const users = Object.fromEntries(accounts.map((account) => [account, { password }]))
  return await drill.start({ users, acl: [OWN_NAMESPACE] })
}

const PERSONS = Array.from({ length: PEOPLE }, (_, n) => `person-${n}`)

function mustReach(drill: Drill, reached: number, most: number): void {
  drill.must(`at most ${most} of them reach the backend`, reached <= most, `${reached}`)
}

/** One network guesses at one account, whose owner logs in from elsewhere all the time. */
async function oneNetwork(drill: Drill): Promise<void> {
  const { server, program } = await counting(drill)
  const watch = await drill.watch(server.port, [
    bystanders('owner', login(server, 'owner', bystanderAddress(1))),
  ])
  const before = program.runs()
  let asked = 0
  const over = after(SECONDS)
  const answers = await repeatedly(
    { clients: CLIENTS, until: () => asked >= GUESSES || over(), pause: 0 },
    () => login(server, 'owner', addressOf(1), `wrong ${asked++}`),
  )
  const seen = await watch.stop()
  drill.report(answers, seen)
  const wrong = program.runs() - before - (seen.get('owner')?.length ?? 0)
  drill.say('guesses', `${answers.length}, ${kindsOf(answers)}`)
  mustReach(drill, wrong, 50)
  drill.mustBeServed(seen, 'owner', MOST_WAIT)
}

/** Behind one address: a robot with an old password that never stops, and people who log in. */
async function nat(drill: Drill): Promise<void> {
  const { server, program } = await counting(drill)
  const people: Question[] = PERSONS.map((person) => login(server, person, addressOf(1)))
  const watch = await drill.watch(server.port, [bystanders('people', ...people)])
  const before = program.runs()
  const answers = await repeatedly({ clients: 5, until: after(SECONDS), pause: 20 }, () =>
    login(server, 'robot', addressOf(1), 'an old password'),
  )
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.must(
    'the robot is told that its password is wrong, each time',
    answers.every(({ status }) => status === 401),
    kindsOf(answers),
  )
  mustReach(drill, program.runs() - before - (seen.get('people')?.length ?? 0), 10)
  drill.mustBeServed(seen, 'people', MOST_WAIT)
}

/** An ingress that the configuration does not name: all clients have its address, one of them guesses. */
async function ingress(drill: Drill): Promise<void> {
  const server = await started(drill, 'owner', ...PERSONS)
  const through = (question: Question, client: number): Question => ({
    ...question,
    headers: { 'X-Forwarded-For': `192.0.2.${client}` },
  })
  const people = PERSONS.map((person, n) => through(login(server, person, addressOf(1)), n))
  const watch = await drill.watch(server.port, [
    bystanders('people', ...people),
    bystanders('owner', through(login(server, 'owner', addressOf(1)), 100)),
  ])
  const answers = await repeatedly({ clients: CLIENTS, until: after(SECONDS), pause: 50 }, (client, nth) =>
    through(login(server, 'owner', addressOf(1), `wrong ${client} ${nth}`), 200),
  )
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.must(
    'nobody is turned away',
    answers.every(({ status }) => status === 401),
    kindsOf(answers),
  )
  const warnings = server
    .written()
    .split('\n')
    .filter((line) => line.includes('server.client_ip'))
  drill.must('one warning names the setting', warnings.length === 1, `${warnings.length}`)
  drill.mustBeServed(seen, 'people', MOST_WAIT)
  // At most two seconds behind the guesses.
  drill.mustBeServed(seen, 'owner', 2 * MOST_WAIT)
}

/** Many networks guess at one account: a runner that has never been there logs in, and so does its owner. */
async function botnet(drill: Drill): Promise<void> {
  const server = await started(drill, 'owner')
  const home = login(server, 'owner', bystanderAddress(1))
  await ask(home)
  const watch = await drill.watch(server.port, [bystanders('owner', home)])
  const answers = await repeatedly({ clients: NETWORKS, until: after(SECONDS), pause: 100 }, (client, nth) =>
    login(server, 'owner', addressOf(client), `wrong ${client} ${nth}`),
  )
  const runners = await Promise.all(
    Array.from({ length: 10 }, (_, n) => ask(login(server, 'owner', bystanderAddress(100 + n)))),
  )
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.must(
    'a new runner gets in at its first try',
    runners.every(({ status }) => status === 200),
    kindsOf(runners),
  )
  drill.mustBeServed(seen, 'owner', MOST_WAIT)
}

/** One network tries one password for many names. */
async function spraying(drill: Drill): Promise<void> {
  const server = await started(drill, 'regular', 'other')
  const there = login(server, 'regular', addressOf(1))
  await ask(there)
  const watch = await drill.watch(server.port, [
    bystanders('known there', there),
    bystanders('elsewhere', login(server, 'other', bystanderAddress(1))),
  ])
  let name = 0
  const answers = await repeatedly({ clients: CLIENTS, until: () => name >= NAMES, pause: 0 }, () =>
    login(server, `name-${name++}`, addressOf(1), 'Spring2026'),
  )
  const seen = await watch.stop()
  drill.report(answers, seen)
  mustReach(drill, answers.filter(({ status }) => status !== 429).length, 50)
  for (const who of ['known there', 'elsewhere']) drill.mustBeServed(seen, who, MOST_WAIT)
}

export const GUARDS: readonly Scenario[] = [
  [
    'guard-network',
    `${GUESSES} wrong passwords for one account from one network, its owner elsewhere`,
    oneNetwork,
  ],
  ['guard-nat', 'a robot with an old password beside people behind one address', nat],
  ['guard-ingress', 'an ingress that is not named: one of its clients guesses', ingress],
  ['guard-botnet', `${NETWORKS} networks guess at one account, new runners log in`, botnet],
  ['guard-spraying', `one network tries one password for ${NAMES} names`, spraying],
].map(([name, about, run]) => ({ name, about, ownOnly: true, run }) as Scenario)
