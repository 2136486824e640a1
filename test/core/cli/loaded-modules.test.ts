// Whoever only asks for the version or for help waits for nothing else to load.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

describe('the command line loads', () => {
  let folder: string
  let hook: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-loaded-'))
    hook = join(folder, 'hook.mjs')
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module'
       import { writeSync } from 'node:fs'
       registerHooks({ load(url, context, next) {
         if (url.startsWith('file:')) writeSync(2, 'loaded ' + url + '\\n')
         return next(url, context)
       } })`,
    )
  })
  after(() => rmSync(folder, { recursive: true }))

  async function loadedBy(...args: string[]): Promise<string[]> {
    const command = ['--import', pathToFileURL(hook).href, join(ROOT, 'core/main.ts'), ...args]
    const { stderr } = await promisify(execFile)(process.execPath, command)
    return [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url]) => fileURLToPath(url!).slice(ROOT.length))
  }

  const OURS = [
    'core/cli/command-line.ts',
    'core/cli/doctor.ts',
    'core/cli/compile-cache.ts',
    'core/cli/completion.ts',
    'core/cli/convert.ts',
    'core/cli/examples.ts',
    'core/cli/explain.ts',
    'core/cli/init.ts',
    'core/cli/output.ts',
    'core/cli/plugin.ts',
    'core/cli/policy.ts',
    'core/cli/user.ts',
    'core/kit/heap.ts',
    'core/kit/log-levels.ts',
    'core/kit/masking.ts',
    'core/kit/version.ts',
    'core/main.ts',
    'core/yaml/problems.ts',
  ]
  for (const args of [
    ['--help'],
    ['help', 'serve'],
    ['token', 'create', '--help'],
    ['help', 'key'],
    ['plugin', 'new', '--help'],
  ]) {
    it(`nothing but its own words for ${args.join(' ')}`, async () => {
      const loaded = await loadedBy(...args)
      expect(loaded).to.include('core/cli/command-line.ts')
      expect(
        loaded.filter((path) => !OURS.includes(path) && !path.startsWith('node_modules/commander/')),
      ).to.deep.equal([])
    })
  }

  for (const option of ['--version', '-V']) {
    it(`nearly nothing for ${option}`, async () => {
      expect(await loadedBy(option)).to.have.members(['core/main.ts', 'core/kit/version.ts'])
    })
  }

  it('what a command needs for that command', async () => {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, 'authenticators: []\nauthorizers: []\n')
    expect(await loadedBy('check', file))
      .to.include('core/cli/check.ts')
      .and.not.include('core/cli/serve.ts')
  })

  it('the library of the metrics only where somebody measures', async () => {
    const file = join(folder, 'measured.yml')
    for (const [server, count] of [
      ['{}', 0],
      ['{ metrics: {} }', 1],
    ] as const) {
      writeFileSync(file, `server: ${server}\nauthenticators: []\nauthorizers: []\n`)
      const loaded = (await loadedBy('check', file)).filter((path) => path.includes('/prom-client/index.'))
      expect(loaded).to.have.length(count)
    }
  })
})
