// Files that are read as somebody else has read them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { FileRecord, noteFileNow, recordFiles } from '../../../core/kit/file-record.ts'
import { decodeText } from '../../../core/kit/text.ts'
import { loadDecoded, readText } from '../../../core/kit/text-files.ts'

describe('a record of files', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-record-'))
    path = join(folder, 'a.txt')
    writeFileSync(path, 'before')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('keeps the contents of what was read, when it is to', () => {
    const [kept, plain] = [new FileRecord({ keep: true }), new FileRecord()]
    recordFiles(kept, () => recordFiles(plain, () => readText(path)))
    expect([...kept.contentsOf([path, '/other'])].map(([at, bytes]) => [at, String(bytes)])).to.deep.equal([
      [path, 'before'],
    ])
    expect(plain.contentsOf([path])).to.have.property('size', 0)
  })

  it('gives what others have read, whatever stands there now', async () => {
    const kept = new FileRecord({ keep: true })
    recordFiles(kept, () => readText(path))
    rmSync(path)
    const record = new FileRecord({ given: kept.contentsOf(kept.paths) })
    const read = () => [readText(path), loadDecoded(path, decodeText)]
    const texts = await Promise.all(recordFiles(record, () => recordFiles(new FileRecord(), read)))
    expect(texts).to.deep.equal(['before', 'before'])
    expect(record.strangers).to.deep.equal([])
  })

  it('names files that could only be read as they are now', () => {
    const record = new FileRecord({ given: new Map([[path, Buffer.from('after')]]) })
    recordFiles(record, () => noteFileNow(path))
    expect(record.strangers).to.deep.equal([path])
  })
})
