// Reading parameters strictly: all that is well written is read as it was meant, and nothing is repaired.
import { expect } from 'chai'
import fc from 'fast-check'
import { RequestError } from '../../../core/request/errors.ts'
import { readParameters, readQuery } from '../../../core/request/parameters.ts'
import { runs } from '../../support/properties.ts'

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())
const pairs = fc.array(fc.tuple(text, text), { maxLength: 6 })
const refuse = (bytes: string | Uint8Array) =>
  expect(() => readParameters(Buffer.from(bytes as string), 'form'))
    .to.throw(RequestError)
    .that.includes({ status: 400 })

describe('parameters', () => {
  it('are read as they were written, whatever they hold', () => {
    const property = (written: [string, string][]) => {
      const encoded = new URLSearchParams(written).toString()
      expect([...readParameters(Buffer.from(encoded), 'form')]).to.deep.equal(written)
      expect([...readQuery(`/auth?${encoded}`)]).to.deep.equal(written)
    }
    fc.assert(fc.property(pairs, property), runs(1_000))
  })

  it('are refused, or hold no character that the bytes do not have', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((raw) => Buffer.from(raw)),
      fc
        .array(fc.constantFrom('%', '%c5', '%be', '%ff', '%zz', 'a', '=', '&', ';', '+', 'ž'), {
          maxLength: 12,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    )
    const property = (raw: Buffer) => {
      let read: URLSearchParams
      try {
        read = readParameters(raw, 'form')
      } catch (error) {
        expect(error).to.be.instanceOf(RequestError).and.to.have.property('status', 400)
        return
      }
      if (!/%ef%bf%bd/i.test(raw.toString('latin1')) && !raw.includes('\ufffd'))
        expect([...read].flat().join('')).not.to.contain('\ufffd')
      expect(raw.includes(';')).to.equal(false)
    }
    fc.assert(fc.property(bytes, property), runs(3_000))
  })

  for (const bad of [
    'a=%',
    'a=%1',
    'a=%g0',
    '%=1',
    'a=%ff',
    'a=%c5',
    'a=%ed%a0%80',
    'a=%c0%af',
    'a;b',
    'a=1;b=2',
  ]) {
    it(`are refused when they hold ${bad}`, () => refuse(bad))
  }

  it('are refused when their bytes are no UTF-8', () => refuse(Buffer.from([0x61, 0x3d, 0xe9])))

  it('of a URL without a query are none', () => {
    expect([...readQuery('/auth')]).to.deep.equal([])
    expect([...readQuery('/auth?')]).to.deep.equal([])
  })
})
