import { createHash } from 'node:crypto'
import { mock } from 'node:test'
import { expect } from 'chai'
import { type OAuthOptions, OAuthRefused, Secret } from '../../../core/plugin.ts'
import { testHost } from '../../../core/testing/index.ts'
import { startFakeIssuer } from '../../support/fake-issuer.ts'
import {
  begin,
  CLIENT_ID,
  CLIENT_SECRET,
  failureOf,
  finish,
  openClient,
  REDIRECT_URL,
  STATE,
  signInWith,
  soon,
} from '../../support/oauth-clients.ts'
import { PATHS, startOpenIdProvider } from '../../support/openid-provider.ts'
import { until } from '../../support/processes.ts'

const ALICE = { email: 'alice@example.com', email_verified: true, groups: ['dev'] }

function provide(client: object = { client_secret: CLIENT_SECRET }) {
  return startOpenIdProvider({
    clients: [{ client_id: CLIENT_ID, redirect_uris: [REDIRECT_URL], ...client }],
    accounts: { alice: ALICE, bob: { email: 'bob@example.com' } },
  })
}

const asked = (requests: readonly string[], path: string) =>
  requests.filter((request) => request.split(' ')[1]!.startsWith(path)).length

describe('OAuth clients at a certified OpenID provider', () => {
  it('sends the browser there with state, nonce, PKCE and the scopes that the provider knows', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer, { parameters: { prompt: 'login', state: 'chosen' } })
    const { url, keep } = await begin(client)
    const { origin, searchParams } = new URL(url)
    const { verifier, nonce } = keep as Record<string, string>
    expect(origin).to.equal(provider.issuer)
    expect(Object.fromEntries(searchParams)).to.deep.equal({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URL,
      scope: 'openid profile email offline_access',
      state: STATE,
      nonce,
      code_challenge: createHash('sha256').update(verifier!).digest('base64url'),
      code_challenge_method: 'S256',
      prompt: 'login',
    })
  })

  const prompts: [string, Partial<OAuthOptions>, string][] = [
    ['login', {}, 'login'],
    ['what the provider wants', { promptForAnother: 'select_account' }, 'select_account'],
    ['what is asked for anyway, too', { parameters: { prompt: 'consent' } }, 'consent login'],
    ['nothing twice', { parameters: { prompt: 'login consent' } }, 'consent login'],
    ['never none', { parameters: { prompt: 'none' } }, 'login'],
  ]
  for (const [name, options, prompt] of prompts) {
    it(`asks for another account with prompt: ${name}`, async () => {
      await using provider = await provide()
      await using client = openClient(provider.issuer, options)
      const { url } = await client.begin({
        state: STATE,
        address: REDIRECT_URL,
        another: true,
        signal: soon(),
      })
      expect(new URL(url).searchParams.get('prompt')).to.equal(prompt)
    })
  }

  it('asks for another account as the metadata of the provider say', async () => {
    await using fake = await startFakeIssuer()
    fake.metadata = { prompt_values_supported: ['none', 'login', 'select_account'] }
    await using client = openClient(fake.issuer)
    const { url } = await client.begin({ state: STATE, address: REDIRECT_URL, another: true, signal: soon() })
    expect(new URL(url).searchParams.get('prompt')).to.equal('select_account')
  })

  it('makes another nonce and verifier for each sign-in', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const [first, second] = [await begin(client), await begin(client)]
    expect(first.keep).to.not.deep.equal(second.keep)
    expect(Object.values(first.keep as object)).to.not.include.members(Object.values(second.keep as object))
  })

  it('gives the claims of the ID token, those of the userinfo, and the page for signing out', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const grant = await signInWith(client, provider, 'alice')
    expect(grant.claims).to.include({ iss: provider.issuer, aud: CLIENT_ID, sub: 'alice' })
    expect(grant.refreshToken).to.not.equal(undefined)
    expect(await client.userinfo(grant, 'alice', soon())).to.deep.equal({ sub: 'alice', ...ALICE })
    expect(await client.endUrl(soon())).to.equal(`${provider.issuer}/session/end?client_id=${CLIENT_ID}`)
  })

  for (const [name, registered, given] of [
    ['basic', { client_secret: CLIENT_SECRET }, {}],
    [
      'post',
      { client_secret: CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_post' },
      { clientAuthentication: 'post' as const },
    ],
    ['none, for a public client', { token_endpoint_auth_method: 'none' }, { clientSecret: undefined }],
  ] as const) {
    it(`authenticates itself: ${name}`, async () => {
      await using provider = await provide(registered)
      await using client = openClient(provider.issuer, given)
      const { claims } = await signInWith(client, provider, 'alice')
      expect(claims).to.include({ sub: 'alice' })
    })
  }

  it('refuses a code that was used before', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { url, keep } = await begin(client)
    const back = await provider.signIn(url, 'alice')
    await finish(client, back, keep)
    const error = await failureOf(finish(client, back, keep))
    expect(error).to.be.instanceOf(OAuthRefused)
    expect(error.message).to.contain('"invalid_grant"').and.not.contain(back.searchParams.get('code'))
  })

  it('refuses a code that another sign-in began: its verifier differs', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const [victim, attacker] = [await begin(client), await begin(client)]
    const back = await provider.signIn(attacker.url, 'bob')
    expect(await failureOf(finish(client, back, victim.keep))).to.be.instanceOf(OAuthRefused)
  })

  it('says that a sign-in was cancelled, without asking the provider anything', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { url, keep } = await begin(client)
    const back = await provider.signIn(url, undefined)
    const before = asked(provider.requests, PATHS.token) + asked(provider.requests, PATHS.keys)
    const error = await failureOf(finish(client, back, keep))
    expect(error).to.be.instanceOf(OAuthRefused)
    expect(error.message).to.equal(
      `the sign-in was cancelled or denied at ${provider.issuer}: "the person said no"`,
    )
    expect(asked(provider.requests, PATHS.token) + asked(provider.requests, PATHS.keys)).to.equal(before)
  })
})

describe('refreshing at a provider whose refresh tokens rotate', () => {
  it('gives the next one each time, and fresh claims', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const first = await signInWith(client, provider, 'alice')
    const second = await client.refresh(first.refreshToken!.reveal(), soon())
    expect(second.refreshToken!.reveal()).to.not.equal(first.refreshToken!.reveal())
    const third = await client.refresh(second.refreshToken!.reveal(), soon())
    expect(third.claims).to.include({ sub: 'alice' })
  })

  it('takes new keys the moment that the provider signs with them, and reads them once', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const first = await signInWith(client, provider, 'alice')
    provider.rotateKeys()
    const second = await client.refresh(first.refreshToken!.reveal(), soon())
    await client.refresh(second.refreshToken!.reveal(), soon())
    expect(asked(provider.requests, PATHS.keys)).to.equal(2)
  })

  it('refuses an account that was disabled', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { refreshToken } = await signInWith(client, provider, 'alice')
    provider.disable('alice')
    expect(await failureOf(client.refresh(refreshToken!.reveal(), soon()))).to.be.instanceOf(OAuthRefused)
  })

  it('tells of the next token before anything else of the answer is looked at', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { refreshToken } = await signInWith(client, provider, 'alice')
    provider.rotateKeys()
    provider.fail(PATHS.keys)
    const told: string[] = []
    const replaced = async (next: string) => void told.push(next)
    const failure = await failureOf(client.refresh(refreshToken!.reveal(), soon(), replaced))
    expect(failure).to.not.be.instanceOf(OAuthRefused)
    expect(failure.message).to.contain(`${provider.issuer}/jwks answered 503`)
    provider.resume()
    const grant = await client.refresh(told[0]!, soon(), replaced)
    expect(grant.claims).to.include({ sub: 'alice' })
    expect(grant.refreshToken!.reveal()).to.equal(told[1])
  })

  it('gives nothing when the next token could not be kept', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { refreshToken } = await signInWith(client, provider, 'alice')
    const full = () => Promise.reject(new Error('the disk is full'))
    expect((await failureOf(client.refresh(refreshToken!.reveal(), soon(), full))).message).to.equal(
      'the disk is full',
    )
  })
})

describe('an OpenID provider that can not be asked', () => {
  it('is no obstacle at the start: it is asked again, and then it works', async () => {
    await using provider = await provide()
    await provider.stop()
    await using client = openClient(provider.issuer)
    for (const ask of [() => client.ready(), () => begin(client)]) {
      const error = await failureOf(ask())
      expect(error).to.not.be.instanceOf(OAuthRefused)
      expect(error.message).to.equal(`${provider.issuer}: connection refused`)
    }
    await provider.start()
    await client.ready()
    await signInWith(client, provider, 'alice')
  })

  const KINDS: [string, (issuer: string) => OAuthOptions['provider']][] = [
    ['with an issuer', (issuer) => ({ issuer })],
    [
      'with endpoints',
      (issuer) => ({
        authorizationEndpoint: `${issuer}${PATHS.authorization}`,
        tokenEndpoint: `${issuer}${PATHS.token}`,
      }),
    ],
  ]
  for (const [name, providerAt] of KINDS) {
    it(`is not ready until it has answered once, ${name}, and is asked no more after that`, async () => {
      await using provider = await provide()
      await using client = openClient(provider.issuer, { provider: providerAt(provider.issuer) })
      await provider.stop()
      expect((await failureOf(client.ready())).message).to.equal(`${provider.issuer}: connection refused`)
      await provider.start()
      provider.fail()
      expect((await failureOf(client.ready())).message).to.contain('answered 503')
      provider.resume()
      await client.ready()
      await provider.stop()
      await client.ready()
    })
  }

  it('stays ready when its metadata can not be read again', async () => {
    await using provider = await provide()
    const host = testHost()
    await using client = openClient(provider.issuer, {}, host)
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      await client.ready()
      provider.fail()
      mock.timers.tick(3_600_000)
      while (host.log.lines.length === 0) await new Promise(setImmediate)
    } finally {
      mock.timers.reset()
    }
    expect(host.log.lines[0]!.message).to.match(/answered 503.*; the last metadata of .* stay in use/)
    await client.ready()
    expect(new URL((await begin(client)).url).origin).to.equal(provider.issuer)
  })

  it('is an error that names it: stopped later', async () => {
    await using provider = await provide()
    await using client = openClient(provider.issuer)
    const { refreshToken } = await signInWith(client, provider, 'alice')
    await provider.stop()
    const error = await failureOf(client.refresh(refreshToken!.reveal(), soon()))
    expect(error).to.not.be.instanceOf(OAuthRefused)
    expect(error.message).to.match(
      /^http:\/\/127\.0\.0\.1:\d+: (connection refused|the connection was closed)/,
    )
    await provider.start()
    await client.refresh(refreshToken!.reveal(), soon())
  })

  it('is an error that names it: it hangs', async () => {
    await using provider = await provide()
    provider.pause()
    await using client = openClient(provider.issuer)
    const attempt = { state: STATE, address: REDIRECT_URL, signal: soon(100) }
    const error = await failureOf(client.begin(attempt))
    expect(error.message).to.equal(`${provider.issuer}: no answer in time`)
    provider.resume()
    await until(() => begin(client).then(Boolean, () => false))
  })

  it('is an error that names it: it is out of order', async () => {
    await using provider = await provide()
    provider.fail()
    await using client = openClient(provider.issuer)
    const error = await failureOf(begin(client))
    expect(error.message).to.match(/\/\.well-known\/openid-configuration answered 503; it is out of order/)
    expect((await failureOf(client.ready())).message).to.contain('answered 503')
  })

  it('costs no session when only its keys can not be read', async () => {
    await using provider = await provide()
    await using before = openClient(provider.issuer)
    const { refreshToken } = await signInWith(before, provider, 'alice')
    provider.fail(PATHS.keys)
    await using client = openClient(provider.issuer)
    const spent = asked(provider.requests, PATHS.token)
    expect((await failureOf(client.refresh(refreshToken!.reveal(), soon()))).message).to.contain('/jwks')
    expect(asked(provider.requests, PATHS.token)).to.equal(spent)
    provider.resume()
    await client.refresh(refreshToken!.reveal(), soon())
  })
})

describe('the address of a provider', () => {
  const open = (issuer: string) => () => openClient(issuer)
  for (const [issuer, message] of [
    ['http://login.example.com', /^the issuer http:\/\/login\.example\.com is not encrypted; write https:/],
    ['http://127.0.0.1.example.com', /is not encrypted/],
    ['http://10.0.0.1', /is not encrypted/],
    ['ftp://login.example.com', /is not encrypted/],
    ['login.example.com', /is no URL; write https:/],
    ['https://login.example.com/.well-known/openid-configuration', /write it without \/\.well-known/],
    ['https://login.example.com/?tenant=1', /without \/\.well-known\/\.\.\., \? and #/],
  ] as const) {
    it(`is refused at load: ${issuer}`, () => expect(open(issuer)).to.throw(message))
  }

  for (const issuer of [
    'https://login.example.com/realms/main',
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://[::1]:1',
  ]) {
    it(`is taken: ${issuer}`, async () => openClient(issuer).close())
  }

  it('must be encrypted where an access token is sent', async () => {
    await using client = openClient('https://login.example.com')
    const error = await failureOf(client.get('http://api.example.com/user', new Secret('t'), soon()))
    expect(error.message).to.contain('http://api.example.com is not encrypted')
  })

  it('is refused at load with a file of `tls` that is not there', () => {
    expect(() => openClient('https://login.example.com', { tls: { ca: 'no-such.pem' } })).to.throw(
      /no-such\.pem: there is no such file/,
    )
  })
})
