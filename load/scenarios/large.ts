// One client asks for as much as a request can hold, of rules that are as dear as they can be: others must not feel it.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { addressOf, type Question } from '../client.ts'
import { after, repeatedly } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import { bcrypt, bystanders, loginsOf, others, PASSWORD } from '../people.ts'
import { countedProgram } from '../programs.ts'
import { longest, shown, timesOf } from '../tally.ts'

/** The most that one request may ask for. */
const SCOPES = 100
const ACTIONS = 32
/** So many clients ask so at once, again and again. */
const CLIENTS = 4
const SECONDS = 3
const MOST_GAP = 100
const MOST_WAIT = 1_000
const DEADLINE = 13_000

const numbered = (count: number, text: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n))
const values = (prefix: string) => numbered(2_000, (n) => `${prefix}${n}-${'v'.repeat(20)}`)

interface Case {
  readonly name: string
  readonly about: string
  readonly ownOnly?: boolean
  /** Labels of the client's account. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
  /** Scopes that it asks for. */
  readonly scopes: readonly string[]
  /** The authorizers: sections of docker_auth's form, or a native list. */
  rules(drill: Drill): Promise<object> | object
  /** What reached the backend. */
  reached?(): number
}

const dear = (prefix = 'team') =>
  numbered(SCOPES, (n) => `repository:${prefix}-${n}/${'a'.repeat(200)}:pull,push`)
const manyActions = numbered(
  SCOPES,
  (n) => `repository:team-${n}/app:${numbered(ACTIONS, (k) => `act${k}`).join(',')}`,
)

const CASES: readonly Case[] = [
  {
    name: 'labels',
    about: 'acl: two label placeholders of 2,000 values in a name, 100 scopes',
    labels: { one: values('a'), two: values('b') },
    scopes: numbered(SCOPES, (n) => `repository:a1999-${'v'.repeat(20)}/x${n}-b:pull`),
    rules: () => ({ acl: [{ match: { name: '${labels:one}/x*-${labels:two}' }, actions: ['*'] }] }),
  },
  {
    name: 'labels-twice',
    about: 'acl: two label placeholders of 2,000 values without anything between them, one scope',
    labels: { one: values('v'), two: values('v') },
    scopes: [`repository:${'v'.repeat(230)}:pull`],
    rules: () => ({ acl: [{ match: { name: '/^(${labels:one}|${labels:two})+x$/' }, actions: ['*'] }] }),
  },
  {
    name: 'regexes',
    about: 'acl: 1,000 expressions that try long, 100 scopes of long names',
    scopes: dear(),
    rules: () => ({
      acl: numbered(1_000, (n) => `/^team-\\d+/(a|aa|a?a?)+${n}$/`).map((name) => ({
        match: { name },
        actions: ['*'],
      })),
    }),
  },
  {
    name: 'includes',
    about: 'acl: 10,000 rules in a file of groups, 100 scopes that no rule fits',
    ownOnly: true,
    scopes: dear(),
    rules(drill) {
      const group = (n: number) => ({
        group: `g${n}`,
        match: { type: 'repository' },
        rules: numbered(100, (k) => `/^other-${n}-${k}-/`).map((name) => ({
          match: { name },
          actions: ['pull'],
        })),
      })
      writeFileSync(
        join(drill.folder, 'rules.yml'),
        JSON.stringify(Array.from({ length: 100 }, (_, n) => group(n))),
      )
      return { authorizers: [{ plugin: 'acl', options: { rules: [{ include: 'rules.yml' }] } }] }
    },
  },
  {
    name: 'conditions',
    about: 'acl: conditions that compare 2,000 values with each other, 100 scopes',
    ownOnly: true,
    labels: { one: values('a'), two: values('b') },
    scopes: dear(),
    rules: () => ({
      authorizers: [
        {
          plugin: 'acl',
          options: {
            rules: [
              { match: {}, when: 'labels.one.exists(x, labels.two.exists(y, x == y))', actions: ['*'] },
            ],
          },
        },
      ],
    }),
  },
  {
    name: 'casbin',
    about: 'casbin: 1,000 lines with expressions, 100 scopes of 32 actions',
    scopes: manyActions,
    rules(drill) {
      const [model, policy] = [join(drill.folder, 'model.conf'), join(drill.folder, 'policy.csv')]
      writeFileSync(model, MODEL)
      writeFileSync(
        policy,
        numbered(1_000, (n) => `p, role:r${n}, repository, ^other-${n}-.*$, registry, act${n % ACTIONS}`)
          .concat(numbered(1_000, (n) => `g, heavy, role:r${n}`))
          .join('\n'),
      )
      // docker_auth wants a list.
      return { acl: [], casbin_authz: { model_path: model, policy_path: policy } }
    },
  },
]

const MODEL = `[request_definition]
r = account, type, name, service, ip, action, labels
[policy_definition]
p = account, type, name, service, action
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.account, p.account) && r.type == p.type && regexMatch(r.name, p.name) && r.action == p.action
`

async function large(drill: Drill, { labels, scopes, rules, ownOnly, reached }: Case): Promise<void> {
  const password = await bcrypt(10)
  const users = { heavy: { password, ...(labels && { labels }) }, ...others('other', password) }
  const authentication: Record<string, object> = ownOnly
    ? { authenticators: [{ plugin: 'static', options: { users } }] }
    : { users }
  const server = await drill.start({ ...authentication, ...(await rules(drill)) })
  const watch = await drill.watch(server.port, [bystanders('bystander', ...loginsOf(server, 'other'))])
  const heavy = (client: number): Question => ({
    port: server.port,
    from: addressOf(client),
    form: { username: 'heavy', password: PASSWORD, service: 'registry', scope: scopes.join(' ') },
  })
  const answers = await repeatedly({ clients: CLIENTS, until: after(SECONDS), pause: 0 }, heavy)
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  if (reached) drill.say('backend', `${reached()} questions reached it`)
  drill.must(
    `each of ${answers.length} is answered, or 503, within ${shown(DEADLINE)}`,
    answers.every(({ status }) => status === 200 || status === 503) && longest(answers) < DEADLINE,
    timesOf(answers),
  )
  drill.mustBeHealthy(seen, MOST_GAP)
  drill.mustBeServed(seen, 'bystander', MOST_WAIT)
}

/** Rules that somebody else judges: 100 scopes are 100 questions. */
function outside(): Case[] {
  let runs: (() => number) | undefined
  let asked = 0
  return [
    {
      name: 'exec-authorizer',
      about: 'a program of 50 ms judges each of 100 scopes',
      scopes: dear(),
      rules(drill) {
        const program = countedProgram(drill.folder, 'judge', 0.05)
        runs = program.runs
        return { ext_authz: { command: program.path } }
      },
      reached: () => runs!(),
    },
    {
      name: 'http-authorizer',
      about: 'a service that takes 50 ms judges each of 100 scopes',
      ownOnly: true,
      scopes: dear(),
      async rules(drill) {
        const service = createServer((_request, response) => {
          asked++
          setTimeout(() => response.end(), 50)
        }).listen(0, '127.0.0.1')
        await once(service, 'listening')
        drill.atEnd(() => {
          service.closeAllConnections()
          service.close()
        })
        const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`
        return { authorizers: [{ plugin: 'http', options: { url, grant: 'response.status == 200' } }] }
      },
      reached: () => asked,
    },
  ]
}

export const LARGE_REQUESTS: readonly Scenario[] = [...CASES, ...outside()].map((one) => ({
  name: `large-${one.name}`,
  about: one.about,
  ...(one.ownOnly && { ownOnly: true }),
  run: (drill) => large(drill, one),
}))
