// A reload: the second configuration takes over whole, what is the same lives on, and what is wrong changes nothing.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { RELOADS } from '../../../core/server/reload-status.ts'
import { newPair } from '../../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from '../../support/server.ts'

const PULL = { service: 'registry', scope: 'repository:app:pull' }
const grants = (...accounts: string[]) => ({
  plugin: 'acl',
  options: { rules: accounts.map((account) => ({ match: { account, name: 'app' }, actions: ['pull'] })) },
})
const people = (...names: string[]) => ({
  plugin: 'static',
  options: {
    users: Object.fromEntries(names.map((name) => [name, { password: `!file ${name}.txt` }])),
  },
})
const PASSWORDS = { 'ann.txt': 'canary of ann', 'ben.txt': 'canary of ben' }

/** Answers its options' word as a label. It notes what it goes through, and waits where it is told to. */
const NOTING = `
import { appendFileSync, existsSync } from 'node:fs'
import { accept, createToken, definePlugin, z } from 'dockwarden/plugin'
const WORD = createToken('noting/word')
const options = z.strictObject({ word: z.string(), folder: z.string(), waits: z.boolean().default(false), down: z.boolean().default(false) })
const VERSION = 1
const note = (folder, text) => appendFileSync(folder + '/noted', text + '\\n')
const give = async ({ word, folder, waits }, id) => {
  if (waits) { note(folder, 'waiting ' + id); while (!existsSync(folder + '/go')) await new Promise((done) => setTimeout(done, 5)) }
  return { word: [word], version: ['v' + VERSION] }
}
export default [
  definePlugin({ kind: 'authenticator', name: 'noting', options, provides: [WORD], create(options, host) {
    note(options.folder, 'made ' + host.id)
    host.provide(WORD, { word: options.word })
    return {
      answersFrom: 'password',
      async authenticate() { return accept({ labels: await give(options, host.id) }) },
      async ready() { if (options.down) throw new Error('the backend is down') },
      async close() { note(options.folder, 'closed ' + host.id) },
    }
  } }),
  definePlugin({ kind: 'labeler', name: 'noting', options, needs: { word: WORD }, create(options, host) {
    note(options.folder, 'made ' + host.id)
    const { word } = host.resolve(WORD)
    return { label: async () => ({ theirs: [word] }), async close() { note(options.folder, 'closed ' + host.id) } }
  } }),
]`

describe('a reload', () => {
  let server: TestInstance
  afterEach(() => server?.stop())

  const status = async (account: string, password: string) =>
    (await server.token({ user: [account, password], query: PULL })).status
  const access = async (account: string) =>
    (await server.token({ user: [account, `canary of ${account}`], query: PULL })).access
  const noted = () => {
    const file = join(server.folder, 'noted')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }
  const reloads = () => server.server.services.container.resolve(RELOADS)
  const audits = () => server.lines().filter(({ audit }) => audit === 'reload')
  const start = (config: object, files: Readonly<Record<string, string>> = {}) =>
    startTestServer({ config, files: { ...PASSWORDS, 'noting.ts': NOTING, ...files } }).then((one) => {
      server = one
    })
  /** With the folder in the options of the plugin above. */
  const noting = (word: string, more: object = {}, id = 'noting') => ({
    plugin: './noting.ts',
    id,
    options: { word, folder: server?.folder ?? '.', ...more },
  })
  const startNoting = async (config: () => object) => {
    await start({ authenticators: [], authorizers: [] })
    await server.reload(config())
  }

  it('puts users and rules of the file in force', async () => {
    await start({ authenticators: [people('ann')], authorizers: [grants('ann')] })
    expect(await status('ben', 'canary of ben')).to.equal(401)
    const reloaded = await server.reload({
      authenticators: [people('ann', 'ben')],
      authorizers: [grants('ben')],
    })
    expect(reloaded).to.deep.include({
      outcome: 'reloaded',
      changed: ['authenticators.static', 'authorizers.acl'],
      restart: [],
    })
    expect(await access('ben')).to.deep.equal(['repository:app:pull'])
    expect(await access('ann')).to.deep.equal(['repository:app:'])
    expect(audits().at(-1)).to.deep.include({ by: 'a test', result: 'reloaded', kept: 0, made: 2, closed: 2 })
    expect(reloads().counts).to.deep.equal({ reloaded: 1, refused: 0 })
  })

  it('takes what other files hold: secrets, included rules, passwords', async () => {
    const included = (account: string) => `- { match: { account: ${account} }, actions: [pull] }\n`
    const config = {
      authenticators: [people('ann')],
      authorizers: [{ plugin: 'acl', options: { rules: [{ include: 'rules.yml' }] } }],
    }
    await start(config, { 'rules.yml': included('ben') })
    expect(await access('ann')).to.deep.equal(['repository:app:'])
    server.write({ 'rules.yml': included('ann') })
    expect(await server.reload()).to.deep.include({ changed: ['authorizers.acl'] })
    expect(await access('ann')).to.deep.equal(['repository:app:pull'])
    server.write({ 'ann.txt': 'another canary' })
    await server.reload()
    expect(await status('ann', 'canary of ann')).to.equal(401)
    expect(await status('ann', 'another canary')).to.equal(200)
    server.write({ 'rules.yml': 'no rules' })
    expect(await server.reload()).to.deep.include({ outcome: 'refused' })
    expect(await status('ann', 'another canary')).to.equal(200)
  })

  const wrong: readonly (readonly [what: string, config: string | object, says: RegExp])[] = [
    ['no YAML', 'server: [', /./],
    ['an empty file', '', /is empty/],
    ['an unknown key', { authenticators: [], authorizers: [], sever: {} }, /unknown key/],
    ['an unknown plugin', { authenticators: [{ plugin: 'statik' }], authorizers: [] }, /statik/],
    ['a plugin without its file', { authenticators: [{ plugin: './none.ts' }], authorizers: [] }, /none\.ts/],
    [
      'a secret whose file is not there',
      { authenticators: [people('zoe')], authorizers: [] },
      /cannot read .*zoe\.txt/,
    ],
    [
      'a plugin that can not be made',
      {
        authenticators: [{ plugin: 'htpasswd', options: { file: 'missing' } }],
        authorizers: [],
      },
      /could not be created/,
    ],
    [
      'keys that are not there',
      { token: { keys: [{ certificate: 'a.crt', key: 'a.key' }] }, authenticators: [], authorizers: [] },
      /a\.(crt|key)/,
    ],
  ]
  for (const [what, config, says] of wrong) {
    it(`of ${what} changes nothing, and says so in one line`, async () => {
      await start({ authenticators: [people('ann')], authorizers: [grants('ann')] })
      const reloaded = await server.reload(config)
      expect(reloaded.outcome).to.equal('refused')
      const refused = server.lines().filter(({ audit }) => audit === 'reload')
      expect(refused).to.have.lengthOf(1)
      expect(refused[0]).to.deep.include({ level: 'warn', by: 'a test', result: 'refused' })
      expect(refused[0]!.msg).to.match(says)
      expect(await access('ann')).to.deep.equal(['repository:app:pull'])
      expect((await server.send({ path: '/readyz' })).status).to.equal(200)
      expect(reloads()).to.deep.include({ last: 'refused', counts: { reloaded: 0, refused: 1 } })
      await server.reload({ authenticators: [people('ann')], authorizers: [grants('ben')] })
      expect(await access('ann')).to.deep.equal(['repository:app:'])
      expect(reloads().last).to.equal('reloaded')
    })
  }

  it('of a file that is gone changes nothing', async () => {
    await start({ authenticators: [people('ann')], authorizers: [grants('ann')] })
    const { renameSync } = await import('node:fs')
    const [file, aside] = [join(server.folder, 'dockwarden.yml'), join(server.folder, 'aside')]
    renameSync(file, aside)
    expect((await server.reload()).outcome).to.equal('refused')
    expect(await access('ann')).to.deep.equal(['repository:app:pull'])
    renameSync(aside, file)
    expect(await server.reload()).to.deep.include({ outcome: 'reloaded', changed: [] })
  })

  it('lets requests that have begun end with what was before, and closes that after the last', async () => {
    await startNoting(() => ({ authenticators: [noting('old', { waits: true })], authorizers: [] }))
    const begun = server.token({ user: ['ann', 'x'] })
    await eventually(() => noted().includes('waiting noting'))
    await server.reload({ authenticators: [noting('new')], authorizers: [] })
    await server.token({ user: ['ann', 'x'] })
    expect(server.audits().at(-1)!.labels.word).to.deep.equal(['new'])
    expect(noted()).not.to.include('closed noting')
    server.write({ go: '' })
    expect((await begun).status).to.equal(200)
    expect(server.audits().at(-1)!.labels.word).to.deep.equal(['old'])
    await eventually(() => noted().includes('closed noting'))
    expect(noted()).to.deep.equal(['made noting', 'waiting noting', 'made noting', 'closed noting'])
  })

  it('keeps instances of which nothing is different, with those that they need', async () => {
    const config = (authenticators: object[], labelers: object[], more: object = {}) => ({
      ...more,
      authenticators,
      labelers,
      authorizers: [],
    })
    const teams = (word = 'x') => noting(word, {}, 'teams')
    await startNoting(() => config([noting('one')], [teams()]))
    // Another section, lines above, an order of keys that is the same.
    await server.reload(config([noting('one')], [teams()], { token: { expiration: 600 } }))
    expect(noted()).to.deep.equal(['made noting', 'made teams'])
    // Who needs another is made anew with it, and the other way round it is not.
    await server.reload(config([noting('one')], [teams('y')]))
    await eventually(() => noted().length === 4)
    expect(noted().slice(2)).to.deep.equal(['made teams', 'closed teams'])
    await server.reload(config([noting('two')], [teams('y')]))
    await eventually(() => noted().length === 8)
    expect(noted().slice(4)).to.deep.equal(['made noting', 'made teams', 'closed teams', 'closed noting'])
    await server.token({ user: ['ann', 'x'] })
    expect(server.audits().at(-1)!.labels).to.deep.include({ word: ['two'], theirs: ['two'] })
    // A refused one leaves them alone, and closes what it had made.
    await server.reload(config([noting('three')], [{ ...teams('z'), id: 'teams' }, { plugin: 'none' }]))
    expect((await server.token({ user: ['ann', 'x'] })).status).to.equal(200)
    expect(server.audits().at(-1)!.labels.word).to.deep.equal(['two'])
  })

  it('of a plugin whose file has changed imports it anew, and says so', async () => {
    await startNoting(() => ({ authenticators: [noting('one')], authorizers: [] }))
    server.write({ 'noting.ts': NOTING.replace('VERSION = 1', 'VERSION = 2') })
    expect(await server.reload()).to.deep.include({ changed: ['authenticators.noting'] })
    await server.token({ user: ['ann', 'x'] })
    expect(server.audits().at(-1)!.labels.version).to.deep.equal(['v2'])
    const said = server.lines().filter(({ msg }) => /imported anew/.test(msg))
    expect(said).to.have.lengthOf(1)
    expect(said[0]).to.deep.include({ plugin: 'noting', from: join(server.folder, 'noting.ts') })
  })

  it('takes over although a backend is down, as a start does', async () => {
    await startNoting(() => ({ authenticators: [noting('one')], authorizers: [] }))
    expect(
      (await server.reload({ authenticators: [noting('one', { down: true })], authorizers: [] })).outcome,
    ).to.equal('reloaded')
    expect((await server.send({ path: '/readyz' })).status).to.equal(503)
    await server.reload({ authenticators: [noting('one')], authorizers: [] })
    expect((await server.send({ path: '/readyz' })).status).to.equal(200)
  })

  it('of a plugin that hangs when it is made is refused in time', async () => {
    const hanging = `import { definePlugin, z } from 'dockwarden/plugin'
      export default definePlugin({ kind: 'labeler', name: 'hanging', options: z.strictObject({}), create: () => new Promise(() => {}) })`
    await start({ authenticators: [people('ann')], authorizers: [grants('ann')] }, { 'hanging.ts': hanging })
    const refused = server.reload({
      authenticators: [people('ann')],
      labelers: [{ plugin: './hanging.ts' }],
      authorizers: [],
    })
    // Meanwhile tokens are made.
    expect(await access('ann')).to.deep.equal(['repository:app:pull'])
    expect(await refused).to.deep.include({ outcome: 'refused' })
    server.write({}, { authenticators: [people('ann')], authorizers: [grants('ben')] })
    const [second, third] = [server.reload(), server.reload()]
    expect(await second).to.equal(await third)
    expect(await access('ann')).to.deep.equal(['repository:app:'])
  }).timeout(60_000)

  it('says what only a restart can change, and applies the rest', async () => {
    await start({
      server: { limits: { keep_alive: '20s' } },
      authenticators: [people('ann')],
      authorizers: [grants('ann')],
    })
    const { listen } = server.server.config.server
    const reloaded = await server.reload({
      server: {
        listen: '127.0.0.1:1',
        state_dir: 'elsewhere',
        guard: false,
        limits: { keep_alive: '30s' },
        client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] },
        tls: 'auto',
      },
      authenticators: [people('ann')],
      authorizers: [grants('ben')],
    })
    expect(reloaded).to.deep.include({ outcome: 'reloaded', changed: ['authorizers.acl'] })
    expect(reloaded.outcome === 'reloaded' && reloaded.restart).to.have.members([
      'server.listen',
      'server.state_dir',
      'server.guard',
      'server.limits.keep_alive',
      'server.tls',
      'server.client_ip',
    ])
    expect(await access('ann')).to.deep.equal(['repository:app:'])
    expect(server.server.config.server.listen).to.deep.equal(listen)
    const said = server.lines().find(({ restart, level }) => restart && level === 'warn')
    expect(said!.msg).to.match(/server\.listen.* changed in the configuration, and only a restart/)
  })

  it('takes other keys, issuers and services', async () => {
    const [one, other] = await Promise.all([newPair('P-256'), newPair('P-256')])
    const config = (name: string, token: object = {}) => ({
      token: { keys: [{ certificate: `${name}.crt`, key: `${name}.key` }], ...token },
      authenticators: [people('ann')],
      authorizers: [grants('ann')],
    })
    await start(config('one'), {
      'one.crt': one.certificate,
      'one.key': one.key,
      'other.crt': other.certificate,
      'other.key': other.key,
    })
    const user: [string, string] = ['ann', 'canary of ann']
    const before = await server.token({ user, query: PULL })
    expect(await server.reload(config('other', { issuer: 'Another' }))).to.deep.include({
      changed: ['token.issuer', 'token.keys'],
    })
    const after = await server.token({ user, query: PULL })
    expect([before.claims!.iss, after.claims!.iss]).to.deep.equal(['Dockwarden', 'Another'])
    server.write({ 'other.crt': one.certificate, 'other.key': one.key })
    expect(await server.reload()).to.deep.include({ changed: ['token.keys'] })
    expect((await server.token({ user, query: PULL })).claims!.iss).to.equal('Another')
    expect(await server.reload(config('other', { issuer: 'Another', services: ['other'] }))).to.deep.include({
      changed: ['token.services'],
    })
    expect((await server.token({ user, query: PULL })).status).to.equal(400)
  })

  it('leads from docker_auth’s form to the native one', async () => {
    const [pair] = await Promise.all([newPair('P-256')])
    const theirs = `server: { addr: "127.0.0.1:0" }
token: { issuer: Acme, expiration: 900, certificate: CRT, key: KEY }
users: { ann: { password: "$2y$05$LCZQnDgXHUR0j.q4RzcKnO4f0Q.R7o6J/pGZyX3jdmhMnsVhjCuXW" }, "": {} }
acl: [{ match: { account: "" }, actions: [pull] }]
`
    await start({ authenticators: [], authorizers: [] }, { 'a.crt': pair.certificate, 'a.key': pair.key })
    const text = theirs
      .replace('CRT', join(server.folder, 'a.crt'))
      .replace('KEY', join(server.folder, 'a.key'))
    expect((await server.reload(text)).outcome).to.equal('reloaded')
    const anonymous = await server.token({ query: PULL })
    expect([anonymous.claims!.iss, anonymous.access]).to.deep.equal(['Acme', ['repository:app:pull']])
    expect(
      (await server.reload({ authenticators: [people('ann')], authorizers: [grants('ann')] })).outcome,
    ).to.equal('reloaded')
    expect((await server.token({ query: PULL })).status).to.equal(401)
    expect(await access('ann')).to.deep.equal(['repository:app:pull'])
  })

  it('is refused while the server stops, which waits for one that has begun', async () => {
    await start({ authenticators: [people('ann')], authorizers: [grants('ann')] })
    const begun = server.reload().catch((error: Error) => error.message)
    const stopped = server.stop()
    expect(await server.server.reload({ by: 'a test' }).catch((error: Error) => error.message)).to.match(
      /stopping/,
    )
    await Promise.all([begun, stopped])
  })
})
