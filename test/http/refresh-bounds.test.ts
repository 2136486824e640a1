// How many refresh tokens an account may have, on a whole server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hash } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { newPair } from '../support/key-pairs.ts'
import { OWNERS } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const SERVICE = 'registry'
const PASSWORDS = { ALICE: 'canary of alice', BOB: 'canary of bob' }
const REFRESH = { max_unused: 2, max_per_account: 3 }

const NATIVE = {
  token: { refresh: REFRESH },
  authenticators: [
    {
      plugin: 'static',
      options: { users: { alice: { password: '!env ALICE' }, bob: { password: '!env BOB' } } },
    },
  ],
  authorizers: [{ plugin: OWNERS }],
}

async function login(server: TestInstance, name: 'alice' | 'bob' = 'alice'): Promise<string | undefined> {
  const password = PASSWORDS[name.toUpperCase() as keyof typeof PASSWORDS]
  const query = { service: SERVICE, offline_token: 'true', client_id: 'docker' }
  const { status, json } = await server.token({ user: [name, password], query })
  expect(status).to.equal(200)
  expect(json.token).to.be.a('string')
  return json.refresh_token
}

async function use(server: TestInstance, token: string | undefined): Promise<number> {
  const form = { grant_type: 'refresh_token', refresh_token: token!, service: SERVICE }
  return (await server.token({ form })).status
}

const warnings = (server: TestInstance) =>
  server.lines().filter(({ level, msg }) => level === 'warn' && /no refresh token/.test(msg))

describe('the refresh tokens of an account, on a server', () => {
  it('end unused when there are newer ones; used ones stay; beyond the bound there are none', async () => {
    await using server = await startTestServer({ config: NATIVE, env: PASSWORDS })
    const [oldest, second, third] = [await login(server), await login(server), await login(server)]
    expect(await use(server, oldest)).to.equal(400)
    expect(await use(server, second)).to.equal(200)
    expect(await use(server, third)).to.equal(200)
    const fourth = await login(server)
    expect(await use(server, fourth)).to.equal(200)
    // A login is a login, with or without one.
    for (let count = 0; count < 5; count++) expect(await login(server)).to.equal(undefined)
    for (const token of [second, third, fourth]) expect(await use(server, token)).to.equal(200)
    expect(await login(server, 'bob')).to.match(/^dwr_/)
  })

  it('are warned of when there is room for none: the account, the setting, and the remedy; and not each time', async () => {
    const token = { refresh: { ...REFRESH, max_per_account: 1 } }
    await using server = await startTestServer({ config: { ...NATIVE, token }, env: PASSWORDS })
    expect(await use(server, await login(server))).to.equal(200)
    for (let count = 0; count < 5; count++) expect(await login(server)).to.equal(undefined)
    expect(warnings(server)).lengthOf(1)
    expect(warnings(server)[0]).to.include({ account: 'alice' })
    expect(warnings(server)[0]!.msg).to.match(
      /has 1 .*token\.refresh\.max_per_account.*dockwarden token revoke/,
    )
  })

  it('are as many in docker_auth’s form', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-bounds-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
    const pair = { certificate: join(folder, 'token.crt'), key: join(folder, 'token.key') }
    const config = {
      server: { addr: '127.0.0.1:0' },
      token: { issuer: 'x', expiration: 900, ...pair, refresh: REFRESH },
      users: { alice: { password: await hash(PASSWORDS.ALICE, 4) } },
      acl: [],
    }
    try {
      await using server = await startTestServer({ config: JSON.stringify(config), env: PASSWORDS })
      const [first, ...others] = [await login(server), await login(server), await login(server)]
      expect(await use(server, first)).to.equal(400)
      for (const token of others) expect(await use(server, token)).to.equal(200)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('end before their first use or never, also while others log in', async () => {
    await using server = await startTestServer({ config: NATIVE, env: PASSWORDS })
    const token = await login(server)
    const others = Promise.all(Array.from({ length: 6 }, () => login(server)))
    // Whether it was used before it ended or not: it stays so.
    const status = await use(server, token)
    await others
    expect(await use(server, token)).to.equal(status)
  })
})
