// What plugins share, on a whole server: directories between instances, entries within a request.
import { expect } from 'chai'
import { startTestServer, type TestInstance } from '../support/server.ts'

/** An authenticator that has a directory, and hands on the entry that it found. Its options are the people: name to [password, team]. */
const CORP = `
import { accept, createToken, definePlugin, pass, reject, z } from 'dockwarden/plugin'
const DIRECTORY = createToken('acme/directory')
const ENTRY = createToken('acme/entry')
export default definePlugin({
  kind: 'authenticator', name: 'corp',
  provides: [DIRECTORY, ENTRY],
  options: z.strictObject({ people: z.record(z.string(), z.tuple([z.string(), z.string()])), closes: z.string().optional() }),
  create({ people, closes }, host) {
    host.provide(DIRECTORY, { teamOf: (name) => people[name]?.[1], called: host.id })
    const hand = (name, request) => request.provide(ENTRY, { name, of: host.id, team: [people[name][1]] })
    return {
      answersFrom: 'password',
      async authenticate({ account, password }, request) {
        if (!people[account]) { request.provide(ENTRY, { name: account, of: host.id + ' by mistake', team: ['forged'] }); return pass }
        hand(account, request)
        return people[account][0] === password.reveal() ? accept() : reject('wrong')
      },
      async refresh({ account }, request) {
        if (!people[account]) return pass
        hand(account, request)
        return accept()
      },
      async close() { if (closes) (globalThis[closes] ??= []).push(host.id) },
    }
  },
})`

/** A labeler with copies of the tokens, that needs both. */
const TEAMS = `
import { createToken, definePlugin, z } from 'dockwarden/plugin'
const DIRECTORY = createToken('acme/directory')
const ENTRY = createToken('acme/entry')
export default definePlugin({
  kind: 'labeler', name: 'teams',
  needs: { directory: DIRECTORY },
  options: z.strictObject({ accepting: z.boolean().default(false), closes: z.string().optional() }),
  create({ accepting, closes }, host) {
    const own = accepting ? undefined : host.resolve(DIRECTORY)
    return {
      async label({ account }, request) {
        const directory = own ?? request.resolve(DIRECTORY)
        const entry = request.resolve(ENTRY)
        return { team: directory ? [directory.teamOf(account) ?? 'none'] : [], by: directory ? [directory.called] : [], entry: entry ? [entry.name + '@' + entry.of] : [] }
      },
      async close() { if (closes) (globalThis[closes] ??= []).push(host.id) },
    }
  },
})`

/** Grants to whom the entry's name is. */
const OWN = `
import { createToken, definePlugin, deny, grant, z } from 'dockwarden/plugin'
const ENTRY = createToken('acme/entry')
export default definePlugin({
  kind: 'authorizer', name: 'own', options: z.strictObject({ meddles: z.boolean().default(false) }),
  create: ({ meddles }) => ({
    async authorize({ name, actions }, request) {
      const entry = request.resolve(ENTRY)
      if (meddles) entry.team.push('x')
      await new Promise(setImmediate)
      return name === request.resolve(ENTRY)?.name ? grant([...actions]) : deny()
    },
  }),
})`

const files = { 'corp.ts': CORP, 'teams.ts': TEAMS, 'own.ts': OWN }
const PEOPLE = { ann: ['her secret', 'dev'], bob: ['his secret', 'ops'] }
const corp = (id: string, people: object = PEOPLE, more: object = {}) => ({
  plugin: './corp.ts',
  id,
  options: { people, ...more },
})

function start(config: object): Promise<TestInstance> {
  return startTestServer({
    files,
    config: { authenticators: [corp('corp')], authorizers: [{ plugin: './own.ts' }], ...config },
  })
}

const ask = (user: [string, string], name = user[0]) => ({
  user,
  query: { service: 'registry', scope: `repository:${name}:pull` },
})

async function faultsOf(config: object): Promise<string> {
  try {
    await using server = await start(config)
    return `it started: ${server.port}`
  } catch (error) {
    return (error as Error).message
  }
}

const labelsOf = (server: TestInstance) => server.audits().at(-1)!.labels

describe('what plugins share', () => {
  it('an instance hands another what it needs, a request carries what was found, by name', async () => {
    await using server = await start({ labelers: [{ plugin: './teams.ts' }] })
    const answer = await server.token(ask(['ann', 'her secret']))
    expect(answer.access).to.deep.equal(['repository:ann:pull'])
    expect(labelsOf(server)).to.deep.equal({ team: ['dev'], by: ['corp'], entry: ['ann@corp'] })
  })

  it('what an authenticator provides counts only when it accepts', async () => {
    await using server = await start({
      authenticators: [corp('first', { zoe: ['x', 'y'] }), corp('second')],
      labelers: [{ plugin: './teams.ts', uses: { directory: 'second' } }],
    })
    await server.token(ask(['ann', 'her secret']))
    expect(labelsOf(server)).to.deep.equal({ team: ['dev'], by: ['second'], entry: ['ann@second'] })
  })

  it('is the same with a refresh token', async () => {
    await using server = await start({ labelers: [{ plugin: './teams.ts' }] })
    const login = await server.token({
      ...ask(['ann', 'her secret']),
      query: { service: 'registry', offline_token: 'true', scope: 'repository:ann:pull' },
    })
    const again = await server.token({
      form: {
        grant_type: 'refresh_token',
        refresh_token: login.json.refresh_token,
        service: 'registry',
        client_id: 'x',
        scope: 'repository:ann:pull',
      },
    })
    expect(again.access).to.deep.equal(['repository:ann:pull'])
    expect(labelsOf(server)).to.deep.equal({ team: ['dev'], by: ['corp'], entry: ['ann@corp'] })
  })

  it('two hundred requests at once never see each other’s', async () => {
    const people = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`user-${index}`, [`secret-${index}`, `team-${index}`]]),
    )
    await using server = await start({
      authenticators: [corp('corp', people)],
      labelers: [{ plugin: './teams.ts' }],
    })
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const name = `user-${index % 20}`
        return [name, await server.token(ask([name, `secret-${index % 20}`]))] as const
      }),
    )
    for (const [name, { access }] of answers) expect(access).to.deep.equal([`repository:${name}:pull`])
    for (const { account, labels } of server.audits())
      expect(labels).to.deep.equal({
        team: [account.replace('user', 'team')],
        by: ['corp'],
        entry: [`${account}@corp`],
      })
  })

  it('accepting is that of whoever accepted', async () => {
    await using server = await start({
      authenticators: [corp('one', { ann: PEOPLE.ann }), corp('two', { bob: PEOPLE.bob })],
      labelers: [{ plugin: './teams.ts', uses: { directory: 'accepting' }, options: { accepting: true } }],
    })
    for (const [user, id] of [
      [['ann', 'her secret'], 'one'],
      [['bob', 'his secret'], 'two'],
    ] as const) {
      await server.token(ask([...user]))
      expect(labelsOf(server).by).to.deep.equal([id])
    }
  })

  it('reaches nothing of the server’s own: not by a name, a symbol or a container of its own', async () => {
    const thief = `
import { createRequire } from 'node:module'
import { createToken, definePlugin, z } from 'dockwarden/plugin'
const { container } = createRequire(${JSON.stringify(import.meta.filename)})('tsyringe')
const attempt = (take) => { try { const got = take(); return got === undefined ? 'nothing' : 'GOT ' + typeof got } catch { return 'refused' } }
export default definePlugin({
  kind: 'labeler', name: 'thief', options: z.strictObject({}),
  create: (_, host) => ({
    async label(_, request) {
      const names = ['key-ring', 'token-store', 'token-keeper', 'chains', 'instances', 'host-services', 'log', 'token-table']
      const tried = new Set()
      for (const name of names) {
        for (const key of [name, Symbol(name), Symbol.for(name)]) {
          tried.add(attempt(() => container.resolve(key)))
          tried.add(attempt(() => host.resolve(key)))
          tried.add(attempt(() => request.resolve(key)))
        }
        for (const token of [createToken('thief/' + name), { name, version: 1 }, { name: 'dockwarden/' + name, version: 1 }]) {
          tried.add(attempt(() => host.resolve(token)))
          tried.add(attempt(() => host.find(token)))
          tried.add(attempt(() => host.resolveAll(token)))
          tried.add(attempt(() => request.resolve(token)))
        }
      }
      return { got: [...tried].sort() }
    },
  }),
})`
    Object.assign(files, { 'thief.ts': thief })
    await using server = await start({ labelers: [{ plugin: './thief.ts' }] })
    await server.token(ask(['ann', 'her secret']))
    expect(labelsOf(server)).to.deep.equal({ got: ['nothing', 'refused'] })
  })

  it('is frozen', async () => {
    await using server = await start({ authorizers: [{ plugin: './own.ts', options: { meddles: true } }] })
    expect((await server.token(ask(['ann', 'her secret']))).status).to.equal(503)
    expect(server.logged).to.contain('object is not extensible')
  })

  it('who uses another is closed before it', async () => {
    const closes = 'closedInTheTestOfSharing'
    const held = globalThis as unknown as Record<string, string[]>
    const server = await start({
      labelers: [{ plugin: './teams.ts', options: { closes } }],
      authenticators: [corp('corp', PEOPLE, { closes })],
    })
    await server.stop()
    expect(held[closes]).to.deep.equal(['teams', 'corp'])
    delete held[closes]
  })
})

describe('sharing: what is wrong is said at load, at its place', () => {
  const plugin = (name: string, kind: string, head: string, body: string, method: string) => `
import { createToken, definePlugin, pass, z } from 'dockwarden/plugin'
const DIRECTORY = createToken('acme/directory')
export default definePlugin({ kind: '${kind}', name: '${name}', options: z.strictObject({}), ${head}
  create(_, host) { ${body}; return { ${method} } } })`
  const LABELER = 'async label() { return {} }'
  const cases: [string, { config: object; more?: Record<string, string> }, string | RegExp][] = [
    [
      'nobody provides it',
      {
        config: {
          authenticators: [{ plugin: 'static', options: { users: { ann: { any_password: true } } } }],
          labelers: [{ plugin: './teams.ts' }],
        },
      },
      /labelers\[0\]: needs acme\/directory \(directory\), which no other instance provides; add an instance of the plugin that does/,
    ],
    [
      'several do',
      { config: { authenticators: [corp('a'), corp('b')], labelers: [{ plugin: './teams.ts' }] } },
      'labelers[0]: needs acme/directory, which a and b provide; say which: uses: { directory: a }, or uses: { directory: accepting } for that of whoever accepted',
    ],
    [
      'a need that is none',
      { config: { labelers: [{ plugin: './teams.ts', uses: { diretory: 'corp' } }] } },
      'labelers[0].uses.diretory: the plugin teams has no such need; did you mean "directory"?',
    ],
    [
      'uses where nothing is needed',
      { config: { authorizers: [{ plugin: './own.ts', uses: { directory: 'corp' } }] } },
      'authorizers[0].uses.directory: the plugin own needs nothing from others; remove it',
    ],
    [
      'an id that is none',
      { config: { labelers: [{ plugin: './teams.ts', uses: { directory: 'crop' } }] } },
      'labelers[0].uses.directory: there is no instance with the id crop; did you mean "corp"?',
    ],
    [
      'an instance that provides something else',
      { config: { labelers: [{ plugin: './teams.ts', uses: { directory: 'own' } }] } },
      'labelers[0].uses.directory: own provides no acme/directory; ',
    ],
    [
      'several where one is taken',
      {
        config: {
          authenticators: [corp('a'), corp('b')],
          labelers: [{ plugin: './teams.ts', uses: { directory: ['a', 'b'] } }],
        },
      },
      'takes one instance; name one of a and b',
    ],
    [
      'accepting, asked in create',
      { config: { labelers: [{ plugin: './teams.ts', uses: { directory: 'accepting' } }] } },
      'acme/directory is that of whoever accepts (uses: { directory: accepting }); ask request.resolve in each call',
    ],
    [
      'a circle',
      {
        config: { labelers: [{ plugin: './x.ts' }, { plugin: './y.ts' }] },
        more: {
          'x.ts': plugin(
            'x',
            'labeler',
            "provides: [createToken('x/x')], needs: { y: createToken('y/y') },",
            '',
            LABELER,
          ),
          'y.ts': plugin(
            'y',
            'labeler',
            "provides: [createToken('y/y')], needs: { x: createToken('x/x') },",
            '',
            LABELER,
          ),
        },
      },
      'labelers[0]: stands in a circle: x needs y needs x; break it',
    ],
    [
      'two versions of one name',
      {
        config: { labelers: [{ plugin: './x.ts' }] },
        more: {
          'x.ts': plugin(
            'x',
            'labeler',
            "needs: { d: createToken('acme/directory', { version: 2 }) },",
            '',
            LABELER,
          ),
        },
      },
      'labelers[0]: the token acme/directory is there in version 1 and in version 2; use plugins of one version',
    ],
    [
      'provided, but not listed',
      {
        config: { labelers: [{ plugin: './x.ts' }] },
        more: { 'x.ts': plugin('x', 'labeler', '', 'host.provide(DIRECTORY, {})', LABELER) },
      },
      'host.provide(acme/directory): the plugin x does not list the token; add it to provides in definePlugin',
    ],
    [
      'resolved, but not listed',
      {
        config: { labelers: [{ plugin: './x.ts' }] },
        more: { 'x.ts': plugin('x', 'labeler', '', 'host.resolve(DIRECTORY)', LABELER) },
      },
      'host.resolve(acme/directory): the plugin x does not list the token; add it to needs in definePlugin',
    ],
    [
      'resolved, but not needed by an instance with these options',
      {
        config: { labelers: [{ plugin: './x.ts', options: { url: 'x' } }] },
        more: {
          'x.ts': plugin(
            'x',
            'labeler',
            "needs: { directory: { token: DIRECTORY, unless: 'url' } },",
            'host.resolve(DIRECTORY)',
            LABELER,
          ).replace('strictObject({})', 'strictObject({ url: z.string() })'),
        },
      },
      'host.resolve(acme/directory): this instance has the option url, so that it needs none',
    ],
    [
      'listed, but not provided',
      {
        config: {
          labelers: [
            { plugin: './x.ts', id: 'lazy' },
            { plugin: './teams.ts', uses: { directory: 'lazy' } },
          ],
        },
        more: { 'x.ts': plugin('x', 'labeler', 'provides: [DIRECTORY],', '', LABELER) },
      },
      'lazy declares acme/directory, but did not provide it in create; tell its author',
    ],
    [
      'a name of the server',
      {
        config: { labelers: [{ plugin: './x.ts' }] },
        more: {
          'x.ts': plugin('x', 'labeler', "provides: [createToken('dockwarden/labels')],", '', LABELER),
        },
      },
      "createToken('dockwarden/labels'): names below dockwarden/ are the server's own",
    ],
    [
      'a token that is none',
      {
        config: { labelers: [{ plugin: './x.ts' }] },
        more: { 'x.ts': plugin('x', 'labeler', "provides: ['acme/x'],", '', LABELER) },
      },
      "x.ts: has provides[0] that is a text; write a token, made with createToken('package/name')",
    ],
    [
      'an id that means something else',
      { config: { authenticators: [corp('accepting')] } },
      'must not be accepting, which stands for whoever accepts a request',
    ],
  ]
  for (const [name, { config, more }, message] of cases) {
    it(name, async () => {
      Object.assign(files, more)
      const said = await faultsOf(config)
      if (typeof message === 'string') expect(said).to.contain(message)
      else expect(said).to.match(message)
    })
  }

  it('who needs what could not be made adds nothing to the message', async () => {
    Object.assign(files, {
      'broken.ts': plugin(
        'broken',
        'labeler',
        'provides: [DIRECTORY],',
        "throw new Error('no disk')",
        LABELER,
      ),
    })
    const said = await faultsOf({
      labelers: [{ plugin: './broken.ts' }, { plugin: './teams.ts', uses: { directory: 'broken' } }],
    })
    expect(said).to.match(/plugin broken \(id broken\) could not be created: no disk$/)
  })
})
