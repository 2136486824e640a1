import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Log, Watch } from '../../../core/plugin.ts'
import { watchFiles } from '../../../core/services/file-watch.ts'
import { until } from '../../support/processes.ts'

const INTERVAL = 10

describe('watching files', () => {
  let folder: string
  let path: string
  let reloads: number
  let looks: number
  let warnings: string[]
  let watch: Watch | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-watch-'))
    path = join(folder, 'one.pem')
    reloads = 0
    looks = 0
    warnings = []
  })
  afterEach(async () => {
    await watch?.stop()
    rmSync(folder, { recursive: true })
  })

  function start(paths: () => readonly string[] = () => [path], reload: () => void = () => {}): void {
    const log = { warn: (_: object, message: string) => warnings.push(message) } as unknown as Log
    const watched = {
      name: 'the files',
      async paths() {
        looks += 1
        return paths()
      },
      async reload() {
        reloads += 1
        reload()
      },
    }
    watch = watchFiles([watched], log, INTERVAL)
  }

  /** So many further looks at the files. */
  async function looked(times: number): Promise<void> {
    const enough = looks + times
    await until(() => looks >= enough)
  }

  /** Waits until the files have been read once since the start, in case they had changed before it. */
  async function settled(): Promise<void> {
    await until(() => reloads === 1)
    await looked(2)
    expect(reloads).to.equal(1)
    reloads = 0
  }

  it('reads them again once soon after the start: they may have changed since they were read', async () => {
    writeFileSync(path, 'a')
    start()
    await settled()
  })

  it('notices a change, once', async () => {
    writeFileSync(path, 'a')
    start()
    await settled()
    writeFileSync(path, 'other')
    await until(() => reloads === 1)
    await looked(4)
    expect(reloads).to.equal(1)
  })

  it('notices a file of the same size and date in its place', async () => {
    const date = new Date(0)
    writeFileSync(path, 'a')
    utimesSync(path, date, date)
    start()
    await settled()
    writeFileSync(`${path}.new`, 'b')
    utimesSync(`${path}.new`, date, date)
    renameSync(`${path}.new`, path)
    await until(() => reloads === 1)
  })

  it('notices that the link above it leads elsewhere, as in a secret of Kubernetes', async () => {
    for (const version of ['1', '2']) {
      mkdirSync(join(folder, version))
      writeFileSync(join(folder, version, 'one.pem'), 'same')
    }
    symlinkSync('1', join(folder, '..data'))
    symlinkSync(join('..data', 'one.pem'), path)
    start()
    await settled()
    symlinkSync('2', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    await until(() => reloads === 1)
  })

  it('notices a file that goes missing, and one that comes back', async () => {
    writeFileSync(path, 'a')
    start()
    await settled()
    rmSync(path)
    await until(() => reloads === 1)
    writeFileSync(path, 'a')
    await until(() => reloads === 2)
  })

  it('notices that there is another file', async () => {
    const paths = [path]
    writeFileSync(path, 'a')
    start(() => paths)
    await settled()
    paths.push(join(folder, 'two.pem'))
    await until(() => reloads === 1)
  })

  it('does not read what changes from look to look; it waits until that stands still', async () => {
    writeFileSync(path, 'a')
    let writing = false
    let size = 1
    start(() => {
      // As a writer that has not finished: more at each look.
      if (writing) writeFileSync(path, 'a'.repeat(++size))
      return [path]
    })
    await settled()
    writing = true
    await looked(5)
    expect(reloads).to.equal(0)
    writing = false
    await until(() => reloads === 1)
  })

  it('a reload that fails is one warning, and is tried again until it works', async () => {
    writeFileSync(path, 'a')
    let fault: string | undefined
    start(
      () => [path],
      () => {
        if (fault !== undefined) throw new Error(fault)
      },
    )
    await settled()
    fault = 'permission denied'
    writeFileSync(path, 'other')
    await until(() => reloads === 3)
    expect(warnings).to.deep.equal([
      'the files could not be read again, and those in use stay: permission denied',
    ])
    // Without a change of the files: who may read them has changed, for example.
    fault = undefined
    await until(() => reloads === 4)
    await looked(3)
    expect(reloads).to.equal(4)
    expect(warnings).to.have.length(1)
  })

  it('another fault, or the same one after a good reading, is another warning', async () => {
    writeFileSync(path, 'a')
    let fault: string | undefined
    start(
      () => [path],
      () => {
        if (fault !== undefined) throw new Error(fault)
      },
    )
    await settled()
    for (const [index, next] of ['damaged', 'missing', undefined, 'damaged'].entries()) {
      const before = reloads
      fault = next
      writeFileSync(path, 'x'.repeat(index + 2))
      await until(() => reloads > before + (next === undefined ? 0 : 1))
    }
    expect(warnings.map((warning) => warning.replace(/.*: /, ''))).to.deep.equal([
      'damaged',
      'missing',
      'damaged',
    ])
  })

  it('a folder that can not be read is one warning too, and what changed meanwhile is read afterwards', async () => {
    writeFileSync(path, 'a')
    let broken = false
    start(() => {
      if (broken) throw new Error('permission denied')
      return [path]
    })
    await settled()
    broken = true
    await looked(4)
    writeFileSync(path, 'other')
    expect(warnings).to.deep.equal([
      'the files could not be read again, and those in use stay: permission denied',
    ])
    broken = false
    await until(() => reloads === 1)
  })

  it('stops, once what it reads has been read', async () => {
    writeFileSync(path, 'a')
    const reading = Promise.withResolvers<void>()
    let began = false
    const log = { warn: () => {} } as unknown as Log
    const paths = async () => {
      looks += 1
      return [path]
    }
    const reload = () => {
      began = true
      return reading.promise
    }
    watch = watchFiles([{ name: 'the files', paths, reload }], log, INTERVAL)
    await until(() => began)
    let stopped = false
    const stopping = watch.stop().then(() => {
      stopped = true
    })
    await new Promise(setImmediate)
    expect(stopped).to.equal(false)
    reading.resolve()
    await stopping
    const before = looks
    writeFileSync(path, 'other')
    // Another watch, which began later, sees the change: this one would have, too.
    let others = 0
    const other = watchFiles(
      [{ name: 'the same', paths: async () => [path], reload: async () => void others++ }],
      log,
      INTERVAL,
    )
    await until(() => others > 0)
    await other.stop()
    expect(looks).to.equal(before)
  })
})
