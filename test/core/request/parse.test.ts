// What does a request ask for, and with which credentials? Without a connection.
import { expect } from 'chai'
import { Secret } from '../../../core/plugin.ts'
import { parameterText } from '../../../core/request/asked.ts'
import { RequestError } from '../../../core/request/errors.ts'
import { anonymousRequest } from '../../../core/request/parse.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { basic } from '../../support/http-question.ts'
import { beginParse, EXCHANGE, form, JWT } from './messages.ts'

/** What came of the credentials, with the password in clear. */
async function shown(query: string, body?: string, headers?: Record<string, string>) {
  const { credentials, client } = await beginParse(query, body, headers).parsed
  const { kind, account } = credentials
  return [
    kind,
    account,
    'password' in credentials ? credentials.password.reveal() : credentials.refusal,
    client.id,
  ]
}

const ALICE = { authorization: basic('alice', 'secret') }

describe('parse', () => {
  it('reads a GET', async () => {
    const query =
      'service=registry&scope=repository:a:pull&scope=repository:b:push%20registry:catalog:*&client_id=docker'
    const parsed = await beginParse(query, undefined, ALICE).parsed
    expect(parsed.service).to.equal('registry')
    expect(parsed.scopes.map(({ type, name, actions }) => `${type}:${name}:${actions}`)).to.deep.equal([
      'repository:a:pull',
      'repository:b:push',
      'registry:catalog:*',
    ])
    expect(parsed.client).to.deep.equal({ ip: '192.0.2.1', id: 'docker' })
    expect(parsed).to.include({ offline: false, issuedTokenType: undefined })
    expect(
      Object.isFrozen(parsed) && Object.isFrozen(parsed.client) && Object.isFrozen(parsed.credentials),
    ).to.equal(true)
  })

  it('reads a form before the URL', async () => {
    const body = form({
      grant_type: 'password',
      username: 'alice',
      password: 'secret',
      service: 'inside',
      scope: 'repository:a:pull',
    })
    const { service, scopes } = await beginParse('service=outside&scope=repository:b:pull', body).parsed
    expect(service).to.equal('inside')
    expect(scopes.map(({ name }) => name)).to.deep.equal(['a', 'b'])
  })

  const offline: [string, string | undefined, boolean][] = [
    ['offline_token=true', undefined, true],
    ['offline_token=false', undefined, false],
    ['offline_token=1', undefined, false],
    ['access_type=offline', undefined, true],
    ['', 'access_type=offline', true],
    ['', 'access_type=online', false],
    ['', '', false],
  ]
  for (const [query, body, expected] of offline) {
    it(`${query || body || 'neither'}: ${expected ? 'a' : 'no'} refresh token is wanted`, async () => {
      expect((await beginParse(query, body).parsed).offline).to.equal(expected)
    })
  }

  const token = createSecretToken('refresh').secret.reveal()
  const personal = createSecretToken('personal').secret.reveal()
  const proofs: [string, string, string | undefined, Record<string, string>, unknown[]][] = [
    ['nothing', '', undefined, {}, ['anonymous', '', '', undefined]],
    ['nothing, in a form', '', 'client_id=x', {}, ['anonymous', '', '', 'x']],
    ['nothing but an account', 'account=alice', undefined, {}, ['anonymous', '', '', undefined]],
    ['Basic', 'account=alice&client_id=docker', undefined, ALICE, ['password', 'alice', 'secret', 'docker']],
    ['Basic beside a form of nobody', '', 'client_id=x', ALICE, ['password', 'alice', 'secret', 'x']],
    [
      'a password grant',
      '',
      form({ grant_type: 'password', username: 'alice', password: 'p' }),
      {},
      ['password', 'alice', 'p', undefined],
    ],
    [
      'a form with name and password alone',
      '',
      form({ username: 'alice', password: 'p' }),
      {},
      ['password', 'alice', 'p', undefined],
    ],
    [
      'a password grant, beside its client',
      '',
      form({ username: 'bob', password: 'p' }),
      { authorization: basic('tool', 'x') },
      ['password', 'bob', 'p', 'tool'],
    ],
    [
      'a refresh grant',
      '',
      form({ grant_type: 'refresh_token', refresh_token: token }),
      {},
      ['refresh', '', 400, undefined],
    ],
    [
      'a refresh token as the password',
      '',
      undefined,
      { authorization: basic('<token>', token) },
      ['refresh', '', 401, undefined],
    ],
    [
      'a personal access token',
      '',
      undefined,
      { authorization: basic('alice', personal) },
      ['personal', 'alice', 401, undefined],
    ],
    [
      'a token to exchange',
      '',
      form({ grant_type: EXCHANGE, subject_token: 'ey.a.b', subject_token_type: JWT, client_id: 'x' }),
      {},
      ['token', '', 'ey.a.b', 'x'],
    ],
  ]
  for (const [name, query, body, headers, expected] of proofs) {
    it(`takes ${name} for ${expected[0]}`, async () => {
      expect(await shown(query, body, headers)).to.deep.equal(expected)
    })
  }

  it('names the registry of an exchange, and what its token is called', async () => {
    const exchange = { grant_type: EXCHANGE, subject_token: 'ey.a.b', subject_token_type: JWT }
    const of = async (fields: object, query = '') => {
      const { service, issuedTokenType } = await beginParse(query, form({ ...exchange, ...fields })).parsed
      return [service, issuedTokenType?.split(':').at(-1)]
    }
    expect(await of({ audience: 'a' })).to.deep.equal(['a', 'access_token'])
    expect(await of({ service: 'b', requested_token_type: JWT })).to.deep.equal(['b', 'jwt'])
    expect(await of({ audience: 'a', service: 'a' }, 'service=a')).to.deep.equal(['a', 'access_token'])
    expect(await of({ audience: '' })).to.deep.equal(['', 'access_token'])
  })

  const clients: [string, string, Record<string, string>, string, unknown][] = [
    ['its own name', 'client_id=tool', { authorization: basic('tool', 'x') }, '', 'tool'],
    ['its own name, encoded as in a form', 'client_id=a+b', { authorization: basic('a+b', 'x') }, '', 'a b'],
    ['a name for two, with one password', '', { authorization: basic('bob', 'p') }, '', 'bob'],
    ['nothing in Basic', '', { authorization: basic('', '') }, '', undefined],
    ['no name in Basic', '', { authorization: basic('', 'x') }, '', undefined],
  ]
  for (const [name, query, headers, more, expected] of clients) {
    it(`a client that shows ${name} is ${expected ?? 'nobody'}`, async () => {
      const body = `${form({ username: 'bob', password: 'p' })}${more}`
      expect((await shown(query, body, headers))[3]).to.equal(expected)
    })
  }

  it('takes no token for a text: it would be logged', () => {
    for (const name of ['service', 'account', 'client_id']) {
      expect(() => parameterText(name, personal))
        .to.throw(RequestError, `${name} is a token; write it as the password`)
        .that.includes({ status: 400 })
    }
    expect(parameterText('service', 'x'.repeat(256))).to.equal('x'.repeat(256))
  })

  it('makes a request of nobody for nothing', () => {
    expect(anonymousRequest('console', '192.0.2.9')).to.deep.equal({
      credentials: { kind: 'anonymous', account: '', password: new Secret('') },
      service: '',
      scopes: [],
      client: { ip: '192.0.2.9', id: 'console' },
      offline: false,
    })
  })
})
