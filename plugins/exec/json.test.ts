import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type AuthnOutcome, accept, pass, reject, Secret } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'exec-json-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Writes an executable Node.js script; `question` is the object that it was asked. */
function program(name: string, body: string): string {
  const path = join(folder, name)
  const read = `const question = JSON.parse(require('node:fs').readFileSync('/dev/stdin', 'utf8'))`
  writeFileSync(path, `#!${process.execPath}\n${read}\n${body}\n`, { mode: 0o755 })
  return path
}

const USERS = program(
  'users',
  `const { account, password } = question
const outcome = account === 'nobody' || account === '' ? 'pass' : password === 'correct horse' ? 'accept' : 'reject'
console.log(JSON.stringify({ outcome, account: account.toLowerCase() || undefined, labels: { group: [account] } }))`,
)

describe('exec, protocol json', () => {
  conformance(plugin, {
    options: () => ({ command: USERS, protocol: 'json' }),
    accepts: [
      { account: 'Bob', password: 'correct horse', as: 'bob', labels: { group: ['Bob'] } },
      { account: 'two words', password: 'correct horse', labels: { group: ['two words'] } },
    ],
    rejects: [{ account: 'bob', password: 'wrong horse' }],
    passes: [{ account: 'nobody', password: 'correct horse' }],
    unavailable: { options: () => ({ command: program('broken', 'process.exit(1)'), protocol: 'json' }) },
  })

  async function ask(body: string, password = 'hunter2'): Promise<AuthnOutcome> {
    const options = { command: program('program', body), protocol: 'json' }
    const instance = await plugin.create(plugin.options.parse(options), testHost())
    return instance.authenticate(
      { kind: 'password', account: 'bob', password: new Secret(password) },
      testRequest({ service: 'registry', client: { ip: '10.0.0.1' } }),
    )
  }

  async function failure(body: string): Promise<string> {
    return ask(body).then(
      (outcome) => expect.fail(`it did not throw, it answered ${JSON.stringify(outcome)}`),
      (error: Error) => error.message,
    )
  }

  it('asks with one line of JSON that says all about the login', async () => {
    const seen = join(folder, 'seen')
    const copy = `require('node:fs').writeFileSync(${JSON.stringify(seen)}, JSON.stringify(question))`
    await ask(`${copy}; console.log('{"outcome":"pass"}')`, 'a "b"\n grüße')
    expect(JSON.parse(readFileSync(seen, 'utf8'))).to.deep.equal({
      account: 'bob',
      password: 'a "b"\n grüße',
      service: 'registry',
      ip: '10.0.0.1',
      client_id: null,
    })
  })

  const answers: readonly [string, AuthnOutcome][] = [
    ['{"outcome":"accept"}', accept({ labels: {} })],
    ['{"outcome":"accept","labels":{"a":[null,"b"]}}', accept({ labels: { a: ['b'] } })],
    [
      '{"outcome":"accept","account":"rob","labels":{"a":"b"},"more":1}',
      accept({ account: 'rob', labels: { a: ['b'] } }),
    ],
    ['{"outcome":"pass","reason":"unknown"}', pass],
    ['{"outcome":"reject","reason":"locked"}', reject('locked')],
  ]
  for (const [text, outcome] of answers) {
    it(`understands ${text}`, async () => {
      expect(await ask(`console.log(${JSON.stringify(text)})`)).to.deep.equal(outcome)
    })
  }

  it('takes unavailable for an outage, with its reason', async () => {
    expect(await failure(`console.log('{"outcome":"unavailable","reason":"LDAP is down"}')`)).to.match(
      /: says that it is unavailable: LDAP is down$/,
    )
    expect(await failure(`console.log('{"outcome":"unavailable"}')`)).to.match(/says that it is unavailable$/)
    expect(
      await failure(
        `console.log(JSON.stringify({ outcome: 'unavailable', reason: 'no ' + question.password }))`,
      ),
    ).to.match(/: no \*\*\*$/)
  })

  it('masks a password that the program repeats in its reason, and cuts a long one', async () => {
    const outcome = await ask(
      `console.log(JSON.stringify({ outcome: 'reject', reason: question.password + ' is wrong'.repeat(1000) }))`,
    )
    expect(outcome).to.deep.equal(reject(`***${' is wrong'.repeat(1000)}`.slice(0, 200)))
  })

  for (const text of [
    '',
    'ok',
    '[]',
    'null',
    '{}',
    '{"outcome":"ok"}',
    '{"outcome":"accept","account":""}',
    '{"outcome":"accept","account":7}',
    '{"outcome":"accept","labels":[1]}',
    '{"outcome":"accept"}{"outcome":"reject"}',
  ]) {
    it(`takes the answer ${text || '(nothing)'} for an outage`, async () => {
      expect(await failure(`process.stdout.write(${JSON.stringify(text)})`)).to.match(
        /no JSON object|of its answer is wrong/,
      )
    })
  }

  for (const code of [1, 2, 3]) {
    it(`takes exit ${code} for an outage, whatever was answered`, async () => {
      const message = await failure(`console.log('{"outcome":"accept"}'); process.exitCode = ${code}`)
      expect(message).to.match(new RegExp(`exit ${code} is no answer .* run it by hand: echo '{"account":`))
    })
  }

  it('does not show what is no JSON: it may hold a secret', async () => {
    expect(await failure('console.log(question.password)'))
      .to.match(/no JSON object/)
      .and.not.match(/hunter2/)
  })
})
