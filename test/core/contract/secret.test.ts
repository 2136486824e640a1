import { hash } from 'node:crypto'
import { format, inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import pino from 'pino'
import { secretName } from '../../../core/contract/secret.ts'
import { Secret } from '../../../core/plugin.ts'

const TEXT = 'hunter2-hunter2'

describe('a secret', () => {
  const secret = new Secret(TEXT)
  const nested = { user: { password: secret }, list: [secret], map: new Map([['password', secret]]) }

  const prints: [string, () => string][] = [
    ['a template string', () => `${secret}`],
    ['a concatenation', () => `${'password '}${secret as unknown as string}`],
    ['String()', () => String(secret)],
    ['JSON', () => JSON.stringify(nested)],
    ['inspect', () => inspect(nested, { depth: null, showHidden: true })],
    ['format', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['an error', () => inspect(new Error(`wrong ${secret}`, { cause: secret }), { showHidden: true })],
    ['its own names', () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret).map(String)])],
    ['a list joined', () => [secret, secret].join()],
  ]
  for (const [where, print] of prints) {
    it(`does not show in ${where}`, () => {
      secret.equals(new Secret(TEXT))
      expect(print()).not.to.include(TEXT)
    })
  }

  it('shows as *** in a log line', () => {
    const lines: string[] = []
    const log = pino({}, { write: (text: string) => void lines.push(text) })
    log.warn({ secret, nested, err: new Error(`${secret}`) }, `about ${secret}`)
    expect(lines.join()).to.include('***').and.not.include(TEXT)
  })

  it('gives its text when asked for it', () => {
    expect(secret.reveal()).to.equal(TEXT)
  })

  it('equals another exactly when their texts are the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(new Secret(one).equals(new Secret(one))).to.equal(true)
        expect(new Secret(one).equals(new Secret(other))).to.equal(one === other)
      }),
    )
  })

  it('has a name that is equal for equal texts, and tells nothing', () => {
    const names = ['one', 'two', ''].map((text) => secretName(new Secret(text)))
    expect(new Set(names).size).to.equal(3)
    expect(secretName(new Secret('one'))).to.equal(names[0])
    for (const [index, text] of ['one', 'two', ''].entries()) {
      expect(names[index]).to.match(/^[\w-]{43}$/)
      // Nobody without the key of the process makes the same.
      expect(names[index]).not.to.equal(hash('sha512-256', text, 'base64url'))
    }
  })
})
