// A proved password is proved again without its hash, on a whole server: what is spared, and what counts at once all the same.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { hash } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { askServer } from '../../core/server/control-client.ts'
import { scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'

const ENV = { ANN: 'canary of ann', OTHER: 'canary of another' }
const PASSWORD = ENV.ANN
const PUSH = 'repository:app:pull,push'
const rules = {
  plugin: 'acl',
  options: {
    rules: [
      { match: { labels: { group: 'dev' } }, actions: ['*'] },
      { match: { account: '/.+/' }, actions: ['pull'] },
    ],
  },
}

function start(
  authenticators: readonly object[],
  files: Readonly<Record<string, string>> = {},
  more: object = {},
) {
  return startTestServer({ config: { authenticators, authorizers: [rules] }, env: ENV, files, ...more })
}

function login(server: TestInstance, password = PASSWORD, query: object = {}): Promise<TokenAnswer> {
  return server.token({ user: ['ann', password], query: { service: 'registry', scope: PUSH, ...query } })
}

/** What the authenticators said of the last request. */
const said = (server: TestInstance): string[] => server.audits().at(-1)!.asked

async function expectLogin(server: TestInstance, ...asked: readonly string[]): Promise<TokenAnswer> {
  const answer = await login(server)
  expect(answer.status, JSON.stringify(answer.json)).to.equal(200)
  expect(said(server)).to.deep.equal(asked)
  return answer
}

async function expectRefused(server: TestInstance, ...asked: readonly string[]): Promise<void> {
  expect((await login(server)).status).to.equal(401)
  expect(said(server)).to.deep.equal(asked)
}

describe('a proved password', () => {
  let bcrypt: string
  let others: string
  before(async () => {
    bcrypt = await hash(PASSWORD, 4)
    others = await hash(ENV.OTHER, 4)
  })

  const users = (more: object = {}) => ({
    plugin: 'static',
    options: { users: { ann: { password: bcrypt, labels: { group: ['dev'] } } } },
    ...more,
  })

  it('costs no hash the next time, and gives the same token', async () => {
    await using server = await start([users()])
    const first = await expectLogin(server, 'static: accept')
    const again = await expectLogin(server, 'static: remembered')
    expect(again.access).to.deep.equal(first.access)
    expect(again.access).to.deep.equal(['repository:app:pull,push'])
  })

  it('is another one for another account, and a wrong password is asked for each time', async () => {
    await using server = await start([users()])
    await expectLogin(server, 'static: accept')
    for (const wrong of ['', `${PASSWORD} `, PASSWORD.toUpperCase(), bcrypt]) {
      expect((await login(server, wrong)).status).to.equal(401)
      expect(said(server)).to.deep.equal(['static: reject'])
    }
    await expectLogin(server, 'static: remembered')
  })

  it('gives refresh tokens as at the first time', async () => {
    await using server = await start([users()])
    await expectLogin(server, 'static: accept')
    const { json } = await login(server, PASSWORD, { offline_token: 'true' })
    expect(said(server)).to.deep.equal(['static: remembered'])
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    expect((await server.token({ form: { ...form, scope: PUSH } })).access).to.deep.equal([PUSH])
  })

  it('is not remembered where it costs no hash, nor with remember: false', async () => {
    const plain = { plugin: 'static', options: { users: { ann: { password: '!env ANN' } } } }
    for (const one of [plain, users({ remember: false })]) {
      await using server = await start([one])
      for (let count = 0; count < 3; count++) await expectLogin(server, 'static: accept')
    }
  })

  it('is forgotten when its time is over, however often it is used', async () => {
    await using server = await start([users({ remember: '1s' })])
    await expectLogin(server, 'static: accept')
    do expect((await login(server)).status).to.equal(200)
    while (said(server)[0] !== 'static: accept')
  })

  describe('of a password file', () => {
    const file = { plugin: 'htpasswd', options: { file: 'users' } }

    for (const [what, line] of [
      ['removed user', () => 'bob:x\n'],
      ['new hash', () => `ann:${others}\n`],
      ['hash that is of no use', () => 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n'],
    ] as const) {
      it(`counts no more for a ${what}`, async () => {
        await using server = await start([file], { users: `ann:${bcrypt}\n` })
        await expectLogin(server, 'htpasswd: accept')
        await expectLogin(server, 'htpasswd: remembered')
        const path = join(server.folder, 'users')
        writeFileSync(`${path}.new`, line())
        renameSync(`${path}.new`, path)
        while (!server.lines().some(({ msg }) => msg === 'password file read again'))
          await new Promise((resolve) => setTimeout(resolve, 20))
        expect((await login(server)).status).to.equal(401)
        expect(said(server)[0]).to.match(/^htpasswd: (reject|pass)$/)
      })
    }
  })

  describe('of a database', () => {
    let folder: string
    let server: TestInstance
    let database: DatabaseSync

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-remembered-'))
      const file = join(folder, 'users.db')
      database = new DatabaseSync(file)
      database.exec('CREATE TABLE xorm_user (id INTEGER, username TEXT, password_hash TEXT, labels TEXT)')
      database.prepare('INSERT INTO xorm_user VALUES (1, ?, ?, ?)').run('ann', bcrypt, '{"group": ["dev"]}')
      server = await start([{ plugin: 'sql', options: { database: 'sqlite', file } }])
      expect((await expectLogin(server, 'sql: accept')).access).to.deep.equal([PUSH])
      expect((await expectLogin(server, 'sql: remembered')).access).to.deep.equal([PUSH])
    })
    afterEach(async () => {
      await server?.stop()
      database.close()
      rmSync(folder, { recursive: true })
    })

    it('has the labels of this moment', async () => {
      database.exec(`UPDATE xorm_user SET labels = '{"group": ["ops"]}'`)
      expect((await expectLogin(server, 'sql: remembered')).access).to.deep.equal(['repository:app:pull'])
    })

    it('counts no more when the user was removed, also when he comes back', async () => {
      database.exec('UPDATE xorm_user SET username = NULL')
      await expectRefused(server, 'sql: pass')
      database.exec("UPDATE xorm_user SET username = 'ann'")
      await expectLogin(server, 'sql: accept')
      await expectLogin(server, 'sql: remembered')
    })

    it('counts no more when the account was disabled', async () => {
      database.exec('UPDATE xorm_user SET password_hash = NULL')
      await expectRefused(server, 'sql: reject')
    })

    it('counts no more when the password was changed, and the new one does', async () => {
      database.prepare('UPDATE xorm_user SET password_hash = ?').run(others)
      await expectRefused(server, 'sql: reject')
      expect((await login(server, ENV.OTHER)).status).to.equal(200)
      expect(said(server)).to.deep.equal(['sql: accept'])
    })

    it('is proved anew when the same password has another hash', async () => {
      database.prepare('UPDATE xorm_user SET password_hash = ?').run(await hash(PASSWORD, 4))
      await expectLogin(server, 'sql: accept')
      await expectLogin(server, 'sql: remembered')
    })

    it('is no answer when the database can not be asked', async () => {
      database.exec('ALTER TABLE xorm_user RENAME TO elsewhere')
      expect((await login(server)).status).to.equal(503)
      expect(said(server)).to.deep.equal(['sql: unavailable'])
    })
  })

  describe('of a backend that can not be looked at', () => {
    /** Accepts everybody; its options are the labels, and a session if there is any. */
    const COUNTING = `
import { accept, createToken, definePlugin, z } from 'dockwarden/plugin'
const SEEN = createToken('acme/seen')
export default definePlugin({
  kind: 'authenticator', name: 'counting', provides: [SEEN],
  options: z.strictObject({ never: z.string().optional(), always: z.boolean().default(false), from: z.enum(['password', 'all']).default('password'), account: z.string().optional(), fleeting: z.boolean().default(false) }),
  create: ({ never, always, from, account, fleeting }) => {
    let asked = 0
    return {
      ...(from === 'password' && { answersFrom: 'password' }),
      ...(never && { remembered: { never } }),
      ...(always && { remembered: 'by default' }),
      async authenticate(credentials, request) {
        asked += 1
        request.provide(SEEN, { asked })
        return accept({ labels: { group: ['dev'], asked: [String(asked)] }, ...(account && { account }), ...(fleeting && { remember: false }) })
      },
    }
  },
})`
    const SEEING = `
import { createToken, definePlugin, z } from 'dockwarden/plugin'
const SEEN = createToken('acme/seen')
export default definePlugin({
  kind: 'labeler', name: 'seeing', options: z.strictObject({}),
  create: () => ({ label: async (_, request) => ({ seen: [String(request.resolve(SEEN)?.asked)] }) }),
})`
    const files = { 'counting.ts': COUNTING, 'seeing.ts': SEEING }
    const counting = (more: object = {}) => ({ plugin: './counting.ts', ...more })
    const labels = (server: TestInstance) => server.audits().at(-1)!.labels

    it('is not remembered unless that is asked for, whatever the plugin says', async () => {
      await using server = await start([counting()], files)
      for (let count = 0; count < 3; count++) await expectLogin(server, 'counting: accept')
      const always = await start([counting({ options: { always: true } })], files).catch(
        (error: Error) => error,
      )
      expect((always as Error).message).to.contain(
        "remembered: 'by default', which needs answersFrom: 'password' and a refresh",
      )
    })

    it('is remembered with the whole answer, and what was handed on', async () => {
      const config = {
        authenticators: [counting({ remember: '5m' })],
        labelers: [{ plugin: './seeing.ts' }],
        authorizers: [rules],
      }
      await using server = await startTestServer({ config, env: ENV, files })
      await expectLogin(server, 'counting: accept')
      const first = labels(server)
      expect(first).to.deep.equal({ group: ['dev'], asked: ['1'], seen: ['1'] })
      await expectLogin(server, 'counting: remembered')
      expect(labels(server)).to.deep.equal(first)
      expect((await login(server, ENV.OTHER)).status).to.equal(200)
      expect(labels(server)).to.deep.include({ asked: ['2'] })
    })

    it('is forgotten by either name of its account, through the control socket', async () => {
      const one = counting({ remember: '5m', options: { account: 'Ann.Meier' } })
      await using server = await start([one], files)
      const forget = (account: string) =>
        askServer(join(server.folder, 'var'), 'remembered.forget', { account })
      for (const name of ['ann', 'Ann.Meier']) {
        await expectLogin(server, 'counting: accept')
        expect(await forget('bob')).to.deep.equal({ forgotten: 0 })
        await expectLogin(server, 'counting: remembered')
        expect(await forget(name)).to.deep.equal({ forgotten: 1 })
      }
      await expectLogin(server, 'counting: accept')
    })

    it('is forgotten by token revoke --account, with its tokens', async () => {
      await using server = await start([counting({ remember: '5m' })], files)
      await expectLogin(server, 'counting: accept')
      await expectLogin(server, 'counting: remembered')
      const text: string[] = []
      const out = { write: (part: string) => text.push(part) }
      const file = join(server.folder, 'dockwarden.yml')
      const revoke = (account: string) =>
        runCommandLine(['token', 'revoke', '--account', account, '--config', file], {
          stdout: out,
          stderr: out,
        })
      await revoke('bob')
      await expectLogin(server, 'counting: remembered')
      await revoke('ann')
      await expectLogin(server, 'counting: accept')
      expect(text.join('')).not.to.contain('remember')
    })

    it('is asked each time where the plugin says so', async () => {
      await using server = await start([counting({ remember: '5m', options: { fleeting: true } })], files)
      for (let count = 0; count < 3; count++) await expectLogin(server, 'counting: accept')
    })

    const impossible: [string, object, RegExp][] = [
      [
        'depends on more',
        counting({ remember: '5m', options: { from: 'all' } }),
        /depends on more than account/,
      ],
      ['may not', counting({ remember: '5m', options: { never: 'it is a one-time password' } }), /one-time/],
      ['scripted', scripted.authenticator('odd', {}, { remember: 60 }), /depends on more than account/],
    ]
    for (const [what, one, reason] of impossible) {
      it(`is refused at the start where it makes no sense: ${what}`, async () => {
        const fault = await start([one], files).then(
          async (server) => await server.stop(),
          (error: Error) => error.message,
        )
        expect(fault)
          .to.match(/plugin .* \(id .*\)/)
          .and.match(reason)
          .and.match(/remember: .*; remove the key/)
      })
    }
  })

  it('is a setting of authenticators, of some time', async () => {
    for (const remember of ['500ms', '25h', true, 'always', 0]) {
      const fault = await start([users({ remember })]).then(
        async (server) => await server.stop(),
        (error: Error) => error.message,
      )
      expect(fault, String(remember)).to.match(/authenticators\[0\]\.remember: must be .* such as 5m/)
    }
  })
})
