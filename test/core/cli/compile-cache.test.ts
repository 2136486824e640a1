import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { mayUse } from '../../../core/cli/compile-cache.ts'

describe('the folder of the compile cache', () => {
  let own: string
  beforeEach(() => {
    own = mkdtempSync(join(tmpdir(), 'dockwarden-cache-'))
  })
  afterEach(() => rmSync(own, { recursive: true, force: true }))

  it('is made for us alone, and used again', () => {
    const folder = join(own, 'cache')
    expect(mayUse(folder)).to.equal(true)
    expect(statSync(folder).mode & 0o777).to.equal(0o700)
    expect(mayUse(folder)).to.equal(true)
  })

  it('may be read by others', () => {
    mkdirSync(join(own, 'cache'), { mode: 0o755 })
    expect(mayUse(join(own, 'cache'))).to.equal(true)
  })

  function open(folder: string, mode: number): void {
    mkdirSync(folder)
    chmodSync(folder, mode)
  }

  const refused: [string, (folder: string) => void][] = [
    ['that a group may write', (folder) => open(folder, 0o770)],
    ['that everybody may write', (folder) => open(folder, 0o777)],
    ['that is elsewhere', (folder) => symlinkSync(own, folder)],
    ['that is a file', (folder) => writeFileSync(folder, '')],
  ]
  for (const [name, make] of refused) {
    it(`is not one ${name}`, () => {
      const folder = join(own, 'cache')
      make(folder)
      expect(mayUse(folder)).to.equal(false)
    })
  }

  it('is not made in what is not there', () => {
    expect(mayUse(join(own, 'gone', 'cache'))).to.equal(false)
  })

  it('is not made in a folder of somebody else', function () {
    if (process.geteuid!() === 0) this.skip()
    expect(mayUse('/dockwarden-compile-cache')).to.equal(false)
  })
})
