// `server.reload: auto`: the files are looked at, and a change counts once it has settled.
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../../core/config/config.ts'
import { newPair } from '../../support/key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from '../../support/server.ts'

const QUERY = { service: 'registry', scope: 'repository:app:pull' }
const INTERVAL = 20

describe('a configuration that is read again by itself', () => {
  let server: TestInstance
  afterEach(() => server.stop())
  const config = (account: string, server: object = { reload: 'auto' }) => ({
    server,
    authenticators: [{ plugin: 'static', options: { users: { ann: { password: '!file ann.txt' } } } }],
    authorizers: [
      {
        plugin: 'acl',
        options: { rules: [{ match: { account }, actions: ['pull'] }, { include: 'rules.yml' }] },
      },
    ],
  })
  const files = { 'ann.txt': 'canary one', 'rules.yml': '- { match: { account: zoe }, actions: [pull] }\n' }
  const start = async (options: object = config('ann'), more: object = {}) => {
    server = await startTestServer({ config: options, files: { ...files, ...more }, watchInterval: INTERVAL })
  }
  const access = async (password = 'canary one') =>
    (await server.token({ user: ['ann', password], query: QUERY })).access.join()
  const isGranted = async () => (await access()) === 'repository:app:pull'
  const reloads = () => server.lines().filter(({ audit }) => audit === 'reload')
  const path = (name: string) => join(server.folder, name)

  it('takes its own change', async () => {
    await start()
    expect(await isGranted()).to.equal(true)
    server.write({}, config('ben'))
    await eventually(async () => !(await isGranted()))
    expect(reloads().at(-1)).to.deep.include({
      by: 'file change',
      result: 'reloaded',
      changed: ['authorizers.acl'],
    })
  })

  it('takes the change of a secret’s file', async () => {
    await start()
    server.write({ 'ann.txt': 'canary two' })
    await eventually(async () => (await access('canary two')) === 'repository:app:pull')
    expect(reloads().at(-1)).to.deep.include({ changed: ['authenticators.static'] })
  })

  it('lets included rules to the plugin, which reads them itself', async () => {
    await start(config('ben'))
    server.write({ 'rules.yml': '- { match: { account: ann }, actions: [pull] }\n' })
    await eventually(isGranted)
    expect(reloads()).to.deep.equal([])
  })

  it('does nothing when a file is written with what it held', async () => {
    await start()
    server.write({ 'ann.txt': 'canary one' })
    server.write({}, config('ann'))
    // What is written after it is seen: then the former has been looked at.
    server.write({}, config('ben'))
    await eventually(async () => !(await isGranted()))
    expect(reloads()).to.have.lengthOf(1)
  })

  it('refuses half a file, and a file that is gone, and takes what comes then', async () => {
    await start()
    const whole = readFileSync(path('dockwarden.yml'), 'utf8')
    writeFileSync(path('dockwarden.yml'), whole.slice(0, whole.length / 2))
    await eventually(() => reloads().at(-1)?.result === 'refused')
    rmSync(path('dockwarden.yml'))
    await eventually(() => reloads().length === 2)
    expect(await isGranted()).to.equal(true)
    server.write({}, config('ben'))
    await eventually(async () => !(await isGranted()))
    expect(reloads().at(-1)!.result).to.equal('reloaded')
  })

  it('waits for a file that a refused configuration names', async () => {
    await start()
    const more = config('ann') as { authenticators: object[] }
    more.authenticators.push({ plugin: 'htpasswd', options: { file: 'people' } })
    server.write({}, more)
    await eventually(() => reloads().at(-1)?.result === 'refused')
    server.write({ people: '' })
    await eventually(() => reloads().at(-1)?.result === 'reloaded')
    expect(reloads().at(-1)!.changed).to.deep.equal(['authenticators.htpasswd'])
  })

  it('follows a link that is moved, as Kubernetes does with a ConfigMap', async () => {
    await start()
    const versions = ['ann', 'ben'].map((account, nth) => {
      const folder = path(`..version-${nth}`)
      mkdirSync(folder)
      const text = readFileSync(path('dockwarden.yml'), 'utf8').replace(
        '"account": "ann"',
        `"account": "${account}"`,
      )
      writeFileSync(join(folder, 'dockwarden.yml'), text)
      return folder
    })
    symlinkSync(versions[0]!, path('..data'))
    symlinkSync('..data/dockwarden.yml', path('linked'))
    renameSync(path('linked'), path('dockwarden.yml'))
    symlinkSync(versions[1]!, path('..data-new'))
    renameSync(path('..data-new'), path('..data'))
    await eventually(async () => !(await isGranted()))
  })

  it('takes the change of a plugin’s file, and of what that imports', async () => {
    const plugin = `import { definePlugin, grant, pass, z } from 'dockwarden/plugin'
      import { actions } from './part.ts'
      export default definePlugin({ kind: 'authorizer', name: 'own', options: z.strictObject({}),
        create: () => ({ authorize: async () => actions.length > 0 ? grant(actions) : pass }) })`
    await start(
      { ...config('ben'), authorizers: [{ plugin: './own.ts' }] },
      { 'own.ts': plugin, 'part.ts': 'export const actions = []' },
    )
    expect(await isGranted()).to.equal(false)
    server.write({ 'part.ts': 'export const actions = +' })
    await eventually(() => reloads().at(-1)?.result === 'refused')
    server.write({ 'part.ts': "export const actions = ['pull']" })
    await eventually(isGranted)
  })

  it('stops with reload: signal, and begins again when it is asked for', async () => {
    await start()
    server.write({}, config('ann', { reload: 'signal' }))
    await eventually(() => reloads().at(-1)?.changed?.includes('server.reload'))
    server.write({}, config('ben', { reload: 'auto' }))
    expect(await isGranted()).to.equal(true)
    await server.reload()
    expect(await isGranted()).to.equal(false)
    server.write({}, config('ann', { reload: 'auto' }))
    await eventually(isGranted)
  })
})

describe('server.reload', () => {
  let server: TestInstance
  afterEach(() => server.stop())

  it('is signal in the native form, and auto in docker_auth’s, unless it is written', async () => {
    const { certificate, key } = await newPair('P-256')
    server = await startTestServer({
      config: { authenticators: [], authorizers: [] },
      files: { 'a.crt': certificate, 'a.key': key },
    })
    const path = (name: string) => join(server.folder, name)
    const theirs = (more: string) =>
      `server: { addr: "127.0.0.1:0"${more} }\ntoken: { issuer: a, expiration: 900, certificate: ${path('a.crt')}, key: ${path('a.key')} }\nusers: {}\nacl: []\n`
    const reloadOf = async (text: string) => {
      writeFileSync(path('other.yml'), text)
      return (await readConfig(path('other.yml'))).reload
    }
    expect([
      server.server.config.reload,
      await reloadOf(theirs('')),
      await reloadOf(theirs(', reload: signal')),
      await reloadOf('server: { reload: auto }\nauthenticators: []\nauthorizers: []\n'),
    ]).to.deep.equal(['signal', 'auto', 'signal', 'auto'])
  })
})
