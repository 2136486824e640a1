// Basic credentials.
import { expect } from 'chai'
import fc from 'fast-check'
import { isForbiddenAccount } from '../../../core/request/account.ts'
import { RequestError } from '../../../core/request/errors.ts'
import { parseBasic } from '../../../core/request/parse.ts'
import { basic } from '../../support/http-question.ts'

describe('parseBasic', () => {
  it('gives the name before the first colon, and as password all that is behind it', () => {
    const credentials = parseBasic(basic('alice', 'a:b: c\n'))
    expect(credentials).to.include({ kind: 'password', account: 'alice' })
    expect(credentials.password.reveal()).to.equal('a:b: c\n')
  })

  it('takes an empty password for a password', () => {
    expect(parseBasic(basic('alice', ''))).to.include({ kind: 'password', account: 'alice' })
  })

  it('takes Base64 without its padding', () => {
    expect(parseBasic('Basic YWxpY2U6eA').password.reveal()).to.equal('x')
  })

  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
    .filter((text) => !text.includes(':'))
  const password = fc.string({ unit: 'binary', maxLength: 100 }).filter((text) => text.isWellFormed())

  it('reads what was encoded, or refuses a name that no account can have', () => {
    const property = (account: string, secret: string) => {
      const header = basic(account, secret)
      if (isForbiddenAccount(account) || account === '<token>') {
        expect(() => parseBasic(header))
          .to.throw(RequestError)
          .that.includes({ status: 401 })
      } else {
        const credentials = parseBasic(header)
        expect(credentials.account).to.equal(account)
        expect(credentials.password.reveal()).to.equal(secret)
      }
    }
    fc.assert(fc.property(name, password, property), { numRuns: 1_000 })
  })

  it('gives credentials of somebody or refuses with 401, whatever the header holds but a lone colon', () => {
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((text) => `Basic ${text}`),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
      fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })).map(([a, b]) => basic(a, b)),
    )
    const loneColon = /^basic +Og(==?)? *$/i
    const property = (text: string) => {
      try {
        if (loneColon.test(text)) return
        const { kind, account } = parseBasic(text)
        expect(kind).to.equal('password')
        expect(account).to.match(/^(?!\s)[^\p{Cc}]+(?<!\s)$/u)
      } catch (error) {
        expect(error).to.be.instanceOf(RequestError).and.to.have.property('status', 401)
      }
    }
    fc.assert(fc.property(header, property), { numRuns: 2_000 })
  })

  it('never says the password in its error', () => {
    for (const header of [
      basic('ali\nce', 'canary'),
      `Basic ${basic('alice', 'canary')}`,
      'Basic canary!',
      'canary canary',
    ]) {
      expect(() => parseBasic(header))
        .to.throw(RequestError)
        .that.satisfies((error: Error) => !/canary|Y2FuYXJ5/.test(error.message))
    }
  })
})
