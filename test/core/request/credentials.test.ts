// Basic credentials, and those of a form.
import { expect } from 'chai'
import fc from 'fast-check'
import { faultOfAccount } from '../../../core/contract/account.ts'
import { parseBasic, readCredentials } from '../../../core/request/credentials.ts'
import { RequestError } from '../../../core/request/errors.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { basic } from '../../support/http-question.ts'
import { runs } from '../../support/properties.ts'

/** What the credentials hold, with its secret in the open. */
function read(credentials: ReturnType<typeof parseBasic>) {
  if ('refusal' in credentials) {
    const { token, ...rest } = credentials
    return { ...rest, secret: token?.secret.reveal() }
  }
  const { password, ...rest } = credentials
  return { ...rest, secret: password.reveal() }
}

describe('parseBasic', () => {
  it('gives the name before the first colon, and as password all that is behind it', () => {
    const credentials = parseBasic(basic('alice', 'a:b: c\n'))
    expect(read(credentials)).to.deep.equal({ kind: 'password', account: 'alice', secret: 'a:b: c\n' })
  })

  it('takes an empty password for a password', () => {
    expect(parseBasic(basic('alice', ''))).to.include({ kind: 'password', account: 'alice' })
  })

  it('takes Base64 without its padding', () => {
    expect(read(parseBasic('Basic YWxpY2U6eA'))).to.include({ account: 'alice', secret: 'x' })
  })

  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
    .filter((text) => !text.includes(':') && text !== '<token>')
  const password = fc.string({ unit: 'binary', maxLength: 100 }).filter((text) => text.isWellFormed())

  it('reads what was encoded, or refuses a name that no account can have', () => {
    const property = (account: string, secret: string) => {
      const header = basic(account, secret)
      if (faultOfAccount(account)) {
        expect(() => parseBasic(header))
          .to.throw(RequestError)
          .that.includes({ status: 401 })
      } else {
        expect(read(parseBasic(header))).to.deep.equal({ kind: 'password', account, secret })
      }
    }
    fc.assert(fc.property(name, password, property), runs(1_000))
  })

  it('names the character that a user name can not have', () => {
    expect(() => parseBasic(basic('ali\u200bce', 'secret'))).to.throw(
      RequestError,
      'the user name has U+200B in it, which no account can have',
    )
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
        if (kind === 'refresh') return
        expect(kind).to.equal('password')
        expect(account).to.match(/^(?!\s)[^\p{Cc}\p{Cf}]+(?<!\s)$/u)
      } catch (error) {
        expect(error).to.be.instanceOf(RequestError).and.to.have.property('status', 401)
      }
    }
    fc.assert(fc.property(header, property), runs(2_000))
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

describe('readCredentials', () => {
  const form = (fields: Record<string, string>) => new URLSearchParams(fields)
  const EXCHANGE = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  }
  const refresh = createSecretToken('refresh')
  const personal = createSecretToken('personal')
  const text = refresh.secret.reveal()

  const table: [string, [string, URLSearchParams | undefined, string], object][] = [
    ['nothing is anonymous', ['', undefined, ''], { kind: 'anonymous', account: '' }],
    ['an account alone is anonymous', ['', undefined, 'alice'], { kind: 'anonymous', account: '' }],
    [
      '<token> in Basic',
      [basic('<token>', text), undefined, ''],
      { kind: 'refresh', account: '', secret: text, refusal: 401 },
    ],
    [
      'an empty user name in Basic',
      [basic('', text), undefined, ''],
      { kind: 'refresh', account: '', secret: text, refusal: 401 },
    ],
    [
      '<token> repeated as account',
      [basic('<token>', text), undefined, '<token>'],
      { kind: 'refresh', account: '', secret: text, refusal: 401 },
    ],
    [
      'an account beside <token> is whose the token must be',
      [basic('<token>', text), undefined, 'alice'],
      { kind: 'refresh', account: 'alice', secret: text, refusal: 401 },
    ],
    [
      'what is no token of ours',
      [basic('<token>', 'hunter2'), undefined, ''],
      { kind: 'refresh', account: '', secret: undefined, refusal: 401 },
    ],
    [
      'a refresh grant',
      ['', form({ grant_type: 'refresh_token', refresh_token: text }), ''],
      { kind: 'refresh', account: '', secret: text, refusal: 400 },
    ],
    [
      'a refresh grant beside a Basic header that is meant for a client',
      [basic('client', 'x'), form({ grant_type: 'refresh_token', refresh_token: text }), ''],
      { kind: 'refresh', account: '', secret: text, refusal: 400 },
    ],
    [
      'a token exchange, whoever the client is in its Basic header',
      [basic('client', 'x'), form({ ...EXCHANGE, subject_token: 'a.b.c' }), ''],
      { kind: 'token', account: '', secret: 'a.b.c' },
    ],
    [
      '<token> in a password grant',
      ['', form({ grant_type: 'password', username: '<token>', password: text }), ''],
      { kind: 'refresh', account: '', secret: text, refusal: 400 },
    ],
    [
      'an empty user name in a password grant',
      ['', form({ grant_type: 'password', username: '', password: text }), ''],
      { kind: 'refresh', account: '', secret: text, refusal: 400 },
    ],
    [
      'a personal access token',
      [basic('alice', personal.secret.reveal()), undefined, 'alice'],
      { kind: 'personal', account: 'alice', secret: personal.secret.reveal(), refusal: 401 },
    ],
    [
      'a refresh token in the place of a password, which no backend may see',
      [basic('alice', text), undefined, ''],
      { kind: 'personal', account: 'alice', secret: text, refusal: 401 },
    ],
    [
      'a password that only looks like a token',
      [basic('alice', `${text.slice(0, -1)}!`), undefined, ''],
      { kind: 'password', account: 'alice', secret: `${text.slice(0, -1)}!` },
    ],
  ]
  for (const [name, given, expected] of table) {
    it(name, () => expect(read(readCredentials(...given))).to.deep.include(expected))
  }

  const refused: [string, [string, URLSearchParams | undefined, string], object][] = [
    ['another account beside Basic', [basic('alice', 'x'), undefined, 'bob'], { status: 400 }],
    ['a refresh grant without a token', ['', form({ grant_type: 'refresh_token' }), ''], { status: 400 }],
    [
      'another grant',
      ['', form({ grant_type: 'authorization_code' }), ''],
      { status: 400, oauth: 'unsupported_grant_type' },
    ],
    ['a token as the user name', [basic(text, 'x'), undefined, ''], { status: 401 }],
    [
      'an account beside a token exchange',
      ['', form({ ...EXCHANGE, subject_token: 'a.b.c' }), 'alice'],
      { status: 400, oauth: 'invalid_request' },
    ],
    ['a token of ours for exchange', ['', form({ ...EXCHANGE, subject_token: text }), ''], { status: 400 }],
    [
      'a subject token without a grant',
      ['', form({ subject_token: 'a.b.c', subject_token_type: EXCHANGE.subject_token_type }), ''],
      { status: 400, oauth: 'invalid_request' },
    ],
    ['an actor token without a grant', ['', form({ actor_token: 'a.b.c' }), ''], { status: 400 }],
    [
      'a subject token without a grant beside Basic',
      [basic('alice', 'x'), form({ subject_token: 'a.b.c' }), ''],
      { status: 400, oauth: 'invalid_request' },
    ],
    ['a refresh token without a grant', ['', form({ refresh_token: text }), ''], { status: 400 }],
    [
      'a field that stands there twice',
      ['', new URLSearchParams('grant_type=refresh_token&refresh_token=a&refresh_token=b'), ''],
      { status: 400 },
    ],
    [
      'a password that was no UTF-8',
      ['', new URLSearchParams('username=alice&password=%ff'), ''],
      { status: 401 },
    ],
    ['a user name without a password', ['', form({ username: 'alice' }), ''], { status: 400 }],
  ]
  for (const [name, given, expected] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => readCredentials(...given))
        .to.throw(RequestError)
        .that.includes(expected)
    })
  }
})
