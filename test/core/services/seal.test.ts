// What seals the values of `host.store`: opened by who sealed it, as it was, and by nobody else.
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { readStoreKey } from '../../../core/kit/store-key.ts'
import { type Owner, Seal, SealBroken, spaceOf } from '../../../core/services/seal.ts'

const [NEW, OLD] = [randomBytes(32), randomBytes(32)]
const OWNER: Owner = { kind: 'authenticator', plugin: 'jwt', id: 'ci' }
const END = 1_900_000_000_000

describe('the seal of host.store', () => {
  const seal = new Seal([NEW], OWNER)

  it('gives back every text, with its end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, end) => {
        expect(seal.open('name', seal.seal('name', end, text))).deep.equal({ text, end, current: true })
      }),
    )
  })

  it('seals the same text each time as another, which shows nothing of it', () => {
    const sealed = Array.from({ length: 10 }, () => seal.seal('name', END, 'a plain text'))
    expect(new Set(sealed).size).equal(10)
    for (const one of sealed)
      expect(Buffer.from(one.split('.')[1]!, 'base64url').toString('latin1')).not.contain('plain')
  })

  it('refuses a text with any bit flipped, cut short or made longer', () => {
    const [end, data] = seal.seal('name', END, 'text').split('.') as [string, string]
    const bytes = Buffer.from(data, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const other = Buffer.from(bytes)
      other[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => seal.open('name', `${end}.${other.toString('base64url')}`), `bit ${bit}`).throw(SealBroken)
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => seal.open('name', `${end}.${bytes.toString('base64url', 0, length)}`)).throw(SealBroken)
    expect(() => seal.open('name', `${end}.${data}AAAA`)).throw(SealBroken)
    for (const other of [
      '',
      '.',
      'x',
      end,
      `${end}.`,
      `-1.${data}`,
      `1e3.${data}`,
      `${'9'.repeat(400)}.${data}`,
    ])
      expect(() => seal.open('name', other), other).throw(SealBroken)
  })

  it('refuses one that was moved: another name, end, instance or key', () => {
    const sealed = seal.seal('name', END, 'text')
    expect(() => seal.open('other', sealed)).throw(SealBroken)
    expect(() => seal.open('name', sealed.replace(String(END), String(END + 1)))).throw(SealBroken)
    for (const other of [{ id: 'other' }, { plugin: 'http' }, { kind: 'authorizer' }]) {
      const owner = { ...OWNER, ...other }
      expect(() => new Seal([NEW], owner).open('name', sealed), JSON.stringify(other)).throw(SealBroken)
      expect(spaceOf(owner)).not.equal(spaceOf(OWNER))
    }
    expect(() => new Seal([OLD], OWNER).open('name', sealed)).throw(SealBroken)
  })

  it('of two keys the first seals, and both open', () => {
    const both = new Seal([NEW, OLD], OWNER)
    expect(both.open('name', new Seal([OLD], OWNER).seal('name', END, 'text')).current).equal(false)
    expect(seal.open('name', both.seal('name', END, 'text')).current).equal(true)
  })

  it('reads keys of 32 bytes in hexadecimal or base64, and nothing else', () => {
    const key = randomBytes(32)
    const texts = [
      key.toString('hex'),
      key.toString('hex').toUpperCase(),
      key.toString('base64'),
      key.toString('base64url'),
    ]
    for (const text of texts) {
      expect(readStoreKey(text), text).deep.equal(key)
      expect(readStoreKey(` ${text}\n`), text).deep.equal(key)
    }
    const wrong = [
      '',
      'secret',
      'x'.repeat(64),
      'ab'.repeat(16),
      'ab'.repeat(33),
      randomBytes(31).toString('base64'),
      randomBytes(33).toString('base64'),
    ]
    for (const text of wrong) expect(readStoreKey(text), text).equal(undefined)
  })
})
