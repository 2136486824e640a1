// A thousand reloads while tokens are fetched: users, rules and signing keys change each time. No request fails, no decision is of another
// version than may be, and the memory does not grow.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askServer } from '../../core/server/control-client.ts'
import type { Reloaded } from '../../core/server/reload-answer.ts'
import { RELOAD } from '../../core/server/reload-verb.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { type Answer, addressOf, ask } from '../client.ts'
import { mustAllBeServed, mustBeRight, repeatedly } from '../crowd.ts'
import { asYaml, type Drill, type Scenario } from '../drill.ts'
import { PASSWORD } from '../people.ts'
import { figuresOf } from '../process-figures.ts'
import { timesOf } from '../tally.ts'
import { type Entitled, tokenJudge } from '../tokens.ts'

const RELOADS = 1_000
/** By then everything has been compiled, and the caches are full. */
const WARM = 500
/** MiB that the process may have more than when it was warm: what the collector has not looked at yet. */
const MOST_GROWTH = 60
const STEADY = 'steady'

/** What the file of a version says, besides address and keys. */
function sections(version: number): object {
  const user = (name: string) => [name, { password: '!env ROBOT' }]
  const own = (name: string) => ({ match: { account: name, name: `${name}/*` }, actions: ['pull'] })
  return {
    authenticators: [
      { plugin: 'static', options: { users: Object.fromEntries([STEADY, `robot-${version}`].map(user)) } },
    ],
    authorizers: [{ plugin: 'acl', options: { rules: [own(STEADY), own(`robot-${version}`)] } }],
  }
}

async function reload(drill: Drill): Promise<void> {
  const path = (name: string) => join(drill.folder, name)
  const server = await drill.start({ server: { guard: false }, ...sections(0) }, { env: { ROBOT: PASSWORD } })
  const other = await newPair('P-256')
  writeFileSync(path('other.crt'), other.certificate)
  writeFileSync(path('other.key'), other.key)
  const judges = [server.judge, tokenJudge(other.certificate)]
  const judge = async (answer: Answer, whom: Entitled) => {
    const faults = await Promise.all(judges.map((one) => one(answer, whom)))
    return faults.includes(undefined) ? undefined : faults.join('; ')
  }
  const write = (version: number) => {
    const name = version % 2 === 0 ? 'token' : 'other'
    const token = { keys: [{ certificate: path(`${name}.crt`), key: path(`${name}.key`) }] }
    const listen = `127.0.0.1:${server.port}`
    const config = { server: { listen, guard: false }, token, ...sections(version) }
    writeFileSync(path('config.yml'), asYaml(config))
  }
  const question = (account: string, client: number) => ({
    port: server.port,
    from: addressOf(client),
    user: [account, PASSWORD] as [string, string],
    query: { service: 'registry', scope: `repository:${account}/app:pull` },
  })
  let over = false
  const load = repeatedly({ clients: 4, until: () => over, pause: 5 }, (client) => question(STEADY, client))

  const changing: Answer[] = []
  const former: Answer[] = []
  const times: number[] = []
  let refused = 0
  let warm = 0
  for (let version = 1; version <= RELOADS; version++) {
    write(version)
    const began = performance.now()
    const reloaded = (await askServer(path('state'), RELOAD, { by: 'a drill' })) as Reloaded
    times.push(performance.now() - began)
    if (reloaded.outcome !== 'reloaded') refused += 1
    const [now, before] = await Promise.all(
      [version, version - 1].map((nth) => ask(question(`robot-${nth}`, 10 + (nth % 2)))),
    )
    changing.push(now!)
    former.push(before!)
    if (version === WARM) warm = figuresOf(server.pid).memory
  }
  over = true
  const answers = await load
  const { memory, descriptors } = figuresOf(server.pid)
  drill.say(
    'reloads',
    `${RELOADS}: ${times.map(Math.round).sort((a, b) => a - b)[RELOADS / 2]} ms each, as a rule`,
  )
  drill.say('meanwhile', `${answers.length} tokens: ${timesOf(answers)}`)
  drill.reportCauses(server)
  drill.must('every reload was taken', refused === 0, `${refused} refused`)
  mustAllBeServed(drill, answers)
  await mustBeRight(drill, judge, answers, () => ({
    account: STEADY,
    access: [`repository:${STEADY}/app:pull`],
  }))
  mustAllBeServed(drill, changing)
  await mustBeRight(drill, judge, changing, (nth) => ({
    account: `robot-${nth + 1}`,
    access: [`repository:robot-${nth + 1}/app:pull`],
  }))
  const still = former.filter(({ status }) => status !== 401).length
  drill.must('no account of the version before', still === 0, `${still} of ${former.length}`)
  drill.must(
    `the memory grows by less than ${MOST_GROWTH} MiB after ${WARM} reloads`,
    memory - warm < MOST_GROWTH,
    `${warm} MiB, then ${memory} MiB; ${descriptors} descriptors`,
  )
}

export const RELOAD_CONFIG: Scenario = {
  name: 'reload-config',
  about: `${RELOADS} reloads with other users, rules and keys while four clients fetch tokens`,
  ownOnly: true,
  run: reload,
}
