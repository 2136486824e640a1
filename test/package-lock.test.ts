// The lock file, and the check of it that CI begins with.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

const ROOT = join(import.meta.dirname, '..')
const LOCK = join(ROOT, 'package-lock.json')

describe('the lock file', () => {
  function check(path: string): { status: number | null; stderr: string } {
    return spawnSync(process.execPath, [join(ROOT, '.ci/check-lock.mjs'), path], { encoding: 'utf8' })
  }

  it('has the hash of every package', () => {
    expect(check(LOCK)).to.include({ status: 0, stderr: '' })
  })

  it('names no host to load packages from: that is up to the settings of npm', () => {
    expect(readFileSync(LOCK, 'utf8')).not.to.contain('"resolved"')
  })

  it('lets no package run a script when it is installed, but the Node for developers', () =>
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).allowScripts).to.deep.equal({
      node: true,
    }))

  it('is refused when a package has no hash, by CI before it installs anything', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockwarden-lock-'))
    try {
      const lock = JSON.parse(readFileSync(LOCK, 'utf8'))
      const { version } = lock.packages['node_modules/koa']
      delete lock.packages['node_modules/koa'].integrity
      const path = join(folder, 'package-lock.json')
      writeFileSync(path, JSON.stringify(lock))
      expect(check(path)).to.include({
        status: 1,
        stderr: `node_modules/koa has no integrity; npm view koa@${version} dist.integrity\n`,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
    const steps = readFileSync(join(ROOT, '.ci/run'), 'utf8')
    expect(steps.indexOf('node .ci/check-lock.mjs package-lock.json')).to.be.within(
      0,
      steps.indexOf('npm ci'),
    )
  })
})
