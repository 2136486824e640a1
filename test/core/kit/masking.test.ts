// What is secret is found in whatever spelling, what is none stays as it is, and no text makes the search slow.
import { expect } from 'chai'
import fc from 'fast-check'
import { maskedSecret, maskTokens } from '../../../core/kit/masking.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'

const TOKEN = createSecretToken('personal').secret.reveal()
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
const base64url = (text: string) => Buffer.from(text, 'utf8').toString('base64url')
const percent = (text: string) =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const json = (text: string) => JSON.stringify(text).slice(1, -1)
const unicode = (text: string) =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

describe('masking tokens', () => {
  const masked: [string, string, string][] = [
    ['alone', TOKEN, 'dwp_***'],
    ['in a scope', `repository:${TOKEN}:pull`, 'repository:dwp_***:pull'],
    ['in upper case', TOKEN.toUpperCase(), 'DWP_***'],
    ['in lower case', TOKEN.toLowerCase(), 'dwp_***'],
    ['cut', `${TOKEN.slice(0, 24)}...`, 'dwp_***...'],
    ['with the underscore percent-encoded', TOKEN.replace('_', '%5F'), 'dwp%5F***'],
    ['after other characters', `x${TOKEN}`, 'xdwp_***'],
    ['a refresh token', createSecretToken('refresh').secret.reveal(), 'dwr_***'],
    ["a browser's", createSecretToken('browser').secret.reveal(), 'dwb_***'],
    ['twice', `${TOKEN} ${TOKEN}`, 'dwp_*** dwp_***'],
    ['in Basic', `Basic ${base64(`alice:${TOKEN}`)}`, 'Basic ***'],
    [
      'in Basic of other lengths',
      `Basic ${base64(`al:${TOKEN}`)}, ${base64(`ali:${TOKEN}`)}`,
      'Basic ***, ***',
    ],
    ['in base64url', `x=${base64url(TOKEN)}`, 'x=***'],
  ]
  for (const [name, text, shown] of masked) {
    it(`finds one ${name}`, () => expect(maskTokens(text)).to.equal(shown))
  }

  for (const text of [
    'repository:dwp_frontend:pull',
    'dwr_',
    'dwp_backendservice2',
    base64('dwell'.repeat(20)),
  ]) {
    it(`leaves ${text} alone`, () => expect(maskTokens(text)).to.equal(text))
  }

  it('finds every token that is made, at any place of a base64', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('personal', 'refresh', 'browser'),
        fc.string(),
        fc.string(),
        (kind, a, z) => {
          const token = createSecretToken(kind).secret.reveal()
          expect(maskTokens(`${a} ${token} ${z}`)).not.to.include(token.slice(4))
          expect(maskTokens(base64(`${a}:${token}${z}`))).to.equal('***')
        },
      ),
    )
  })
})

describe('masking a secret', () => {
  const spellings: [string, (text: string) => string][] = [
    ['raw', (text) => text],
    ['in JSON', json],
    ['in JSON in JSON', (text) => json(json(text))],
    ['with each unit escaped', unicode],
    ['in JSON, then percent-encoded', (text) => encodeURIComponent(json(text))],
    ['percent-encoded', encodeURIComponent],
    ['percent-encoded to the last byte', percent],
    ['percent-encoded twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['in a form', (text) => new URLSearchParams({ p: text }).toString().slice(2)],
  ]
  for (const [name, spell] of spellings) {
    it(`finds it ${name}`, () => {
      // Some look encoded themselves.
      const unit = fc.oneof(
        { weight: 9, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
        { weight: 1, arbitrary: fc.constantFrom('%41', '%25', '%00', '\\u0041', '\\n', '+') },
      )
      const secrets = fc.string({ unit, minLength: 4, maxLength: 300 }).filter((s) => s.isWellFormed())
      fc.assert(
        fc.property(secrets, (secret) => {
          fc.pre(/[^\\]/.test(secret))
          const { mask, mayStandIn } = maskedSecret(secret)
          const text = `<${spell(secret)}>`
          expect(mayStandIn(text)).to.equal(true)
          // A backslash before it may be left, and nothing else.
          expect(mask(text)).to.match(/^<(\\(u005c)?|%(25)*5C)*\*{3}(\\(u005c)?|%(25)*5C)*>$/i)
        }),
      )
    })
  }

  it('finds it in base64, whatever stands beside it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (secret, a, z) => {
        fc.pre(secret.isWellFormed() && a.isWellFormed() && z.isWellFormed())
        const { mask, mayStandIn } = maskedSecret(secret)
        for (const text of [base64(`${a}:${secret}${z}`), base64url(`${a}:${secret}${z}`)]) {
          expect(mayStandIn(text)).to.equal(true)
          expect(mask(`Basic ${text}`)).to.equal('Basic ***')
        }
      }),
    )
  })

  const long = 'the long password of a person who likes them'
  const cases: [string, string, string, string][] = [
    ['at its beginning only, when it was cut', long, `bad "${long.slice(0, 30)}..."`, 'bad "***..."'],
    ['at its end only, when it was cut', long, `bad "...${long.slice(-20)}"`, 'bad "...***"'],
    ['twice', 'hunter2', 'hunter2, hunter2', '***, ***'],
    ['overlapping itself', 'ababa', 'abababa', '***ba'],
    ['in a word', 'hunter2', 'xhunter2y', 'x***y'],
    ['of three characters as a word', 'abc', 'abc abcd, (abc)', '*** abcd, (***)'],
    ['of one character as a word', 'a', 'a password, not a', '*** password, not ***'],
    ['with a base64 of its own', 'test', `${base64('test')} is test`, '*** is ***'],
    ['nowhere', 'hunter2', 'hunter3 100% \\x é +', 'hunter3 100% \\x é +'],
  ]
  for (const [name, secret, text, shown] of cases) {
    it(`finds it ${name}`, () => expect(maskedSecret(secret).mask(text)).to.equal(shown))
  }

  it('leaves texts alone that do not hold it', () => {
    const unrelated = fc.string({ unit: fc.constantFrom(...'xyz \\%+"é2') })
    fc.assert(
      fc.property(unrelated, (text) => {
        expect(maskedSecret('hunter').mask(text)).to.equal(text)
      }),
    )
  })

  for (const unit of ['a', '\\', '%25', '%', 'aa%61', '\\u0061']) {
    it(`takes no longer than the text, for much of ${unit}`, () => {
      const { mask, mayStandIn } = maskedSecret(`${unit.repeat(20_000)}b`)
      const text = unit.repeat(40_000)
      mayStandIn(text)
      expect(mask(text).length).to.be.at.most(text.length)
    }).timeout(5_000)
  }
})
