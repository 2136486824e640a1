// docs/guides/backup.md: its commands, run beside a server that is being used, bring back a server that knows the same keys and tokens.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { needs } from './support/debian.ts'
import { type DockwardenProcess, startDockwarden } from './support/dockwarden.ts'
import { basic } from './support/http-question.ts'
import { blocksOf } from './support/pages.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/guides/backup.md'), 'utf8')
const PASSWORD = 'canary of the backed up'
const CONFIG = `server: { listen: "127.0.0.1:0" }
authenticators:
  - plugin: static
    options: { users: { ann: { password: !env PASSWORD } } }
authorizers:
  - plugin: acl
    options: { rules: [{ match: { account: ann }, actions: [pull] }] }
`
interface Answer {
  readonly token: string
  readonly refresh_token: string
}
const run = promisify(execFile)

describe('docs/guides/backup.md', function () {
  this.timeout(60_000)
  needs('sqlite3')
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-backup-'))
    writeFileSync(join(folder, 'dockwarden.yml'), CONFIG)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const [backUp, layOut] = blocksOf(PAGE)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
  const shell = async (script: string) => (await run('sh', ['-ec', script], { cwd: folder })).stdout
  const start = (env: NodeJS.ProcessEnv = {}) =>
    startDockwarden(['serve', join(folder, 'dockwarden.yml')], { PASSWORD, ...env })
  const ask = async ({ port }: DockwardenProcess, init?: RequestInit): Promise<Answer> => {
    const answer = await fetch(`http://127.0.0.1:${port}/auth?service=registry&offline_token=true`, init)
    return (await answer.json()) as Answer
  }
  const login = (server: DockwardenProcess) =>
    ask(server, { headers: { authorization: basic('ann', PASSWORD) } })
  const keysOf = async ({ port }: DockwardenProcess) =>
    (await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json()

  it('brings back keys and tokens, of a server that goes on handing them out', async () => {
    const server = await start()
    let keys: unknown
    let refresh_token: string
    try {
      refresh_token = (await login(server)).refresh_token
      keys = await keysOf(server)
      let over = false
      const others = (async () => {
        while (!over) await login(server)
      })()
      expect(await shell(backUp!)).to.equal('ok\n')
      over = true
      await others
    } finally {
      await server.stop()
    }
    await shell(`rm -r var\n${layOut!}`)
    const restored = await start({ DOCKWARDEN_STATE_DIR: join(folder, 'restored') })
    try {
      expect(await keysOf(restored)).to.deep.equal(keys)
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token, service: 'registry' })
      expect(await ask(restored, { method: 'POST', body })).to.have.property('token')
    } finally {
      await restored.stop()
    }
  })
})
