// The oldest Node that is supported stands in several places, which must agree: what npm reads, what a start refuses, and what CI
// runs these tests on.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

describe('the oldest Node', () => {
  it('is the same for npm and for CI', () => {
    expect(JSON.parse(read('package.json')).engines.node).to.equal('^24.17.0 || >=26.1.0')
    expect(read('.ci/run')).to.contain('--package="node-$machine@24.17.0"')
    expect(read('README.md')).to.contain('Node 24.17 or later of 24, or 26.1 or later, runs it')
  })

  /** Starts the command line on this Node, which says that it is another one. */
  function start(version: string) {
    const versions = JSON.stringify({ ...process.versions, node: version })
    const disguise = `data:text/javascript,Object.defineProperty(process,'versions',{value:${versions}})`
    const args = ['--no-warnings', '--import', disguise, join(ROOT, 'core/main.ts'), '--help']
    return spawnSync(process.execPath, args, { encoding: 'utf8' })
  }

  for (const version of ['18.20.0', '20.20.2', '22.22.0', '24.0.0', '24.16.0', '25.9.0', '26.0.0']) {
    it(`refuses a start on ${version} in one line`, () => {
      const { status, stderr, stdout } = start(version)
      expect([status, stdout]).to.deep.equal([2, ''])
      expect(stderr).to.equal(
        `dockwarden needs Node 24.17 or later of 24, or 26.1 or later, and this is ${version}; in a checkout, use npm start\n`,
      )
    })
  }

  for (const version of ['24.17.0', '24.21.0', '26.1.0', '27.0.0', process.versions.node]) {
    it(`starts on ${version}`, () => expect(start(version).status).to.equal(0))
  }

  it('reads a text from SQLite beyond a NUL in it', () => {
    using database = new DatabaseSync(':memory:')
    expect(database.prepare('SELECT ? AS name').get('alice\0x')).to.deep.include({ name: 'alice\0x' })
  })
})
