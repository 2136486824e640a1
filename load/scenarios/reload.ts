// 10,000 rules are replaced while tokens are fetched: nobody waits for it, and the new rules count.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { addressOf } from '../client.ts'
import { mustBeRight, repeatedly } from '../crowd.ts'
import { type Drill, HEALTH, type Scenario } from '../drill.ts'
import { PASSWORD } from '../people.ts'
import { longest, timesOf } from '../tally.ts'

const RULES = 10_000
const TIMES = 3
/** The files are looked at every other second, and must stay the same from one look to the next; a busy machine takes longer. */
const MOST_TIME = 20_000
const MOST_WAIT = 250

/** @param version rules of another version name other teams */
function rulesOf(version: number): string {
  const rules = Array.from({ length: RULES - 1 }, (_, n) => ({
    match: { account: `/^team-${n}-v${version}$/`, name: `team-${n}/*` },
    actions: ['pull'],
  }))
  const own = { match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }
  return [...rules, own].map((rule) => `- ${JSON.stringify(rule)}\n`).join('')
}

async function reload(drill: Drill): Promise<void> {
  const file = join(drill.folder, 'rules.yml')
  writeFileSync(file, rulesOf(0))
  const server = await drill.start(
    {
      authenticators: [{ plugin: 'static', options: { users: { robot: { password: '!env ROBOT' } } } }],
      authorizers: [{ plugin: 'acl', options: { rules: [{ include: 'rules.yml' }] } }],
    },
    { env: { ROBOT: PASSWORD } },
  )
  const watch = await drill.watch(server.port)
  const replaced = () => server.written().split('included rules read again').length - 1
  let over = false
  const load = repeatedly({ clients: 4, until: () => over, pause: 50 }, (client) => ({
    port: server.port,
    from: addressOf(client),
    user: ['robot', PASSWORD],
    query: { service: 'registry', scope: 'repository:robot/app:pull' },
  }))
  for (let version = 1; version <= TIMES; version++) {
    writeFileSync(`${file}.new`, rulesOf(version))
    renameSync(`${file}.new`, file)
    const end = performance.now() + MOST_TIME
    while (replaced() < version && performance.now() < end) await delay(100)
  }
  over = true
  const answers = await load
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  await mustBeRight(drill, server.judge, answers, () => ({
    account: 'robot',
    access: ['repository:robot/app:pull'],
  }))
  drill.must(`the rules were replaced ${TIMES} times`, replaced() === TIMES, `${replaced()}`)
  drill.must(
    `the longest wait of a token is under ${MOST_WAIT} ms`,
    answers.every(({ status }) => status === 200) && longest(answers) < MOST_WAIT,
    timesOf(answers),
  )
  drill.say('longest gap', timesOf(seen.get(HEALTH) ?? []))
}

export const RELOAD: Scenario = {
  name: 'reload',
  about: `${RULES} rules replaced ${TIMES} times while four clients fetch tokens`,
  ownOnly: true,
  run: reload,
}
