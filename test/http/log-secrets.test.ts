// No line of the log shows a secret of the request that it is about, whatever a plugin does with it.
import { expect } from 'chai'
import { createSecretToken } from '../../core/token/secret-token.ts'
import { basic, type HttpQuestion } from '../support/http-question.ts'
import { LEAKING } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const TOKEN = createSecretToken('personal').secret.reveal()
const PASSWORDS: [string, string][] = [
  ['plain', 'hunter2 of the log'],
  ['with quotes and backslashes', 'q"uo\\te\nof it'],
  ['not in ASCII', 'ünïcödé 🔑'],
  ['that looks percent-encoded', '100%41+1 of it'],
  ['of digits', '1234567890'],
  ['with a token in it', `x${TOKEN}x`],
  ['that is long', 'long '.repeat(200)],
]
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

const STATUS = new Map([
  ['reason', 401],
  ['accepts', 200],
  ['deep', 200],
])

const RULES = [
  {
    match: { labels: { group: 'Release-2026-Managers' } },
    actions: ['*'],
    comment: 'Release-2026-Managers of platform-engineering',
  },
]

/** A text in all spellings in which the plugin shows it. */
const spelled = (account: string, secret: string) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  [...Buffer.from(secret)].join(','),
  Buffer.from(`${account}:${secret}`).toString('base64').slice(0, -4),
  ...[Buffer.from(secret).toJSON().data, [...secret]].flatMap((list) =>
    [list, { ...list }].map((held) => JSON.stringify(held).slice(1, -1)),
  ),
]

describe('the log, when a plugin shows secrets', () => {
  let server: TestInstance

  before(async () => {
    server = await startTestServer({
      config: {
        server: { guard: false },
        authenticators: [{ plugin: LEAKING }],
        authorizers: [{ plugin: 'acl', options: { rules: RULES } }],
      },
    })
  })

  after(() => server.stop())

  function assertHidden(from: number, secrets: readonly string[]): void {
    const text = server.logged.slice(from)
    for (const secret of secrets) expect(text).not.to.include(secret)
    expect(text).to.include('***')
  }

  for (const account of ['reason', 'throws', 'unreadable', 'symbol', 'deep', 'accepts']) {
    for (const [name, password] of PASSWORDS) {
      it(`hides a password ${name}: ${account}`, async () => {
        const from = server.logged.length
        const form = {
          grant_type: 'password',
          username: account,
          password,
          service: 'r',
          access_type: 'offline',
        }
        const { status, text } = await server.token({ form })
        expect(status).to.equal(STATUS.get(account) ?? 503)
        if (status !== 200)
          for (const secret of spelled(account, password)) expect(text).not.to.include(secret)
        assertHidden(from, spelled(account, password))
        if (account === 'deep')
          expect(server.logged.slice(from)).to.match(/"plugin":"leaking".*"deep":"left out.*"msg":"asked"/)
      })
    }
  }

  it('hides a subject token', async () => {
    const from = server.logged.length
    const subject_token = `eyJhbGciOiJSUzI1NiJ9.${'payload'.repeat(30)}.${'signature'.repeat(30)}`
    await server.token({ form: { grant_type: EXCHANGE, subject_token, subject_token_type: JWT } })
    assertHidden(from, [subject_token, subject_token.slice(0, 30), subject_token.slice(-30)])
  })

  it('leaves alone what the server states itself', async () => {
    const headers = { authorization: basic('reason', '127.0.0.1') }
    await server.token({ headers, query: { service: '127.0.0.1', scope: 'a:127.0.0.1:b' } })
    const { ip, service, scopes, reason } = server.audits().at(-1)!
    expect({ ip, service, scopes, reason }).to.deep.equal({
      ip: '127.0.0.1',
      service: '127.0.0.1',
      scopes: ['a:127.0.0.1:b'],
      reason: 'wrong user name or password',
    })
  })

  it('shows labels and rules that are also among the claims that are kept', async () => {
    const from = server.logged.length
    const query = { service: 'r', scope: 'repository:a/b:pull' }
    await server.token({ headers: { authorization: basic('claims', 'hunter2 of claims') }, query })
    const { labels, rules } = server.audits().at(-1)!
    expect(labels).to.deep.equal({ group: ['platform-engineering', 'Release-2026-Managers'] })
    expect(rules).to.deep.equal(['acl: rule 1 (Release-2026-Managers of platform-engineering)'])
    expect(server.logged.slice(from)).not.to.include('hunter2')
  })

  it('hides a token of ours in whatever a client sends, and so does the answer', async () => {
    const from = server.logged.length
    const cut = TOKEN.slice(0, 30)
    const questions: HttpQuestion[] = [
      { query: { service: 'r', scope: `repository:${TOKEN}:pull` } },
      { query: { service: 'r', scope: `repository:${cut}:pull` } },
      { query: { service: 'r', scope: `${TOKEN} is no scope` } },
      { query: { service: `https://x?password=${TOKEN}` } },
      { query: { client_id: Buffer.from(`alice:${TOKEN}`).toString('base64') } },
      { form: { grant_type: TOKEN } },
      { form: { grant_type: `${'x'.repeat(80)}${TOKEN}` } },
    ]
    for (const question of questions) {
      const { json } = await server.token(question)
      expect(JSON.stringify(json.errors ?? '')).not.to.include(cut.slice(4))
    }
    assertHidden(from, [cut.slice(4), Buffer.from(`alice:${TOKEN}`).toString('base64')])
  })
})

describe('a password that is a word of the server’s own sentence', () => {
  for (const password of ['wrong', 'user', 'name', 'or']) {
    it(`${password} is not told by what is masked`, async () => {
      await using server = await startTestServer({
        config: {
          authenticators: [{ plugin: 'static', options: { users: { ann: { password: '!env ANN' } } } }],
          authorizers: [],
        },
        env: { ANN: 'another one' },
      })
      await server.send({ path: '/auth', user: ['ann', password] })
      expect(server.audits()[0]!.reason).to.match(/^wrong user name or password( \(|$)/)
    })
  }
})
