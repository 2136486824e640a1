// Whoever reads a command's output may stop early.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const MAIN = fileURLToPath(new URL('../../../core/main.ts', import.meta.url))
/** Both streams are written to again after the first line could not be. */
const TESTS = `import { it } from 'node:test'
for (const name of ['first', 'second']) it(name, async () => {
  console.log(name + ' wrote')
  await new Promise((resolve) => setTimeout(resolve, 100))
})`

describe('a command whose output is read slowly', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-pipe-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('writes all of it', async () => {
    // Each is a warning that names the whole key: together more than a pipe takes.
    const keys = Array.from({ length: 200 }, (_, index) => `${'k'.repeat(500)}${index}: 1`)
    writeFileSync(join(folder, 'long.yml'), `users: {}\nacl: []\n${keys.join('\n')}\n`)
    const child = spawn(process.execPath, [MAIN, 'check', '--json', 'long.yml'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let exited = false
    child.on('exit', () => {
      exited = true
    })
    let said = ''
    // Not before it has written what the pipe takes: with nobody to read, it waits.
    await once(child.stdout, 'readable')
    expect(exited).to.equal(false)
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    await once(child, 'close')
    expect(JSON.parse(said).warnings).to.have.length.greaterThan(199)
  })
})

describe('a command whose output nobody reads any more', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-pipe-'))
    writeFileSync(join(folder, 'x.test.ts'), TESTS)
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const closed of ['stdout', 'stderr'] as const) {
    it(`ends as ever when ${closed} is closed`, async () => {
      const child = spawn(process.execPath, [MAIN, 'plugin', 'test', 'x.test.ts'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child[closed].destroy()
      const other = closed === 'stdout' ? child.stderr : child.stdout
      let said = ''
      other.setEncoding('utf8').on('data', (text) => {
        said += text
      })
      const [status] = await once(child, 'close')
      expect(said).to.equal(
        closed === 'stdout'
          ? 'first wrote\nsecond wrote\n'
          : 'ok      first\nok      second\n2 passed, 0 failed\n',
      )
      expect(status).to.equal(0)
    })
  }
})
