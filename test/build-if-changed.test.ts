// What `npm start` does before the server: compile, say so, and not do it again for nothing.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const SCRIPT = fileURLToPath(new URL('../scripts/build-if-changed.mjs', import.meta.url))
/** Stands for the compiler: counts how often it ran. */
const BUILD = `const fs = require('node:fs'); fs.mkdirSync('dist/core', { recursive: true })
fs.appendFileSync('dist/core/main.js', '.')
process.exit(fs.existsSync('core/broken.ts') ? 2 : 0)`

describe('npm start', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-build-'))
    mkdirSync(join(folder, 'core/cli'), { recursive: true })
    write('build.cjs', BUILD)
    write('package.json', '{ "scripts": { "build": "node build.cjs" } }')
    write('core/main.ts', 'export const one = 1')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const builds = () => readFileSync(join(folder, 'dist/core/main.js'), 'utf8').length
  const start = () =>
    new Promise<{ status: number; said: string }>((resolve) => {
      execFile(process.execPath, [SCRIPT], { cwd: folder }, (error, _, said) =>
        resolve({ status: error ? Number(error.code) : 0, said }),
      )
    })

  it('says that it compiles, and does it only after a change', async function () {
    this.timeout(120_000)
    expect(await start())
      .to.have.property('said')
      .that.matches(/^Compiling .* some seconds/)
    expect(await start()).to.deep.equal({ status: 0, said: '' })
    expect(builds()).to.equal(1)
    for (const change of [
      () => write('core/main.ts', 'export const one = 2'),
      () => write('core/cli/new.ts', ''),
      () => write('tsconfig.json', '{}'),
      () => write('package-lock.json', '{}'),
      () => rmSync(join(folder, 'core/cli/new.ts')),
    ]) {
      const before = builds()
      change()
      expect((await start()).said).to.match(/^Compiling/)
      expect((await start()).said).to.equal('')
      expect(builds()).to.equal(before + 1)
    }
    rmSync(join(folder, 'dist'), { recursive: true })
    expect((await start()).said).to.match(/^Compiling/)
  })

  it('ends with the status of the compiler, and tries again the next time', async () => {
    write('core/broken.ts', '')
    for (const round of [1, 2]) {
      const { status, said } = await start()
      expect(status).to.equal(2)
      expect(said).to.include('could not be compiled')
      expect(builds()).to.equal(round)
    }
  })
})
