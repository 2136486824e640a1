// Lines of one turn are written together, in their order, before whoever waits goes on; and a reader that does not read stops nobody.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LineOutput } from '../../../core/server/line-output.ts'
import { runs, timeFor } from '../../support/properties.ts'

/** An output whose writes are kept. @param take how many bytes of a write are taken; undefined: it throws that it can't */
function kept(take: (bytes: Buffer) => number | undefined = (bytes) => bytes.length, mostKept?: number) {
  const writes: string[] = []
  const output = new LineOutput((bytes) => {
    const count = take(bytes)
    if (count === undefined) throw Object.assign(new Error('try again'), { code: 'EAGAIN' })
    writes.push(bytes.subarray(0, count).toString('latin1'))
    return count
  }, mostKept)
  const text = () => Buffer.from(writes.join(''), 'latin1').toString()
  return { output, writes, text }
}

describe('the output of the log', () => {
  it('writes the lines of one turn together, before it says so', async () => {
    const { output, writes } = kept()
    output.write('a\n')
    output.write('b\n')
    const turn = output.written()
    expect(writes).to.deep.equal([])
    await turn
    expect(writes).to.deep.equal(['a\nb\n'])
    output.write('c\n')
    await output.written()
    await output.written()
    expect(writes).to.deep.equal(['a\nb\n', 'c\n'])
  })

  it('writes no more at once than a pipe takes as a whole', async () => {
    const { output, writes } = kept()
    const lines = Array.from({ length: 100 }, (_, index) => `${String(index).padStart(199, '.')}\n`)
    const long = `${'x'.repeat(5_000)}\n`
    for (const line of [...lines, long, 'end\n']) output.write(line)
    await output.written()
    expect(writes.map(({ length }) => length)).to.deep.equal([4_000, 4_000, 4_000, 4_000, 4_000, 5_001, 4])
    expect(writes.join('')).to.equal([...lines, long, 'end\n'].join(''))
  })

  it('counts the bytes of letters that take several', async () => {
    const { output, writes } = kept()
    for (let line = 0; line < 50; line += 1) output.write(`${'ü'.repeat(99)}\n`)
    await output.written()
    expect(writes.map(({ length }) => length)).to.deep.equal([3_980, 3_980, 1_990])
  })

  it('loses and mixes nothing, however little is taken at a time', () => {
    const lines = fc.array(fc.string({ unit: 'grapheme' }).map((line) => `${line}\n`))
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.nat(8)), (given, sizes) => {
        const { output, text } = kept((bytes) => {
          const { value } = sizes.next()
          return value === 0 ? undefined : Math.min(value, bytes.length)
        })
        for (const line of given) output.write(line)
        // Each time it is told that there is no room, it waits for a moment: it is asked anew here.
        for (let round = 0; round < 500 && text() !== given.join(''); round += 1) output.write('')
        output.flushSync()
        expect(text()).to.equal(given.join('').toWellFormed())
      }),
      runs(10),
    )
  }).timeout(timeFor(10_000))

  it('keeps what is not taken, and says how many lines it gave up', async () => {
    let full = true
    const { output, text } = kept((bytes) => (full ? undefined : bytes.length), 10)
    for (const line of ['1234567\n', '89\n', 'lost\n', 'too\n']) output.write(line)
    await output.written()
    expect(text()).to.equal('')
    full = false
    output.flushSync()
    const [first, second, told, ...more] = text().split('\n')
    expect([first, second, more]).to.deep.equal(['1234567', '89', ['']])
    expect(JSON.parse(told!)).to.include({ level: 'warn', lines: 2 })
  })

  it('tries again by itself', async () => {
    let tries = 0
    const taken = Promise.withResolvers<void>()
    const { output, text } = kept((bytes) => {
      tries += 1
      if (tries < 3) return undefined
      taken.resolve()
      return bytes.length
    })
    output.write('a\n')
    const alive = setInterval(() => {}, 1_000)
    await taken.promise
    clearInterval(alive)
    expect(text()).to.equal('a\n')
  })

  it('writes for nobody once the reader is gone', async () => {
    let tries = 0
    const output = new LineOutput(() => {
      tries += 1
      throw Object.assign(new Error('gone'), { code: 'EPIPE' })
    })
    output.write('a\n')
    output.flushSync()
    await output.written()
    expect(tries).to.equal(1)
  })

  describe('as standard error', () => {
    const program = (script: string) => {
      const log = JSON.stringify(join(import.meta.dirname, '../../../core/server/log.ts'))
      const text = `import { createLog } from ${log}; const log = createLog('info');${script}`
      return spawn(process.execPath, ['--input-type=module', '-e', text], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    }

    it('holds what was waited for, when the process is killed', async () => {
      const child = program(`
        import { written } from ${JSON.stringify(join(import.meta.dirname, '../../../core/kit/plain-line.ts'))}
        log.info({}, 'before'); await written(log); process.stdout.write('answered'); setInterval(() => {}, 1000)`)
      const exited = once(child, 'close')
      let said = ''
      child.stderr.on('data', (bytes) => (said += bytes))
      await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await exited
      expect(said).to.include('"msg":"before"')
    })

    it('stops nobody while it is not read, and loses nothing', async () => {
      const child = program(`
        for (let n = 0; n < 3000; n += 1) { log.info({ n }, 'x'.repeat(200)); await new Promise(setImmediate) }
        process.stdout.write('done'); setInterval(() => {}, 1000)`)
      const exited = once(child, 'close')
      // A megabyte, which no pipe takes.
      await once(child.stdout, 'data')
      let said = ''
      for await (const bytes of child.stderr) {
        said += bytes
        if (said.includes('"n":2999,') && said.endsWith('\n')) break
      }
      child.kill('SIGKILL')
      await exited
      const lines = said.trimEnd().split('\n')
      expect(lines.map((line) => JSON.parse(line).n)).to.deep.equal(
        Array.from({ length: 3_000 }, (_, n) => n),
      )
    })
  })
})
