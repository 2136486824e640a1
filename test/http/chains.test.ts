// How the answers of several plugins become one: accept, reject and pass, and plugins that could not be asked.
import { expect } from 'chai'
import { OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'

const PASSWORD = 'canary of the chains'
const SCOPE = 'repository:team/app:pull,push'

const accept = (labels?: object) => ({ answer: { outcome: 'accept', labels } })
const reject = { answer: { outcome: 'reject', reason: 'scripted' } }
const pass = { answer: { outcome: 'pass' } }
const fault = { does: 'throw' }
const next = { on_error: 'next' }
const { authenticator, labeler, authorizer } = scripted

interface Outcome {
  readonly answer: TokenAnswer
  /** The ids of the plugins that were asked, in order. */
  readonly asked: string[]
  readonly server: TestInstance
}

/** Asks a server with these chains for one token. */
async function ask(chains: object, scope: string | string[] = SCOPE): Promise<Outcome> {
  const config = {
    authenticators: [authenticator('yes', accept())],
    authorizers: [{ plugin: OWNERS }],
    ...chains,
  }
  await using server = await startTestServer({ config })
  const answer = await server.token({ user: ['alice', PASSWORD], query: { scope } })
  const asked = server.lines().filter(({ msg, id }) => msg === 'asked' && id !== 'owners')
  return { answer, asked: asked.map(({ id }) => id), server }
}

function expectUnavailable({ status, headers, json }: TokenAnswer): void {
  expect(status).to.equal(503)
  expect(headers['retry-after']).to.match(/^\d+$/)
  expect(headers['www-authenticate']).to.equal(undefined)
  expect(json.errors[0].code).to.equal('UNAVAILABLE')
  expect(json.errors[0].message).not.to.contain('scripted')
}

describe('a chain of authenticators', () => {
  const cases: [string, object[], number, string[]][] = [
    ['the first accepts', [authenticator('a', accept()), authenticator('b', reject)], 200, ['a']],
    ['the first rejects', [authenticator('a', reject), authenticator('b', accept())], 401, ['a']],
    ['the first passes', [authenticator('a', pass), authenticator('b', accept())], 200, ['a', 'b']],
    ['all pass', [authenticator('a', pass), authenticator('b', pass)], 401, ['a', 'b']],
    ['there is none', [], 401, []],
    ['one is down', [authenticator('a', fault), authenticator('b', accept())], 503, ['a']],
    ['one after a pass is down', [authenticator('a', pass), authenticator('b', fault)], 503, ['a', 'b']],
    ['one after an accept is down', [authenticator('a', accept()), authenticator('b', fault)], 200, ['a']],
    [
      'one is skipped and the next accepts',
      [authenticator('a', fault, next), authenticator('b', accept())],
      200,
      ['a', 'b'],
    ],
    [
      'one is skipped and the next rejects',
      [authenticator('a', fault, next), authenticator('b', reject)],
      401,
      ['a', 'b'],
    ],
    [
      'one is skipped and the next passes',
      [authenticator('a', fault, next), authenticator('b', pass)],
      503,
      ['a', 'b'],
    ],
    ['all are skipped', [authenticator('a', fault, next), authenticator('b', fault, next)], 503, ['a', 'b']],
    [
      'one passes and the last is skipped',
      [authenticator('a', pass), authenticator('b', fault, next)],
      503,
      ['a', 'b'],
    ],
  ]
  for (const [name, authenticators, status, expected] of cases) {
    it(`answers ${status} when ${name}`, async () => {
      const { answer, asked } = await ask({ authenticators })
      expect(answer.status).to.equal(status)
      expect(asked).to.deep.equal(expected)
      if (status === 503) expectUnavailable(answer)
      if (status === 401) expect(answer.headers['www-authenticate']).to.match(/^Basic /)
    })
  }

  it('answers 503 to POST in the words of OAuth', async () => {
    await using server = await startTestServer({
      config: { authenticators: [authenticator('a', fault)], authorizers: [] },
    })
    const answer = await server.token({ form: { username: 'alice', password: PASSWORD } })
    expectUnavailable(answer)
    expect(answer.json.error).to.equal('temporarily_unavailable')
  })

  it('does not ask for anonymous requests those that are not for them', async () => {
    const authenticators = [
      authenticator('a', accept()),
      { plugin: 'static', options: { users: { '': {} } } },
    ]
    await using server = await startTestServer({ config: { authenticators, authorizers: [] } })
    expect((await server.token()).claims!.sub).to.equal('')
    expect(server.audits()[0]).to.include({ authenticator: 'static', account: '' })
  })

  it('answers 401 to anonymous requests when nobody is for them, even when another is down', async () => {
    await using server = await startTestServer({
      config: { authenticators: [authenticator('a', fault)], authorizers: [] },
    })
    const { status, headers } = await server.token()
    expect(status).to.equal(401)
    expect(headers['www-authenticate']).to.equal('Basic realm="Dockwarden", charset="UTF-8"')
  })

  it('may give the account another name, which later steps see', async () => {
    const renamed = { answer: { outcome: 'accept', account: 'team' } }
    const { answer } = await ask({ authenticators: [authenticator('a', renamed)] })
    expect(answer.claims!.sub).to.equal('team')
    expect(answer.access).to.deep.equal([SCOPE])
  })
})

describe('a chain of labelers', () => {
  const team = { answer: { team: ['team'] } }

  it('adds its labels to those of the authenticator, in a union', async () => {
    const authenticators = [authenticator('a', accept({ team: ['one'], site: 'x' }))]
    const labelers = [
      labeler('l1', { answer: { team: ['one', 'team'] } }),
      labeler('l2', { answer: { floor: '3' } }),
    ]
    const authorizers = [authorizer('z', { answer: { outcome: 'grant', actions: ['pull'] } })]
    const { server } = await ask({ authenticators, labelers, authorizers })
    const seen = server.lines().filter(({ msg }) => msg === 'asked')
    expect(Object.fromEntries(seen.map(({ id, labels }) => [id, labels]))).to.deep.equal({
      a: {},
      l1: { team: ['one'], site: ['x'] },
      l2: { team: ['one', 'team'], site: ['x'] },
      z: { team: ['one', 'team'], site: ['x'], floor: ['3'] },
    })
  })

  it('answers 503 when one is down', async () => {
    const { answer, asked } = await ask({ labelers: [labeler('l1', fault), labeler('l2', team)] })
    expectUnavailable(answer)
    expect(asked).to.deep.equal(['yes', 'l1'])
  })

  it('goes on without the labels of one that may be skipped, with a warning', async () => {
    const { answer, server } = await ask({ labelers: [labeler('l1', fault, next), labeler('l2', team)] })
    expect(answer.access).to.deep.equal([SCOPE])
    const warning = server.lines().find(({ level }) => level === 'warn')
    expect(warning).to.include({ id: 'l1' })
    expect(warning!.msg).to.contain('labels are missing')
  })

  it('may answer null for no labels; one that forgets to answer is no answer', async () => {
    const { answer } = await ask({ labelers: [labeler('l1', { answer: null })] })
    expect(answer.status).to.equal(200)
    const forgetful = await ask({ labelers: [labeler('l1', {})] })
    expectUnavailable(forgetful.answer)
  })
})

describe('a chain of authorizers', () => {
  const grant = (...actions: string[]) => ({ answer: { outcome: 'grant', actions } })
  const deny = { answer: { outcome: 'deny' } }
  const cases: [string, object[], string | 503, string[]][] = [
    ['the first grants', [authorizer('a', grant('pull')), authorizer('b', grant('push'))], 'pull', ['a']],
    ['the first denies', [authorizer('a', deny), authorizer('b', grant('pull'))], '', ['a']],
    ['the first grants nothing', [authorizer('a', grant()), authorizer('b', grant('pull'))], '', ['a']],
    [
      'the first grants something else',
      [authorizer('a', grant('delete')), authorizer('b', grant('pull'))],
      '',
      ['a'],
    ],
    [
      'the first passes',
      [authorizer('a', pass), authorizer('b', grant('push', 'pull'))],
      'pull,push',
      ['a', 'b'],
    ],
    ['all pass', [authorizer('a', pass), authorizer('b', pass)], '', ['a', 'b']],
    ['there is none', [], '', []],
    ['one is down', [authorizer('a', fault), authorizer('b', grant('pull'))], 503, ['a']],
    ['one after a pass is down', [authorizer('a', pass), authorizer('b', fault)], 503, ['a', 'b']],
    ['one after a deny is down', [authorizer('a', deny), authorizer('b', fault)], '', ['a']],
  ]
  for (const [name, authorizers, granted, expected] of cases) {
    it(`${granted === 503 ? 'answers 503' : `grants ${granted || 'nothing'}`} when ${name}`, async () => {
      const { answer, asked } = await ask({ authorizers })
      expect(asked.slice(1)).to.deep.equal(expected)
      if (granted === 503) return expectUnavailable(answer)
      expect(answer.status).to.equal(200)
      expect(answer.access).to.deep.equal([`repository:team/app:${granted}`])
    })
  }

  it('is asked for each scope on its own, as it was asked', async () => {
    const scopes = [
      'repository:team/app:push,,pull',
      'repository(plugin):team/app:pull',
      'registry:catalog:*',
    ]
    const { answer, server } = await ask({ authorizers: [authorizer('a', grant('pull', '*'))] }, scopes)
    const resources = server.lines().filter(({ id, msg }) => id === 'a' && msg === 'asked')
    expect(resources.map(({ resource }) => resource)).to.deep.equal([
      { type: 'repository', name: 'team/app', actions: ['push', 'pull'] },
      { type: 'repository', name: 'team/app', actions: ['pull'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ])
    expect(answer.access).to.deep.equal(['repository:team/app:pull', 'registry:catalog:*'])
  })

  it('is not asked when no scope is', async () => {
    const { answer, asked } = await ask({ authorizers: [authorizer('a', fault)] }, [])
    expect(answer.status).to.equal(200)
    expect(asked).to.deep.equal(['yes'])
  })
})
