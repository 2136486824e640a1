// What plugins get can't be changed by them, and what they give can't be changed afterwards: whole requests past plugins that try.
import { expect } from 'chai'
import { certified } from '../support/certified-server.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { OWNERS, SIGNING_IN, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

const PASSWORD = 'canary of the frozen'
const MEDDLE = new URL('../support/plugins/meddle.ts', import.meta.url).href
const HEAD = `import { accept, definePlugin, deny, grant, pass, reject, z } from 'dockwarden/plugin'
import { meddle, partsOf } from ${JSON.stringify(MEDDLE)}
`

/** A plugin's source. @param body of `create(options, host)` */
function plugin(kind: string, name: string, body: string, more = ''): string {
  return `${HEAD}${more}
export default definePlugin({ kind: '${kind}', name: '${name}', options: z.any(), anonymous: ${kind === 'authenticator'},
  create(options, host) { ${body} } })`
}

const tried = (given: string) =>
  `request.log.info({ changed: meddle({ ${given}, ...partsOf(request) }) }, 'meddled')`
const MEDDLERS = {
  'authenticator.ts': plugin(
    'authenticator',
    'meddling',
    `return {
      async authenticate(credentials, request) {
        ${tried('credentials, options, host')}
        return options.accepts ? accept({ labels: { team: ['dev'] }, session: { deep: [{ since: 1 }] } }) : pass
      },
      async refresh(held, request) {
        ${tried('held')}
        return accept({ labels: held.labels, session: held.session })
      },
    }`,
  ),
  'labeler.ts': plugin(
    'labeler',
    'meddling',
    `return { async label(identity, request) { ${tried('identity, options, host')}; return {} } }`,
  ),
  'authorizer.ts': plugin(
    'authorizer',
    'meddling',
    `return { async authorize(resource, request) { ${tried('resource, options, host')}; return pass } }`,
  ),
}
const OPTIONS = { deep: { list: [{ a: 1 }] } }
const SCOPE = ['repository:alice/app:pull', 'repository:bob/app:pull']
const ask = { user: ['alice', PASSWORD] as const, query: { service: 'registry', scope: SCOPE } }
const meddled = (server: TestInstance) => server.lines().filter(({ msg }) => msg === 'meddled')

describe('what plugins get', () => {
  it('can be changed by none, and the next ones and the audit line see what the client sent', async () => {
    const meddling = (kind: string) => ({ plugin: `./${kind}.ts`, id: `m-${kind}`, options: OPTIONS })
    await using server = await startTestServer({
      config: {
        authenticators: [
          meddling('authenticator'),
          scripted.authenticator('yes', { answer: { outcome: 'accept', labels: { team: ['ops'] } } }),
        ],
        labelers: [meddling('labeler'), scripted.labeler('more', { answer: { team: ['dev'] } })],
        authorizers: [meddling('authorizer'), { plugin: OWNERS }],
      },
      files: MEDDLERS,
    })
    const { status, access, claims } = await server.token(ask)
    expect(status).to.equal(200)
    expect(claims).to.include({ sub: 'alice', aud: 'registry' })
    expect(access).to.deep.equal(['repository:alice/app:pull', 'repository:bob/app:'])
    expect(meddled(server).map(({ changed }) => changed)).to.deep.equal([[], [], [], []])
    expect(server.audits()[0]).to.deep.include({
      account: 'alice',
      scopes: SCOPE,
      access: ['repository:alice/app:pull', 'repository:bob/app:'],
      ip: '127.0.0.1',
    })
  })

  it('nor of an anonymous request, for those that come after it', async () => {
    await using server = await startTestServer({
      config: {
        authenticators: [{ plugin: './authenticator.ts', options: { accepts: true } }],
        authorizers: [{ plugin: OWNERS }],
      },
      files: MEDDLERS,
    })
    for (const user of [undefined, ['alice', PASSWORD] as const, undefined]) {
      const { claims } = await server.token({
        query: { scope: 'repository:public/a:pull' },
        ...(user && { user }),
      })
      expect(claims).to.include({ sub: user?.[0] ?? '' })
    }
    expect(meddled(server).flatMap(({ changed }) => changed)).to.deep.equal([])
  })

  it('nor what is held of an account with a refresh token', async () => {
    await using server = await startTestServer({
      config: {
        authenticators: [{ plugin: './authenticator.ts', options: { accepts: true } }],
        authorizers: [{ plugin: OWNERS }],
      },
      files: MEDDLERS,
    })
    const login = await server.token({
      user: ask.user,
      query: { service: 'registry', offline_token: 'true' },
    })
    for (let use = 0; use < 2; use += 1) {
      const form = {
        grant_type: 'refresh_token',
        refresh_token: login.json.refresh_token,
        service: 'registry',
      }
      const { status, access } = await server.token({ form: { ...form, scope: 'repository:dev/app:push' } })
      expect([status, access]).to.deep.equal([200, ['repository:dev/app:push']])
    }
    expect(meddled(server).map(({ changed }) => changed)).to.deep.equal([[], [], []])
  })

  describe('of a client certificate', () => {
    const { ci, server, start, agentOf, ask, accessOf } = certified()

    it('stays as it is for the other requests of the connection', async () => {
      await start({ authenticators: [{ plugin: './authenticator.ts' }], files: MEDDLERS })
      const agent = agentOf(ci())
      for (let use = 0; use < 2; use += 1) {
        expect(accessOf(await ask(agent))).to.deep.equal(['ci', 'pull', 'push'])
      }
      expect(meddled(server()).map(({ changed }) => changed)).to.deep.equal([[], []])
    })
  })

  const writes: [string, 'authenticator' | 'labeler' | 'authorizer', string][] = [
    ['the password of the credentials', 'authenticator', "given.password.reveal = () => 'x'"],
    ['the account of the credentials', 'authenticator', "given.account = 'bob'"],
    ['the client', 'authenticator', "request.client.ip = '10.0.0.1'"],
    ['the labels of the identity', 'labeler', "given.labels.team = ['admins']"],
    ['the actions of a resource', 'authorizer', "given.actions.push('delete')"],
    ['the name of a resource', 'authorizer', "given.name = 'bob/app'"],
  ]
  for (const [what, kind, write] of writes) {
    it(`is 503 when a plugin writes to ${what}`, async () => {
      const method = { authenticator: 'authenticate', labeler: 'label', authorizer: 'authorize' }[kind]
      const own = { plugin: './writing.ts', id: 'writing' }
      const yes = scripted.authenticator('yes', { answer: { outcome: 'accept' } })
      await using server = await startTestServer({
        config: {
          authenticators: kind === 'authenticator' ? [own, yes] : [yes],
          labelers: kind === 'labeler' ? [own] : [],
          authorizers: [...(kind === 'authorizer' ? [own] : []), { plugin: OWNERS }],
        },
        files: {
          'writing.ts': plugin(
            kind,
            'writing',
            `return { async ${method}(given, request) { ${write}; return pass } }`,
          ),
        },
      })
      expect((await server.token(ask)).status).to.equal(503)
      expect(server.audits()[0]!.reason).to.match(/\(id writing\): Cannot (assign to read only|add) property/)
    })
  }

  const shared: [string, string][] = [
    ['the clock', 'host.clock.now = () => 0'],
    ['the check of passwords', 'host.passwords.verify = async () => true'],
    ['the default of an option', "options.list.push('evil')"],
    ['the default of a map', "options.map.set('evil', 'evil')"],
    ['the default of something deeper', "options.deep.list[0].a = 'evil'"],
    ['its definition', 'this.anonymous = true'],
  ]
  for (const [what, write] of shared) {
    it(`can not be changed by one instance for another: ${what}`, async () => {
      const source = `${HEAD}
        const deep = { list: [{ a: 1 }] }
        const options = z.strictObject({
          list: z.array(z.string()).default([]), map: z.map(z.string(), z.string()).default(new Map()),
          deep: z.any().default(deep),
        })
        export default definePlugin({ kind: 'authenticator', name: 'sharing', options,
          create(options, host) { ${write}; return { authenticate: async () => pass } } })`
      const authenticators = ['one', 'other'].map((id) => ({ plugin: './sharing.ts', id }))
      const started = startTestServer({
        config: { authenticators, authorizers: [] },
        files: { 'sharing.ts': source },
      })
      const error = await started.then(
        (server) => server.stop(),
        ({ message }: Error) => message,
      )
      expect(error).to.match(/\(id one\) could not be created: .*(read only|not extensible|is frozen)/)
      expect(error).to.match(/\(id other\) could not be created: .*(read only|not extensible|is frozen)/)
    })
  }
})

/** An object whose properties show each of these values in turn, the last one for ever. */
const TURNCOAT = `function turncoat(fixed, turning) {
  const given = { ...fixed }
  for (const [name, values] of Object.entries(turning)) {
    let reads = 0
    Object.defineProperty(given, name, { enumerable: true, get: () => values[Math.min(reads++, values.length - 1)] })
  }
  return given
}
/** A list that is another one when it is read again. */
const twoFaced = (first, then) => {
  let reads = 0
  return new Proxy(first, { get: (list, key) => Reflect.get(key === 'length' ? (reads++ ? then : list) : reads > 1 ? then : list, key) })
}`

describe('what plugins give', () => {
  const outcomes: [string, string, string[]][] = [
    [
      'an account',
      "turncoat({ outcome: 'accept' }, { account: ['alice', 'bob'] })",
      ['alice/app:pull', 'bob/app:'],
    ],
    [
      'an outcome',
      "turncoat({ account: 'alice', reason: 'x' }, { outcome: ['accept', 'reject'] })",
      ['alice/app:pull', 'bob/app:'],
    ],
    [
      'labels',
      "turncoat({ outcome: 'accept' }, { labels: [{ team: ['dev'] }, { team: ['bob'] }] })",
      ['alice/app:pull', 'bob/app:'],
    ],
    [
      'the values of a label',
      "accept({ labels: { team: twoFaced(['dev'], ['bob']) } })",
      ['alice/app:pull', 'bob/app:'],
    ],
  ]
  for (const [what, outcome, access] of outcomes) {
    it(`is read once: ${what} that changes`, async () => {
      const source = plugin(
        'authenticator',
        'turning',
        `return { authenticate: async () => ${outcome} }`,
        TURNCOAT,
      )
      await using server = await startTestServer({
        config: { authenticators: [{ plugin: './turning.ts' }], authorizers: [{ plugin: OWNERS }] },
        files: { 'turning.ts': source },
      })
      const answer = await server.token(ask)
      expect(answer.claims).to.include({ sub: 'alice' })
      expect(answer.access).to.deep.equal(access.map((one) => `repository:${one}`))
    })
  }

  it('is copied: what an authenticator and a labeler change later counts for nobody', async () => {
    const kept = `const kept = { account: 'alice', labels: { team: ['dev'] } }`
    const state = `${kept}\nexport { kept }\nexport const later = { team: ['ops'] }`
    const using = `import { kept, later } from './state.ts'`
    const change =
      "kept.account = 'bob'; kept.labels.team.push('bob'); kept.labels.more = ['bob']; later.team[0] = 'bob'"
    await using server = await startTestServer({
      config: {
        authenticators: [{ plugin: './keeping.ts' }],
        labelers: [{ plugin: './later.ts' }],
        authorizers: [{ plugin: './changing.ts' }, { plugin: OWNERS }],
      },
      files: {
        'state.ts': state,
        'keeping.ts': plugin(
          'authenticator',
          'keeping',
          `return { authenticate: async () => accept(kept) }`,
          using,
        ),
        'later.ts': plugin('labeler', 'later', `return { label: async () => later }`, using),
        'changing.ts': plugin(
          'authorizer',
          'changing',
          `return { async authorize() { ${change}; return pass } }`,
          using,
        ),
      },
    })
    const scope = ['alice/a', 'bob/a', 'dev/a', 'ops/a'].map((name) => `repository:${name}:pull`)
    const { access, claims } = await server.token({ ...ask, query: { scope } })
    expect(claims).to.include({ sub: 'alice' })
    expect(access).to.deep.equal([scope[0], 'repository:bob/a:', scope[2], scope[3]])
  })

  const grants: [string, string, string[] | 503][] = [
    ['a grant of more than was asked', "grant(['pull', 'push', 'delete', '*'])", ['pull']],
    ['actions that change', "turncoat({ outcome: 'grant' }, { actions: [[], ['pull']] })", []],
    ['a list that changes', "turncoat({ outcome: 'grant' }, { actions: [twoFaced([], ['pull'])] })", []],
    ['an outcome that changes', "turncoat({ actions: ['pull'] }, { outcome: ['deny', 'grant'] })", []],
    [
      'a rule that changes',
      "turncoat({ outcome: 'grant', actions: ['pull'] }, { rule: ['a', {}] })",
      ['pull'],
    ],
    ['a list with a hole', 'grant(new Array(1))', 503],
    ['a list of the greatest length', 'grant(new Array(2 ** 32 - 1))', 503],
    [
      'a list that grows without end',
      "grant(new Proxy([], { get: (list, key) => key === 'length' ? Infinity : 'pull' }))",
      503,
    ],
    [
      'a list that has its own way to be read',
      "grant(Object.assign(['push'], { includes: () => true, [Symbol.iterator]: () => ['pull'].values() }))",
      [],
    ],
    ['a list of objects that look like a text', "grant([{ toString: () => 'pull' }])", 503],
    [
      'a proxy that was revoked',
      '(({ proxy, revoke }) => (revoke(), grant(proxy)))(Proxy.revocable([], {}))',
      503,
    ],
  ]
  for (const [what, outcome, expected] of grants) {
    it(`decides once: ${what}`, async () => {
      const source = plugin('authorizer', 'turning', `return { authorize: async () => ${outcome} }`, TURNCOAT)
      await using server = await startTestServer({
        config: {
          authenticators: [scripted.authenticator('yes', { answer: { outcome: 'accept' } })],
          authorizers: [{ plugin: './turning.ts' }],
        },
        files: { 'turning.ts': source },
      })
      const { status, access } = await server.token({ ...ask, query: { scope: 'repository:alice/app:pull' } })
      if (expected === 503) expect(status).to.equal(503)
      else expect(access).to.deep.equal([`repository:alice/app:${expected.join()}`])
    })
  }
})

describe('a sign-in', () => {
  let provider: IdentityProvider
  beforeEach(async () => {
    provider = await startIdentityProvider()
    provider.person = { account: 'alice@example.com', labels: { team: ['dev'] } }
  })
  afterEach(() => provider.close())

  /** A server whose plugin is the made-up provider's, with something done in the place of its own sign-in. */
  function startWith(change: string): Promise<TestInstance> {
    const source = `import signingIn from ${JSON.stringify(SIGNING_IN)}
      import { definePlugin } from 'dockwarden/plugin'
      import { meddle } from ${JSON.stringify(MEDDLE)}
      export default definePlugin({ ...signingIn, name: 'changed', create(options, host) {
        const own = signingIn.create(options, host)
        const refresh = async (held, request) => {
          const changed = meddle({ held })
          request.log.info({ changed }, 'meddled')
          return own.refresh(held, request)
        }
        return { ...own, refresh, routes: (routes) => own.routes({ signIn(given) { ${change} } }) }
      } })`
    return startTestServer({
      config: {
        authenticators: [
          { plugin: './changed.ts', options: { provider: provider.url, revalidate_after: 0, grace: '1h' } },
        ],
        authorizers: [{ plugin: OWNERS }],
      },
      files: { 'changed.ts': source },
    })
  }

  async function signIn(server: TestInstance): Promise<string> {
    const visitor = new Visitor()
    const { location } = await visitor.get(`http://127.0.0.1:${server.port}/example_auth/start`)
    const { text } = await visitor.get(provider.consent(location!))
    return /dwp_\w+/.exec(text)?.[0] ?? ''
  }

  it('gives its plugin nothing that can be changed, nor does looking again', async () => {
    await using server = await startWith(`
      const { begin, finish } = given
      const tried = (what) => host.log.info({ changed: meddle({ what }) }, 'meddled')
      routes.signIn({ ...given, begin: (one) => (tried(one), begin(one)), finish: (one) => (tried(one), finish(one)) })`)
    const password = await signIn(server)
    const query = { scope: 'repository:dev/app:pull' }
    const { access } = await server.token({ user: ['alice@example.com', password], query })
    expect(access).to.deep.equal(['repository:dev/app:pull'])
    expect(meddled(server).map(({ changed }) => changed)).to.deep.equal([[], [], []])
  })

  it('is as it was added, whatever its plugin changes later', async () => {
    await using server = await startWith(`
      const { begin } = given
      const mine = { ...given, redirect: { ...given.redirect } }
      mine.begin = async (attempt) => {
        mine.title = 'Evil Corp'
        mine.redirect.path = '/auth'
        mine.finish = async () => ({ outcome: 'accept', account: 'root' })
        return begin(attempt)
      }
      routes.signIn(mine)`)
    expect(await signIn(server)).to.match(/^dwp_/)
    expect(
      server.lines().find(({ audit, action }) => audit === 'sign-in' && action === 'sign-in'),
    ).to.include({
      account: 'alice@example.com',
    })
    const { text } = await new Visitor().get(`http://127.0.0.1:${server.port}/example_auth`)
    expect(text).to.include('Example Corp').and.not.include('Evil Corp')
  })

  it('leads where its plugin first said, and is for whom it first named', async () => {
    await using server = await startWith(`
      ${TURNCOAT}
      const { begin, finish } = given
      routes.signIn({ ...given,
        begin: async (attempt) => turncoat({ keep: {} }, { url: [(await begin(attempt)).url, 'javascript:alert(1)'] }),
        finish: async (answer) => turncoat(await finish(answer), { account: ['alice@example.com', 'root'] }),
      })`)
    await signIn(server)
    expect(
      server.lines().find(({ audit, action }) => audit === 'sign-in' && action === 'sign-in'),
    ).to.include({
      account: 'alice@example.com',
    })
  })
})
