// Plugins that hang, throw or answer nonsense: 503 within their time, a log line that names them, and others unaffected.
import { expect } from 'chai'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { eventually, startTestServer } from '../support/server.ts'

const PASSWORD = 'canary of the faults'
const SCOPE = 'repository:alice/app:pull'
const { authenticator, labeler, authorizer } = scripted
const accept = { answer: { outcome: 'accept' } }

/** A server where one plugin of the kind does what the script says. */
function serverWith(kind: keyof typeof scripted, script: object, more: object = {}) {
  return startTestServer({
    config: {
      authenticators: [
        kind === 'authenticator' ? authenticator('odd', script, more) : authenticator('yes', accept),
      ],
      labelers: kind === 'labeler' ? [labeler('odd', script, more)] : [],
      authorizers: [kind === 'authorizer' ? authorizer('odd', script, more) : { plugin: OWNERS }],
    },
  })
}

const ask = { user: ['alice', PASSWORD] as const, query: { scope: SCOPE } }

/** What it is, the answer, and what the log says of it. */
const NONSENSE: Record<keyof typeof scripted, [string, unknown, string?][]> = {
  authenticator: [
    ['undefined', undefined, 'authenticate returned nothing; return accept(), reject(reason) or pass'],
    ['null', null, 'authenticate returned null; '],
    ['a text', 'accept', 'authenticate returned a text; '],
    ['true', true],
    ['a list', [{ outcome: 'accept' }], 'authenticate returned a list; '],
    ['an empty object', {}, 'authenticate returned none of accept, reject and pass; '],
    ['an unknown outcome', { outcome: 'grant', actions: ['*'] }],
    [
      'an accept of a number',
      { outcome: 'accept', account: 7 },
      'accepted an account that is a number; accept({ account }) takes a text',
    ],
    ['an accept of a name with a line break', { outcome: 'accept', account: 'root\n' }],
    ['an accept of a name with an invisible character', { outcome: 'accept', account: 'ro\u200bot' }],
    ['an accept of a name with white space before it', { outcome: 'accept', account: ' root' }],
    ['an accept of a name of 257 characters', { outcome: 'accept', account: 'x'.repeat(257) }],
    ["an accept of docker's name for a refresh token", { outcome: 'accept', account: '<token>' }],
    ['labels that are a text', { outcome: 'accept', labels: 'team' }],
    ['labels of numbers', { outcome: 'accept', labels: { team: [1] } }],
    ['labels of objects', { outcome: 'accept', labels: { team: { a: 'b' } } }],
  ],
  labeler: [
    ['a text', 'team', 'labels must be an object'],
    ['a list', ['team']],
    ['labels of numbers', { team: 7 }],
    ['an outcome', { outcome: 'accept', labels: { team: ['x'] } }],
  ],
  authorizer: [
    ['undefined', undefined, "authorize returned nothing; return grant(['pull']), deny() or pass"],
    ['null', null],
    ['true', true],
    ['a list of actions', ['pull'], 'authorize returned none of grant, deny and pass'],
    ['an accept', { outcome: 'accept' }],
    ['a grant without actions', { outcome: 'grant' }],
    [
      'a grant of a text',
      { outcome: 'grant', actions: 'pull' },
      'authorize granted actions that are no list of texts',
    ],
    ['a grant by a rule that is no text', { outcome: 'grant', actions: ['pull'], rule: { a: 1 } }],
  ],
}

for (const kind of ['authenticator', 'labeler', 'authorizer'] as const) {
  describe(`a faulty ${kind}`, () => {
    const faults: [string, object, object, string?][] = [
      ['throws', { does: 'throw' }, {}],
      ['throws before it returns a promise', { does: 'throw before a promise' }, {}],
      ['does not answer in its time', { does: 'hang' }, { timeout: '20ms' }],
      ...NONSENSE[kind].map(([what, answer, words]): [string, object, object, string?] => [
        `answers with ${what}`,
        { answer },
        {},
        words,
      ]),
    ]
    for (const [what, script, more, words = ''] of faults) {
      it(`is 503 when it ${what}, and the log names it`, async () => {
        await using server = await serverWith(kind, script, more)
        const answer = await server.token(ask)
        expect(answer.status).to.equal(503)
        expect(answer.headers['retry-after']).to.equal('5')
        const line = server.lines().find(({ level, id }) => level === 'error' && id === 'odd')
        expect(line).to.include({
          msg: `${kind} could not be asked`,
          request: answer.headers['x-request-id'],
        })
        expect(line!.err.message).to.be.a('string').that.is.not.empty
        expect(line!.err.message).to.contain(words)
        expect(server.audits()[0]!.reason).to.contain(`plugin scripted-${kind} (id odd): `)
      })
    }

    it('is told by its signal when its time is over', async () => {
      await using server = await serverWith(kind, { does: 'hang' }, { timeout: '20ms' })
      expect((await server.token(ask)).status).to.equal(503)
      expect(server.lines().map(({ msg }) => msg)).to.include('aborted')
      expect(server.audits()[0]!.reason).to.contain('did not answer within 0.02 s')
    })

    it('has not answered when it holds the event loop past its time, and is named', async () => {
      const script = { answer: { outcome: 'accept' }, holds: 150 }
      await using server = await serverWith(kind, script, { timeout: '50ms' })
      expect((await server.token(ask)).status).to.equal(503)
      expect(server.audits()[0]!.reason).to.contain('did not answer within 0.05 s')
      await eventually(() => server.lines().some(({ msg }) => /\bodd\b.*held the event loop/.test(msg)))
    })

    it('changes nothing when it answers or throws after its time', async () => {
      for (const does of ['answer', 'throw']) {
        await using server = await serverWith(kind, { does, after: 60, answer: {} }, { timeout: '20ms' })
        expect((await server.token(ask)).status).to.equal(503)
        await eventually(() => server.lines().some(({ msg }) => msg === 'late'))
        expect(server.audits()).to.have.length(1)
        expect((await server.send({ path: '/healthz' })).status).to.equal(200)
      }
    })
  })
}

describe('labels', () => {
  it('named as members of every object are labels like others', async () => {
    const labels = { constructor: ['a'], toString: ['b'], team: ['ops'] }
    await using server = await startTestServer({
      config: {
        authenticators: [authenticator('yes', { answer: { outcome: 'accept', labels } })],
        authorizers: [authorizer('z', { answer: { outcome: 'deny' } })],
      },
    })
    await server.token(ask)
    expect(server.lines().find(({ id, msg }) => id === 'z' && msg === 'asked')!.labels).to.deep.equal(labels)
  })

  it('can not be changed by an authorizer', async () => {
    const source = `import { definePlugin, grant, LABELS, z } from 'dockwarden/plugin'
      export default definePlugin({
        kind: 'authorizer', name: 'meddler', options: z.strictObject({}),
        create: () => ({ async authorize(resource, request) {
          const changes = [
            () => { (request.labels as any).admin = ['yes'] },
            () => { (request.labels as any).team.push('admins') },
            () => { (request.resolve(LABELS) as any).admin = ['yes'] },
            () => { (request as any).labels = { admin: ['yes'] } },
          ]
          return grant([], changes.map((change) => { try { change(); return 'done' } catch { return 'refused' } }).join(' '))
        } }),
      })`
    await using server = await startTestServer({
      config: {
        authenticators: [authenticator('yes', { answer: { outcome: 'accept', labels: { team: ['dev'] } } })],
        authorizers: [{ plugin: './meddler.ts' }],
      },
      files: { 'meddler.ts': source },
    })
    await server.token(ask)
    expect(server.audits()[0]!.rules).to.deep.equal(['meddler: refused refused refused refused'])
  })
})
