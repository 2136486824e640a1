// docker_auth's own answers, through the HTTP front door, from configurations in its own form.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { newPair } from '../support/key-pairs.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'

type Access = [type: string, name: string, actions: string[]]

/** One ACL with requests and what docker_auth answered. */
interface Case {
  readonly users: object
  readonly acl: object[]
  readonly requests: {
    readonly account: string
    readonly ip: string
    readonly service: string
    readonly scopes: string[]
    readonly answer: { readonly status: number; readonly access: Access[] }
  }[]
}

const CASES: Case[] = JSON.parse(
  readFileSync(new URL('../vectors/acl-docker_auth.json', import.meta.url), 'utf8'),
)
const PASSWORD = 'canary of the vectors'

/** One entry a resource, with all its actions, sorted. */
function merged(access: readonly Access[]): Access[] {
  const all = new Map<string, Access>()
  for (const [type, name, actions] of access) {
    const key = `${type}:${name}`
    const before = all.get(key)?.[2] ?? []
    all.set(key, [type, name, [...new Set([...before, ...actions])].sort()])
  }
  return [...all.values()]
}

const accessOf = ({ claims }: TokenAnswer) =>
  merged((claims?.access ?? []).map(({ type, name, actions }): Access => [type, name, actions]))

describe('a configuration in docker_auth’s form', () => {
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-docker-auth-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
  })

  after(() => rmSync(folder, { recursive: true }))

  function start(users: object, acl: object[]): Promise<TestInstance> {
    const [certificate, key] = [join(folder, 'token.crt'), join(folder, 'token.key')]
    const server = { addr: '127.0.0.1:0', real_ip_header: 'X-Real-IP' }
    const token = { issuer: 'Acme auth server', expiration: 900, certificate, key }
    return startTestServer({ config: JSON.stringify({ server, token, users, acl }) })
  }

  for (const [index, { users, acl, requests }] of CASES.entries()) {
    it(`decides as docker_auth did on ${requests.length} requests to ACL ${index + 1}`, async () => {
      await using server = await start(users, acl)
      for (const { account, ip, service, scopes, answer: expected } of requests) {
        const answer = await server.token({
          // An empty account is a request without credentials.
          user: account === '' ? undefined : [account, PASSWORD],
          query: { service, scope: scopes },
          headers: { 'x-real-ip': ip },
        })
        const asked = JSON.stringify({ account, ip, service, scopes })
        expect(answer.status, asked).to.equal(expected.status)
        expect(accessOf(answer), asked).to.have.deep.members(merged(expected.access))
        expect(answer.claims, asked).to.include({ iss: 'Acme auth server', sub: account, aud: service })
      }
    })
  }

  it('takes an empty name for a name, as docker_auth does', async () => {
    const granted = async (match: object) => {
      await using server = await start({ '': {} }, [{ match, actions: ['*'] }])
      const question = { query: { scope: 'repository::pull' }, headers: { 'x-real-ip': '192.0.2.1' } }
      return (await server.token(question)).access[0]
    }
    expect(await granted({ type: 'repository' })).to.equal('repository::pull')
    expect(await granted({ name: '*' })).to.equal('repository::pull')
    expect(await granted({ name: '/.+/' })).to.equal('repository::')
  })

  it('refuses a request without the header that names the client', async () => {
    await using server = await start({ alice: {} }, [{ match: {}, actions: ['*'] }])
    expect((await server.token({ user: ['alice', PASSWORD] })).status).to.equal(400)
  })

  it('takes any password of a user without one, and an anonymous user', async () => {
    await using server = await start({ '': {}, alice: {} }, [{ match: { account: 'alice' }, actions: ['*'] }])
    const ask = { headers: { 'x-real-ip': '192.0.2.1' }, query: { scope: 'repository:a:pull' } }
    expect((await server.token({ ...ask, user: ['alice', PASSWORD] })).access).to.deep.equal([
      'repository:a:pull',
    ])
    expect((await server.token(ask)).access).to.deep.equal(['repository:a:'])
    expect((await server.token({ ...ask, user: ['bob', PASSWORD] })).status).to.equal(401)
  })
})
