import { expect } from 'chai'
import fc from 'fast-check'
import { Secret } from '../../../core/plugin.ts'
import {
  createSecretToken,
  hasDigest,
  openSession,
  readSecretToken,
  sealSession,
} from '../../../core/token/secret-token.ts'

describe('secret tokens', () => {
  for (const [kind, prefix] of [
    ['refresh', 'dwr_'],
    ['personal', 'dwp_'],
  ] as const) {
    it(`of the kind ${kind} begin with ${prefix} and are recognised, with the same id and digest`, () => {
      const made = createSecretToken(kind)
      expect(made.secret.reveal()).to.match(new RegExp(`^${prefix}[0-9A-Za-z]{49}$`))
      const { id, digest } = made
      expect(readSecretToken(made.secret)).to.deep.include({ kind, id, digest })
      expect(digest.startsWith(id)).to.equal(true)
      expect(made.secret.reveal()).not.to.include(id)
    })
  }

  it('are all different', () => {
    const texts = new Set(Array.from({ length: 1000 }, () => createSecretToken('refresh').secret.reveal()))
    expect(texts.size).to.equal(1000)
  })

  it('are known by their checksum, a CRC-32 of all before it in base 62', () => {
    // Counted by another program: crc32 of the 47 characters is 0x8d1194ae and 0x114cc277.
    for (const text of [`dwp_${'0'.repeat(43)}2aAb5q`, `dwr_${'0'.repeat(43)}0JdpVn`]) {
      expect(readSecretToken(new Secret(text))?.secret.reveal()).to.equal(text)
    }
  })

  it('are not recognised when any one character is another', () => {
    const text = createSecretToken('personal').secret.reveal()
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        (at, char) => {
          fc.pre(text[at] !== char)
          const changed = text.slice(0, at) + char + text.slice(at + 1)
          expect(readSecretToken(new Secret(changed))).to.equal(undefined)
        },
      ),
    )
  })

  it('are not recognised when cut, longer, or within another text', () => {
    const text = createSecretToken('refresh').secret.reveal()
    for (const other of [text.slice(0, -1), `${text}0`, ` ${text}`, `${text}\n`, text.toLowerCase(), '']) {
      expect(readSecretToken(new Secret(other)), JSON.stringify(other)).to.equal(undefined)
    }
  })

  it('are compared with a stored digest of any length', () => {
    const token = createSecretToken('refresh')
    expect(hasDigest(token, token.digest)).to.equal(true)
    expect(hasDigest(token, createSecretToken('refresh').digest)).to.equal(false)
    expect(hasDigest(token, '')).to.equal(false)
  })
})

describe('a sealed session', () => {
  const token = createSecretToken('refresh')

  it('opens with its token, whatever JSON it is, and shows nothing of itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (session) => {
        const value = JSON.parse(JSON.stringify(session))
        expect(openSession(token, sealSession(token, value))).to.deep.equal(value)
      }),
    )
    expect(Buffer.from(sealSession(token, 'upstream canary'), 'base64url').toString('latin1')).not.to.include(
      'canary',
    )
  })

  it('is never the same text twice', () => {
    expect(sealSession(token, 'x')).not.to.equal(sealSession(token, 'x'))
  })

  it('does not open with another token, nor changed', () => {
    const sealed = sealSession(token, { a: 1 })
    expect(() => openSession(createSecretToken('refresh'), sealed)).to.throw()
    const bytes = Buffer.from(sealed, 'base64url')
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(() => openSession(token, changed.toString('base64url')), `byte ${at}`).to.throw()
    }
    expect(() => openSession(token, sealed.slice(0, 20))).to.throw()
  })
})
