// What a configuration does not use is not loaded: neither time at the start nor memory afterwards.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const run = promisify(execFile)
const MAIN = new URL('../../core/main.ts', import.meta.url).pathname

/** Prints the packages that were loaded, at the end, as a line of JSON: with those that Node brings itself. */
const PRINT_LOADED = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module'
const packages = new Set()
registerHooks({
  load(url, context, next) {
    const found = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)
    if (found) packages.add(found[1])
    return next(url, context)
  },
})
process.on('exit', () => {
  for (const name of process.moduleLoadList) {
    const found = /internal\\/deps\\/([^/]+)/.exec(name)
    // Which takes the types away.
    if (found && found[1] !== 'amaro') packages.add("Node's " + found[1])
  }
  console.error('loaded ' + JSON.stringify([...packages]))
})
`)}`

describe('a start', function () {
  this.timeout(60_000)
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-loaded-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A server is stopped as soon as it has answered. */
  async function loadedBy(...args: string[]): Promise<string[]> {
    const running = run(process.execPath, ['--import', PRINT_LOADED, MAIN, ...args], {
      env: { ...process.env, DOCKWARDEN_STATE_DIR: join(folder, 'state') },
    })
    running.child.stderr!.on('data', (text: string) => {
      const address = /"address":"(http:[^"]+)".*"listening"/.exec(text)?.[1]
      if (address !== undefined) fetch(`${address}/healthz`).finally(() => running.child.kill('SIGTERM'))
    })
    const { stderr } = await running
    return JSON.parse(/^loaded (.*)$/m.exec(stderr)![1]!)
  }

  /** @param plugins the lines of the authenticators and authorizers */
  function configured(plugins: string): string {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, `server: { listen: "127.0.0.1:0" }\n${plugins}`)
    return file
  }

  const HEAVY = [
    "Node's undici",
    '@clack/prompts',
    '@marcbachmann/cel-js',
    '@peculiar/x509',
    'acme-client',
    'casbin',
    'ioredis',
    'ldapts',
    'mongodb',
    'mysql2',
    'openid-client',
    'pg',
    'pino-pretty',
    'prom-client',
    'undici',
  ]

  it('with users and rules loads none of the heavy packages', async () => {
    const file = configured(
      `authenticators: [{ plugin: static, options: { users: { ann: { password: "$2y$10$${'a'.repeat(53)}" } } } }]\n` +
        'authorizers: [{ plugin: acl, options: { rules: [{ match: { account: ann }, actions: [pull] }] } }]\n' +
        'token: { keys: [{ key: signing.key }] }\n',
    )
    const { privateKey } = (await import('node:crypto')).generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(folder, 'signing.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    })
    const loaded = await loadedBy('serve', file)
    expect(loaded).to.include('koa')
    expect(loaded.filter((name) => HEAVY.includes(name))).to.deep.equal([])
  })

  it('loads what it does use', async () => {
    const file = configured(
      'authenticators: [{ plugin: http, options: { url: "http://127.0.0.1:9/", accept: "true" } }]\n' +
        'authorizers: [{ plugin: acl, options: { rules: [] } }]\n' +
        'token: { keys: [{ key: signing.key }] }\n',
    )
    expect(await loadedBy('serve', file)).to.include.members(['undici', '@marcbachmann/cel-js'])
  })

  it('says its version before anything else', async () => {
    expect(await loadedBy('--version')).to.deep.equal([])
  })
})
