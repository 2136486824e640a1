import { Readable } from 'node:stream'
import { expect } from 'chai'
import fc from 'fast-check'
import { readLines } from './lines.ts'

async function linesOf(chunks: readonly Buffer[], limit = 1_000): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(Readable.from(chunks), limit)) lines.push(line)
  return lines
}

describe('lines of a stream', () => {
  it('are the same however the stream is cut, also within a character', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ''))),
        fc.array(fc.nat(50), { minLength: 1 }),
        async (lines, cuts) => {
          const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const chunks: Buffer[] = []
          for (let [start, n] = [0, 0]; start < whole.length; n += 1) {
            const end = start + 1 + cuts[n % cuts.length]!
            chunks.push(whole.subarray(start, end))
            start = end
          }
          expect(await linesOf(chunks)).to.deep.equal(lines)
        },
      ),
    ))

  it('leave out what stands after the last newline', async () => {
    expect(await linesOf([Buffer.from('a\nb')])).to.deep.equal(['a'])
  })

  it('may have as many bytes as the limit says and no more, whether they end or not', async () => {
    expect(await linesOf([Buffer.from('aaaa\n'), Buffer.from('bbbb'), Buffer.from('\n')], 4)).to.deep.equal([
      'aaaa',
      'bbbb',
    ])
    for (const text of ['aaaaa\n', 'aaaaa', 'a\nééé']) {
      const failed = await linesOf([Buffer.from(text)], 4).catch((error: Error) => error.message)
      expect(failed).to.equal('it wrote a line longer than 4 bytes')
    }
  })
})
