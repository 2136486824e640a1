// The log line of a request, without HTTP.
import { expect } from 'chai'
import fc from 'fast-check'
import { noteSecret, withSecrets } from '../../../core/kit/request-secrets.ts'
import { type AuditFacts, audit, reasonOf } from '../../../core/request/audit.ts'
import { ClientGone, unauthorized, unavailable } from '../../../core/request/errors.ts'
import type { Understood } from '../../../core/request/understood.ts'
import { createLog } from '../../../core/server/log.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { ANONYMOUS, PASSWORD, requestOf, resourceOf } from './steps.ts'

function lineOf(facts: Partial<AuditFacts>, logLabels = false) {
  const log = keptLog()
  audit(log, { id: 'id-1', ip: '192.0.2.1', status: 200, duration: 1.26, ...facts }, logLabels)
  expect(log.lines).to.have.length(1)
  const [{ level, facts: written, message }] = log.lines as [(typeof log.lines)[0]]
  const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
  return { level, message, facts: given }
}

const asked = (credentials: Understood['credentials'], more: object = {}): Understood => ({
  ...requestOf({ scopes: [resourceOf('repository:app:pull,push')] }),
  credentials: credentials!,
  ...more,
})

describe('the audit line', () => {
  it('of a token says who asked for what, what was granted, and who decided', () => {
    const resource = resourceOf('repository:app:pull,push')
    const { level, message, facts } = lineOf({
      request: asked(PASSWORD),
      account: 'alice',
      authenticator: 'users',
      asked: ['corp: pass', 'users: accept'],
      decisions: [
        { resource, actions: ['pull'], authorizer: 'acl', rule: 'rule 3' },
        { resource, actions: ['pull'], authorizer: 'acl' },
        { resource, actions: [] },
      ],
      issued: 'refresh-1',
      labels: { group: ['dev'] },
    })
    expect({ level, message }).to.deep.equal({ level: 'info', message: 'token issued' })
    expect(facts).to.deep.equal({
      audit: 'token',
      request: 'id-1',
      account: 'alice',
      ip: '192.0.2.1',
      client: 'docker',
      service: 'registry',
      scopes: ['repository:app:pull,push'],
      access: ['repository:app:pull', 'repository:app:pull', 'repository:app:'],
      authenticator: 'users',
      asked: ['corp: pass', 'users: accept'],
      grant: 'password',
      refresh_token: 'refresh-1',
      rules: ['acl: rule 3', 'acl: -', 'none matched'],
      status: 200,
      ms: 1.3,
    })
  })

  // Whose line it is: the account that was accepted, else that of the client's words, else the token's.
  const accounts: [string, Partial<AuditFacts>, string | undefined, string | undefined][] = [
    ['who was accepted', { account: 'Alice', request: asked(PASSWORD) }, 'Alice', undefined],
    ['who was refused', { request: asked(PASSWORD) }, 'alice', undefined],
    [
      'the owner of a token',
      { owner: 'ci', request: asked({ kind: 'refresh', account: '' }) },
      'ci',
      undefined,
    ],
    ['one that shows the token of another', { owner: 'ci', request: asked(PASSWORD) }, 'alice', 'ci'],
    ['nobody', { request: asked(ANONYMOUS) }, '', undefined],
    ['a request that could not be read', {}, undefined, undefined],
  ]
  for (const [name, facts, account, owner] of accounts) {
    it(`names ${name}`, () => {
      const { facts: written } = lineOf(facts)
      expect([written.account, written.owner]).to.deep.equal([account, owner])
    })
  }

  const grants = [
    ['anonymous', 'anonymous'],
    ['password', 'password'],
    ['refresh', 'refresh_token'],
    ['personal', 'personal_token'],
    ['token', 'token_exchange'],
  ] as const
  for (const [kind, grant] of grants) {
    it(`says that the way in was ${grant}`, () => {
      expect(lineOf({ request: asked({ kind, account: 'a' }) }).facts.grant).to.equal(grant)
    })
  }

  it('names the certificate of who has no other credentials', () => {
    const client = { id: 'docker', certificate: { fingerprint: 'ab12' } }
    const of = (credentials: Understood['credentials']) =>
      lineOf({ request: asked(credentials, { client }) }).facts.certificate
    expect(of(ANONYMOUS)).to.equal('ab12')
    expect(of(PASSWORD)).to.equal(undefined)
  })

  const outage = unavailable(new Error('plugin x (id y): down'))
  const outcomes: [string, unknown, number, string, string, object][] = [
    ['a refusal', unauthorized('wrong'), 401, 'info', 'token refused', { reason: 'wrong' }],
    [
      'a refusal with its cause',
      unauthorized('wrong', new Error('expired')),
      401,
      'info',
      'token refused',
      { reason: 'wrong (expired)' },
    ],
    [
      'an outage',
      outage,
      503,
      'error',
      'token refused',
      { reason: `${outage.message} (plugin x (id y): down)` },
    ],
    [
      'a client that is gone',
      new ClientGone(),
      499,
      'info',
      'client gone',
      { reason: new ClientGone().message },
    ],
  ]
  for (const [name, error, status, level, message, reason] of outcomes) {
    it(`of ${name} says why`, () => {
      const line = lineOf({ error, status })
      expect(line).to.include({ level, message })
      expect(line.facts).to.include({ status, ...reason })
    })
  }

  it('has a fault of ours whole', () => {
    const fault = new TypeError('x is undefined')
    expect(lineOf({ error: fault, status: 500 })).to.deep.include({
      level: 'error',
      message: 'token refused',
    })
    expect(reasonOf(fault)).to.deep.equal({ err: fault })
    expect(reasonOf(undefined)).to.deep.equal({})
  })

  it('has labels when that is wanted, as far as there is room', () => {
    const labels = { group: ['dev', 'ops'] }
    expect(lineOf({ labels }).facts).not.to.have.property('labels')
    expect(lineOf({ labels }, true).facts.labels).to.deep.equal(labels)
    expect(lineOf({ labels }, true).facts).not.to.have.property('labels_left_out')
    expect(lineOf({}, true).facts).not.to.have.property('labels')

    // Brackets, name, colon, quotes and commas count: {"g":["aaa...",
    const room = 2048 - 2 - 3 - 4
    const full = 'a'.repeat(room - 3)
    expect(lineOf({ labels: { g: [full] } }, true).facts.labels).to.deep.equal({ g: [full] })
    const { facts } = lineOf({ labels: { g: [`${full}a`, 'b'], h: ['c'] } }, true)
    expect(facts).to.deep.include({ labels: {}, labels_left_out: 3 })
  })

  it('is what the logger writes of the same facts, without what the client has shown', () => {
    const secret = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed()),
      fc.constantFrom('rule', 'hunter2', 'pa ss', 'a+b%41', 'correct horse battery staple'),
    )
    const spelled = fc.constantFrom(
      (text: string) => text,
      encodeURIComponent,
      (text: string) => JSON.stringify(text),
      (text: string) => Buffer.from(`alice:${text}`).toString('base64'),
      () => 'everybody may pull',
    )
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('rule 20', 'dev'))
    fc.assert(
      fc.property(secret, spelled, text, text, (shown, spell, before, after) =>
        withSecrets(() => {
          noteSecret(shown)
          const said = `${before} ${spell(shown)} ${after}`
          const resource = resourceOf(`repository:${shown.replaceAll(':', '')}:pull`)
          const of = (more: Partial<AuditFacts>): AuditFacts => ({
            id: 'id-1',
            ip: '192.0.2.1',
            status: 200,
            duration: 1,
            request: asked({ kind: 'password', account: shown }),
            labels: { [said]: [after, said], group: [...shown] },
            decisions: [{ resource, actions: ['pull'], authorizer: 'acl', rule: said }],
            ...more,
          })
          for (const facts of [
            of({}),
            of({ labels: {} }),
            of({ decisions: [] }),
            of({ error: unauthorized(said) }),
          ]) {
            const lines: string[] = []
            const log = createLog('info', { write: (line) => void lines.push(line) })
            const kept = keptLog()
            audit(log, facts, true)
            audit(kept, facts, true)
            const [{ level, facts: written, message }] = kept.lines as [(typeof kept.lines)[0]]
            log[level](written, message)
            const [ours, loggers] = lines.map((line) => line.replace(/"time":"[^"]+"/, '"time":""'))
            expect(ours).to.equal(loggers)
          }
        }),
      ),
    )
  })
})
