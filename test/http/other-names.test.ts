// One account, several names: a backend that takes each of them, and tokens that are of the account whatever it is called.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import type { HttpQuestion } from '../support/http-question.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'
import { CORRECT_HORSE } from '../support/sql-databases.ts'
import { keeperOf } from '../support/token-keeper.ts'

const PASSWORD = 'correct horse'
const SERVICE = 'registry'
const ALIASES = ['bob', 'BOB', 'bob@example.com', 'Bob@Example.com'] as const

const people = {
  plugin: 'sql',
  id: 'people',
  options: {
    database: 'sqlite',
    file: 'people.db',
    query:
      'SELECT name AS account, hash AS password_hash FROM people WHERE name = ${account} OR email = ${account}',
  },
}
const users = { plugin: 'static', id: 'users', options: { users: { Carol: { any_password: true } } } }
const rules = {
  plugin: 'acl',
  options: {
    rules: [
      { match: { account: 'bob' }, actions: [] },
      { match: { account: '/.+/' }, actions: ['pull'] },
    ],
  },
}

describe('an account with several names', () => {
  let server: TestInstance
  let database: DatabaseSync
  let tokens: ReturnType<typeof keeperOf>

  beforeEach(async () => {
    server = await startTestServer({
      config: { authenticators: [people, users], authorizers: [rules] },
      files: { 'people.db': '' },
    })
    database = new DatabaseSync(join(server.folder, 'people.db'))
    database.exec(`
      CREATE TABLE people (name TEXT COLLATE NOCASE, email TEXT COLLATE NOCASE, hash TEXT);
      INSERT INTO people VALUES ('bob', 'bob@example.com', '${CORRECT_HORSE}');
      INSERT INTO people VALUES ('Ann.Meier', 'ann@example.com', '${CORRECT_HORSE}');`)
    tokens = keeperOf(join(server.folder, 'var'), Date.now)
  })
  afterEach(async () => {
    database.close()
    await tokens.close()
    await server.stop()
  })

  async function create(account: string) {
    const text: string[] = []
    const output = { stdout: { write: () => {} }, stderr: { write: (part: string) => text.push(part) } }
    const file = join(server.folder, 'dockwarden.yml')
    const args = ['token', 'create', '--account', account, '--authenticator', 'people', '--config', file]
    return { status: await runCommandLine(args, output), stderr: text.join('') }
  }

  async function tokenOf(account: string, authenticator?: string): Promise<string> {
    const plugin = authenticator === 'people' ? 'sql' : 'static'
    const order = { account, labels: {}, ...(authenticator && { authenticator, plugin }) }
    return (await tokens.personalToken(order)).secret.reveal()
  }

  const use = (account: string, text: string): Promise<TokenAnswer> =>
    server.token({ user: [account, text], query: { service: SERVICE, scope: 'repository:x:pull' } })

  function expectRefused(answer: TokenAnswer, reason: RegExp): void {
    expect(answer.status).to.equal(401)
    expect(server.audits().at(-1)!.reason).to.match(reason)
  }

  for (const alias of ALIASES) {
    it(`gets a personal access token only under its own name, asked for ${alias}`, async () => {
      const { status, stderr } = await create(alias)
      expect(status, stderr).to.equal(alias === 'bob' ? 0 : 1)
      if (status === 1) expect(stderr).to.contain('people calls the account "bob"; use that name')
    })

    it(`is denied what it is denied, with a password or a token, as ${alias}`, async () => {
      const text = await tokenOf('bob', 'people')
      for (const secret of [PASSWORD, text]) {
        const { claims, access } = await use(alias, secret)
        expect(claims!.sub).to.equal('bob')
        expect(access).to.deep.equal(['repository:x:'])
      }
    })
  }

  for (const alias of ['Ann.Meier', 'ann.meier', 'ANN@example.com']) {
    it(`uses its personal access token as ${alias}, and what was got with it`, async () => {
      const { status, claims } = await use(alias, await tokenOf('Ann.Meier', 'people'))
      expect(status).to.equal(200)
      expect(claims!.sub).to.equal('Ann.Meier')
    })

    it(`uses its refresh token beside the name ${alias}`, async () => {
      const query = { service: SERVICE, offline_token: 'true' }
      const { json } = await server.token({ user: ['Ann.Meier', PASSWORD], query })
      const token: string = json.refresh_token
      const basic: HttpQuestion = { user: ['<token>', token], query: { service: SERVICE, account: alias } }
      const form = { grant_type: 'refresh_token', refresh_token: token, service: SERVICE }
      for (const question of [basic, { form, query: { account: alias } }]) {
        expect((await server.token(question)).claims!.sub).to.equal('Ann.Meier')
      }
    })
  }

  it('is nobody else: a token beside the name of another account, or of none', async () => {
    const text = await tokenOf('Ann.Meier', 'people')
    for (const other of ['bob', 'BOB', 'nobody']) expectRefused(await use(other, text), /another account/)
    const query = { service: SERVICE, offline_token: 'true' }
    const { json } = await server.token({ user: ['Ann.Meier', PASSWORD], query })
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: SERVICE }
    for (const account of ['a\u0007b', ' Ann.Meier', 'x'.repeat(5_000)]) {
      const answer = await server.token({ form, query: { account } })
      expect(answer.status, JSON.stringify(account.slice(0, 20))).to.equal(400)
    }
  })

  it('has no use for a token that was made for an alias', async () => {
    for (const named of ['BOB', 'bob']) {
      expectRefused(await use(named, await tokenOf('BOB', 'people')), /another (account|name)/)
    }
  })

  it('that is called otherwise now, or whose name another one has, must come for a new token', async () => {
    const text = await tokenOf('bob', 'people')
    database.exec("UPDATE people SET name = 'bobby' WHERE name = 'bob'")
    for (const named of ['bob', 'bobby', 'bob@example.com']) {
      expectRefused(await use(named, text), /another (account|name)|no such account/)
    }
    database.exec("UPDATE people SET email = 'bob' WHERE name = 'bobby'")
    expectRefused(await use('bob', text), /another name now/)
  })

  it('can not be asked about another name while its backend is down: 503, no wrong token', async () => {
    const text = await tokenOf('Ann.Meier', 'people')
    database.exec('ALTER TABLE people RENAME TO gone')
    for (const named of ['Ann.Meier', 'ann.meier', 'bob'])
      expect((await use(named, text)).status).to.equal(503)
  })

  it('is exact where its authenticator is, and a robot always is', async () => {
    const user = await tokenOf('Carol', 'users')
    const robot = await tokenOf('Robot')
    expect((await use('Carol', user)).status).to.equal(200)
    expect((await use('Robot', robot)).status).to.equal(200)
    expectRefused(await use('carol', user), /another account/)
    expectRefused(await use('robot', robot), /another account/)
  })
})
