import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { decodeText, NotText } from '../../../core/kit/text.ts'
import { createFiles } from '../../../core/services/files.ts'

const utf16 = (text: string, bigEndian: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

describe('the text in the bytes of a file', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 2 })
    .filter((held) => held[0]! > '\0' && held[1]! > '\0')

  it('is UTF-8, or UTF-16 with a byte order mark, which is no part of it', () => {
    fc.assert(
      fc.property(text, (held) => {
        fc.pre(!held.startsWith('\uFEFF'))
        for (const bytes of [
          Buffer.from(held),
          Buffer.from(`\uFEFF${held}`),
          utf16(held, false),
          utf16(held, true),
        ])
          expect(decodeText(bytes)).to.equal(held)
      }),
    )
  })

  it('is never other text than the bytes say: what is no text is an error in the file', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const held = decodeText(bytes)
          const forms = [
            Buffer.from(held),
            Buffer.from(`\uFEFF${held}`),
            utf16(held, false),
            utf16(held, true),
          ]
          expect(forms.some((form) => form.equals(bytes))).to.equal(true)
        } catch (error) {
          expect(error).to.be.instanceOf(NotText)
          expect((error as NotText).line).to.be.greaterThan(0)
        }
      }),
    )
  })

  const faults: [string, number[] | string, string][] = [
    ['Latin-1', 'a: b\nissuer: Acm\xE9\n', '2:12 the byte at offset 16 is not UTF-8'],
    ['Latin-1 at the very end', 'Acm\xE9', '1:4 the byte at offset 3'],
    ['a byte that can only go on', 'a\x80b', '1:2 the byte at offset 1'],
    ['Latin-1 behind UTF-8', '\xC3\xA4\n\xC3\xA4\xE4', '2:2 the byte at offset 5'],
    ['an encoded surrogate', '\xED\xA0\x80', '1:1 the byte at offset 0'],
    ['an overlong form', 'x\xC0\x80', '1:2 the byte at offset 1'],
    ['a cut character', 'x\xE2\x82', '1:2 the byte at offset 1'],
    ['a cut UTF-16 file', [0xff, 0xfe, 0x61, 0, 0x62], '1:2 the byte at offset 4 is not UTF-16'],
    [
      'half of a UTF-16 pair',
      [0xfe, 0xff, 0, 0x61, 0xd8, 0, 0, 0x62],
      '1:2 the byte at offset 4 is not UTF-16',
    ],
    ['UTF-16 without a mark', 'a\0:\0', '1:1 is UTF-16 without a byte order mark'],
    ['big-endian UTF-16 without a mark', '\0a\0:', '1:1 is UTF-16 without a byte order mark'],
  ]
  for (const [name, bytes, expected] of faults) {
    it(`is not there in ${name}, and the place is told`, () => {
      const given = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Uint8Array.from(bytes)
      try {
        decodeText(given)
        expect.fail('was read')
      } catch (error) {
        const { line, column, message } = error as NotText
        expect(`${line}:${column} ${message}`).to.contain(expected)
      }
    })
  }

  it('is found soon where it ends, also in a long line', function () {
    this.timeout(10_000)
    const bytes = Buffer.concat([Buffer.alloc(5_000_000, 'a'), Buffer.from([0xe9])])
    expect(() => decodeText(bytes)).to.throw('the byte at offset 5000000 is not UTF-8')
  })
})

describe('files that the configuration names', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'files-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const given = (bytes: string) => {
    writeFileSync(join(folder, 'f'), bytes, 'latin1')
    return createFiles(folder)
  }

  it('are refused with the place of what is not UTF-8, and without the byte: it may be a secret’s', () => {
    expect(() => given('one\ntw\xF6\n').read('f')).to.throw(
      `${join(folder, 'f')}:2:3: the byte at offset 6 is not UTF-8; save the file as UTF-8, or correct this character`,
    )
  })

  it('may hold anything in comments that nobody reads', () => {
    const text = given('# f\xFCr alle\n  # \xE4\nann:x # y\n').read('f', '#')
    expect(text.split('\n')[2]).to.equal('ann:x # y')
    expect(text.split('\n')).to.have.length(4)
    expect(() => given('# f\xFCr\n\xE4nn:x\n').read('f', '#')).to.throw(`${join(folder, 'f')}:2:1: `)
  })

  it('are PEM whatever stands around the blocks', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    expect(given(`T\xDCRKTRUST\n${pem}`).readPem('f')).to.contain(pem)
    writeFileSync(join(folder, 'f'), utf16(pem, false))
    expect(createFiles(folder).readPem('f')).to.equal(pem)
  })
})
