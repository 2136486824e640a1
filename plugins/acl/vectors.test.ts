// docker_auth's own answers to requests over random rules: see test/vectors/README.md.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { toLabels } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

interface VectorCase {
  readonly users: Record<string, { labels?: Record<string, string[]> }>
  readonly acl: unknown[]
  readonly requests: {
    readonly account: string
    readonly ip: string
    readonly service: string
    readonly scopes: string[]
    readonly answer: { status: number; access: [type: string, name: string, actions: string[]][] }
  }[]
}

const file = new URL('../../test/vectors/acl-docker_auth.json', import.meta.url)
const cases: VectorCase[] = JSON.parse(readFileSync(file, 'utf8'))

/** Entries of one resource as one, everything in order. */
function merged(access: Iterable<readonly [type: string, name: string, actions: readonly string[]]>) {
  const all = new Map<string, Set<string>>()
  for (const [type, name, actions] of access) {
    const held = all.get(`${type}:${name}`) ?? []
    all.set(`${type}:${name}`, new Set([...held, ...actions]))
  }
  return [...all].map(([resource, actions]) => `${resource}:${[...actions].sort()}`).sort()
}

describe('acl: docker_auth vectors', () => {
  for (const [index, { users, acl, requests }] of cases.entries()) {
    it(`answers the ${requests.length} requests of rule list ${index} as docker_auth does`, async () => {
      const options = plugin.options.parse({ rules: acl, substitution: 'pattern' })
      const instance = await plugin.create(options, testHost())
      for (const { account, ip, service, scopes, answer } of requests) {
        const labels = toLabels(users[account]?.labels)
        const request = testRequest({ account, labels, client: { ip }, service })
        const access = scopes.map(async (scope) => {
          const [type, name, actions] = parse(scope)
          const outcome = await instance.authorize({ type, name, actions }, request)
          const explained = await instance.explain!({ type, name, actions }, request)
          expect(explained.outcome).to.deep.equal(outcome)
          return [type, name, outcome.outcome === 'grant' ? outcome.actions : []] as const
        })
        expect(answer.status).to.equal(200)
        expect(merged(await Promise.all(access)), JSON.stringify({ account, ip, scopes })).to.deep.equal(
          merged(answer.access),
        )
      }
    })
  }
})

function parse(scope: string): [type: string, name: string, actions: string[]] {
  const first = scope.indexOf(':')
  const last = scope.lastIndexOf(':')
  return [scope.slice(0, first), scope.slice(first + 1, last), scope.slice(last + 1).split(',')]
}
