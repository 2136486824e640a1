// `dockwarden plugin dev`: what is saved counts, what can't be used does not, and a start that fails waits.
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type DockwardenProcess, startDockwarden } from './support/dockwarden.ts'

const MAIN = fileURLToPath(new URL('../core/main.ts', import.meta.url))
const PASSWORD = 'blue-whale-canary-42'
const CONFIG = `server: { listen: "127.0.0.1:0" }
authenticators: [{ plugin: ./plugins/door.ts }]
authorizers: []
`
/** Its name comes from another file. */
const door = (body: string) => `import { accept, definePlugin, reject, z } from 'dockwarden/plugin'
import { NAME } from './name.ts'
export default definePlugin({ api: 1, kind: 'authenticator', name: 'door', options: z.strictObject({}),
  create: (_, host) => ({ async authenticate({ account, password }) { ${body} } }) })
`
const ACCEPTS =
  "host.log.debug({ given: password.reveal() }, 'asked'); return account === NAME ? accept() : reject('another')"

describe('dockwarden plugin dev', function () {
  // A process, and a few looks at its files.
  this.timeout(120_000)
  let folder: string
  let server: DockwardenProcess | undefined
  const file = (name: string) => join(folder, name)

  /** As editors do: nobody sees half of it. */
  function save(name: string, text: string): void {
    writeFileSync(file(`${name}.saved`), text)
    renameSync(file(`${name}.saved`), file(name))
  }
  async function login(account: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(`${account}:${PASSWORD}`).toString('base64')}`
    const url = `http://127.0.0.1:${server!.port}/auth?service=registry`
    return (await fetch(url, { headers: { authorization } })).status
  }
  /** Waits for the next reload. */
  async function reloads(result: 'reloaded' | 'refused', before: number): Promise<void> {
    await server!.until(new RegExp(`(result: "\\w+"[^]*){${before}}result: "${result}"`))
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-dev-'))
    mkdirSync(file('plugins'))
    save('dockwarden.yml', CONFIG)
    save('plugins/door.ts', door(ACCEPTS))
    save('plugins/name.ts', "export const NAME = 'ann'\n")
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves what was saved last and can be used, with a log for people', async () => {
    server = await startDockwarden(['plugin', 'dev', file('plugins/door.ts')])
    expect([await login('ann'), await login('bob')]).to.deep.equal([200, 401])
    await server.until(/DEBUG: asked\n(.*\n)* {4}given: "\*\*\*"/)

    save('plugins/name.ts', "export const NAME = 'bob'\n")
    await reloads('reloaded', 0)
    expect([await login('ann'), await login('bob')]).to.deep.equal([401, 200])

    save('plugins/door.ts', door('return nothing('))
    await reloads('refused', 1)
    expect(server.output()).to.match(/door\.ts:\d+: SyntaxError/)
    expect([await login('ann'), await login('bob')]).to.deep.equal([401, 200])

    save('plugins/door.ts', door('return accept()'))
    await reloads('reloaded', 2)
    expect([await login('ann'), await login('bob')]).to.deep.equal([200, 200])

    save('dockwarden.yml', CONFIG.replace('./plugins/door.ts', './plugins/door.ts, id: back'))
    await reloads('reloaded', 3)
    expect(await server.stop()).to.equal(0)
    expect(server.output()).to.not.include(PASSWORD)
  })

  it('waits for a file to be saved when it can not be started', async () => {
    save('plugins/name.ts', 'export const OTHER = 1\n')
    const child = spawn(process.execPath, [MAIN, 'plugin', 'dev', file('plugins/door.ts')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      let output = ''
      const mended = new Promise<void>((resolve, reject) => {
        let saved = false
        child.stderr.setEncoding('utf8').on('data', (text) => {
          output += text
          if (!saved && output.includes('waiting until one of its files is saved')) {
            saved = true
            save('plugins/name.ts', "export const NAME = 'ann'\n")
          }
          if (output.includes('INFO: listening')) resolve()
        })
        child.once('close', () => reject(new Error(output)))
      })
      await mended
      expect(output).to.match(/door\.ts.*does not provide an export named 'NAME'/)
    } finally {
      child.kill('SIGKILL')
    }
  })

  const refused: [what: string, args: readonly string[], said: RegExp][] = [
    ['a file that is not there', ['none.ts'], /there is no file none\.ts; correct the path/],
    [
      'a plugin that the configuration does not use',
      ['plugins/other.ts'],
      /dockwarden\.yml does not use plugins\/other\.ts; name it there/,
    ],
    [
      'a plugin without a configuration',
      ['../stray.ts'],
      /there is no dockwarden\.yml beside \.\.\/stray\.ts, or above it/,
    ],
  ]
  for (const [what, args, said] of refused) {
    it(`ends with 2 for ${what}`, async function () {
      // Of somebody else, above this folder.
      if (args[0] === '../stray.ts' && existsSync(join(tmpdir(), 'dockwarden.yml'))) this.skip()
      save('plugins/other.ts', door(ACCEPTS))
      const inner = file('inner')
      mkdirSync(inner)
      renameSync(file('plugins'), join(inner, 'plugins'))
      renameSync(file('dockwarden.yml'), join(inner, 'dockwarden.yml'))
      save('stray.ts', door(ACCEPTS))
      const outcome = await promisify(execFile)(process.execPath, [MAIN, 'plugin', 'dev', ...args], {
        cwd: inner,
      }).catch((error) => error)
      expect(outcome.stderr).to.match(said)
      expect(outcome.code).to.equal(2)
    })
  }
})
