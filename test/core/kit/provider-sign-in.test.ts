import { expect } from 'chai'
import {
  type OAuthClient,
  OAuthRefused,
  type ProviderSignIn,
  providerUrl,
  redirectUrl,
  Secret,
  type SignIn,
  serverUrl,
  signInAuthenticator,
  signInOptions,
  z,
} from '../../../core/plugin.ts'
import { keptLog, testRequest } from '../../../core/testing/index.ts'

const SCHEMA = z.strictObject(
  signInOptions({ title: 'Example', variables: ['name'], account: 'name', accept: 'true', labels: {} }),
)

const faults = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ message }) => message)

/** A client that only grants. */
function clientWith(tokens: { refreshToken?: string }): OAuthClient {
  const grant = async () => ({
    accessToken: new Secret('access'),
    refreshToken: tokens.refreshToken === undefined ? undefined : new Secret(tokens.refreshToken),
    claims: undefined,
  })
  const refresh: OAuthClient['refresh'] = async (used, _, replaced) => {
    if (tokens.refreshToken !== undefined && tokens.refreshToken !== used)
      await replaced?.(tokens.refreshToken)
    return await grant()
  }
  return { name: 'a at b', finish: grant, refresh } as unknown as OAuthClient
}

function make(client: OAuthClient, given: Partial<ProviderSignIn> = {}) {
  const made = signInAuthenticator({
    client,
    options: SCHEMA.parse({ client_id: 'a', client_secret: new Secret('b') }),
    redirect: redirectUrl().parse('https://auth.example.com/team/example_auth'),
    look: async () => ({ id: '7', facts: { name: 'ann' } }),
    ...given,
  })
  const added: SignIn[] = []
  made.routes!({ signIn: (one) => void added.push(one) })
  return { made, signIn: added[0]! }
}

async function finish(signIn: SignIn) {
  const log = keptLog()
  const url = new URL('https://auth.example.com/team/example_auth?code=x')
  const signal = AbortSignal.timeout(1_000)
  return { log, outcome: await signIn.finish({ url, state: '', keep: null, signal, log, provide() {} }) }
}

describe('an authenticator that signs people in', () => {
  it('keeps no session when nothing of what was given lasts, and says so in the log', async () => {
    const { log, outcome } = await finish(make(clientWith({})).signIn)
    expect(outcome).to.include({ outcome: 'accept', account: 'ann' }).and.not.have.property('session')
    expect(log.lines).to.have.lengthOf(1)
    expect(log.lines[0]!.message).to.match(/^Example gave no refresh token/)
  })

  it('keeps an access token only where it lasts', async () => {
    const { log, outcome } = await finish(make(clientWith({}), { lasting: true }).signIn)
    expect(outcome).to.deep.include({ session: { client: 'a at b', id: '7', access_token: 'access' } })
    expect(log.lines).to.deep.equal([])
  })

  it('keeps a session at once only when it is another', async () => {
    const kept: unknown[] = []
    const saveSession = async (session: unknown) => void kept.push(session)
    const { made } = make(clientWith({ refreshToken: 'second' }))
    for (const refresh_token of ['second', 'first']) {
      const held = {
        account: 'ann',
        labels: {},
        session: { client: 'a at b', id: '7', refresh_token },
        saveSession,
      }
      expect(await made.refresh!(held, testRequest())).to.include({ outcome: 'accept' })
    }
    expect(kept).to.deep.equal([{ client: 'a at b', id: '7', refresh_token: 'second' }])
  })

  it('shows the session of one client to no other', async () => {
    const { made } = make(clientWith({ refreshToken: 'second' }))
    const session = { client: 'a at another', id: '7', refresh_token: 'first' }
    const outcome = await made.refresh!({ account: 'ann', labels: {}, session }, testRequest())
    expect(outcome).to.have.property('reason', 'it has its session with another provider or client')
  })

  it('tells a refusal from an outage', async () => {
    const client = clientWith({ refreshToken: 'second' })
    const refused = make(client, { look: () => Promise.reject(new OAuthRefused('no')) })
    expect((await finish(refused.signIn)).outcome).to.deep.equal({
      outcome: 'reject',
      reason: 'no',
      message: 'no',
    })
    const out = make(client, { look: () => Promise.reject(new Error('down')) })
    const [settled] = await Promise.allSettled([finish(out.signIn)])
    expect(settled).to.have.nested.property('reason.message', 'down')
  })
})

describe('the registry of a sign-in', () => {
  const { registry } = SCHEMA.shape
  for (const text of [
    'registry.example.com',
    'registry:5000',
    '10.0.0.1:5000',
    '[::1]:5000',
    '[2001:db8::1]',
  ]) {
    it(`is ${text}`, () => expect(registry.parse(text)).to.equal(text))
  }

  for (const text of [
    '',
    'registry:5000/',
    'registry/team',
    'https://registry',
    'registry:',
    'a b',
    '::1',
    'a:b',
  ]) {
    it(`is not ${JSON.stringify(text)}, which no client can log in to`, () => {
      expect(faults(registry, text)).to.deep.equal(['is no registry; write HOST or HOST:PORT'])
    })
  }
})

describe('the address of a provider', () => {
  const NOT_ENCRYPTED =
    'is not encrypted, so that others on the way could read secrets; write https:// (http:// is for 127.0.0.1, [::1] and localhost only)'
  const USER = 'must have no user name; write it without what stands before the @'
  const cases: [unknown, string][] = [
    [undefined, 'is missing; write https://HOST'],
    ['login.example.com', 'is no URL; write https://HOST'],
    ['ftp://login.example.com', 'is no URL; write https://HOST'],
    ['http://login.example.com', NOT_ENCRYPTED],
    ['http://127.0.0.1.example.com', NOT_ENCRYPTED],
    ['http://10.0.0.1', NOT_ENCRYPTED],
    ['https://ann@login.example.com', USER],
    ['https://:secret@login.example.com', USER],
  ]
  for (const [given, message] of cases) {
    it(`is refused with one message: ${given}`, () => {
      expect(faults(providerUrl('https://HOST'), given)).to.deep.equal([message])
      expect(faults(serverUrl(), given)).to.deep.equal([message])
    })
  }

  for (const text of [
    'https://login.example.com/realms/main',
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://[::1]:1',
  ]) {
    it(`is taken as it is: ${text}`, () => {
      expect(providerUrl('https://HOST').parse(text)).to.equal(text)
    })
  }
})

describe('the address of a server', () => {
  it('has no slash at its end', () => {
    expect(serverUrl().parse('https://git.example.com/')).to.equal('https://git.example.com')
    expect(serverUrl().parse('https://example.com/gitlab//')).to.equal('https://example.com/gitlab')
  })

  for (const text of [
    'git.example.com',
    'ftp://a.example',
    'http://git.example.com',
    'https://a:b@c.example',
    'https://a.example/?b',
    'https://a.example/#b',
  ]) {
    it(`is not ${text}`, () => {
      expect(serverUrl().safeParse(text).success).to.equal(false)
    })
  }
})
