import { expect } from 'chai'
import { type JsonValue, Secret, type SignIn } from '../../core/plugin.ts'
import { keptLog, testRequest } from '../../core/testing/index.ts'
import { CLIENT, hostWith, OPTIONS, REDIRECT_URL, startGoogle } from '../../test/support/google-stand-in.ts'
import { failureOf, openSignIn } from '../../test/support/oauth-stand-in.ts'
import { type OpenIdProvider, PATHS } from '../../test/support/openid-provider.ts'
import plugin from './index.ts'

const ann = { email: 'ann@example.com', email_verified: true, hd: 'example.com', name: 'Ann' }

let google: OpenIdProvider
before(async () => {
  google = await startGoogle({
    ann,
    bob: { email: 'bob@gmail.example', email_verified: true },
    eve: { email: 'eve@example.com', email_verified: false },
    // An address of the domain, in the hands of another organization.
    mallory: { email: 'mallory@example.com', email_verified: true, hd: 'evil.example' },
    // Tricks with the @.
    trent: { email: 'trent@example.com@evil.example', email_verified: true },
    nobody: { email_verified: true },
  })
})
afterEach(() => {
  google.enable('ann')
  google.change('ann', ann)
  google.resume()
})
after(() => google?.stop())

const open = (options: object = {}) =>
  openSignIn(plugin, { ...OPTIONS, redirect_url: REDIRECT_URL, ...options }, hostWith(google.issuer))

async function comeBack(signIn: SignIn, account: string | undefined) {
  const signal = AbortSignal.timeout(10_000)
  const log = keptLog()
  const { url, keep } = await signIn.begin({ state: 'state-of-the-host', address: REDIRECT_URL, signal })
  const back = await google.signIn(url, account)
  const finish = () =>
    signIn.finish({ url: back, state: 'state-of-the-host', keep, signal, log, provide() {} })
  return { sent: new URL(url), log, finish }
}

async function signedIn({ signIn }: Awaited<ReturnType<typeof open>>, account: string) {
  const outcome = await (await comeBack(signIn, account)).finish()
  if (outcome.outcome !== 'accept') throw new Error(`not accepted: ${JSON.stringify(outcome)}`)
  return { account: outcome.account!, labels: outcome.labels!, session: outcome.session as JsonValue }
}

describe('signing in at Google', () => {
  it('takes the email address for the account, and asks for a refresh token', async () => {
    const { signIn } = await open()
    const round = await comeBack(signIn, 'ann')
    expect(Object.fromEntries(round.sent.searchParams)).to.include({
      access_type: 'offline',
      prompt: 'consent',
      scope: 'openid email profile',
      redirect_uri: REDIRECT_URL,
    })
    expect(round.sent.searchParams.has('hd')).to.equal(false)
    expect(await round.finish()).to.include({ outcome: 'accept', account: 'ann@example.com' })
    expect(round.log.lines, 'no warning about a missing refresh token').to.deep.equal([])
  })

  const people: [string, string | string[] | undefined, string][] = [
    ['ann', 'example.com', 'accept'],
    ['ann', ['Example.COM', 'other.example'], 'accept'],
    ['ann', 'ample.com', 'reject'],
    ['bob', undefined, 'accept'],
    ['bob', 'example.com', 'reject'],
    ['bob', 'gmail.example', 'accept'],
    ['eve', undefined, 'reject'],
    ['mallory', 'example.com', 'reject'],
    ['mallory', ['example.com', 'evil.example'], 'accept'],
    ['trent', 'example.com', 'reject'],
    ['nobody', undefined, 'reject'],
  ]
  for (const [person, domain, outcome] of people) {
    it(`${outcome}s ${person} where ${domain === undefined ? 'every domain is welcome' : `only ${domain} is`}`, async () => {
      const { signIn } = await open(domain === undefined ? {} : { domain })
      expect((await (await comeBack(signIn, person)).finish()).outcome).to.equal(outcome)
    })
  }

  it('has Google offer accounts of the one domain', async () => {
    const { sent } = await comeBack((await open({ domain: 'example.com' })).signIn, 'ann')
    expect(sent.searchParams.get('hd')).to.equal('example.com')
  })

  it('refuses a person who says no, and a code that was used', async () => {
    const { signIn } = await open()
    expect(await (await comeBack(signIn, undefined)).finish()).to.include({ outcome: 'reject' })
    const round = await comeBack(signIn, 'ann')
    expect((await round.finish()).outcome).to.equal('accept')
    expect((await round.finish()).outcome).to.equal('reject')
  })

  it('takes a wrong client secret for no refusal', async () => {
    const client_secret = 'some other secret'
    const { finish, log } = await comeBack(
      (await open({ client_secret: new Secret(client_secret) })).signIn,
      'ann',
    )
    expect(await failureOf(finish(), [client_secret], log)).to.match(/client_secret/)
  })
})

describe('looking again at Google', () => {
  it('sees what has changed, by the refresh token that lasts', async () => {
    const opened = await open({ labels: { name: 'claims.name' } })
    const held = await signedIn(opened, 'ann')
    google.change('ann', { ...ann, name: 'Ann B.' })
    const again = await opened.instance.refresh!(held, testRequest())
    expect(again).to.deep.include({ outcome: 'accept', account: 'ann@example.com', session: held.session })
    expect(again).to.have.nested.property('labels.name').that.deep.equals(['Ann B.'])
  })

  const changes: [string, object][] = [
    ['whose address is not verified any more', { email_verified: false }],
    ['who has moved to another domain', { email: 'ann@other.example', hd: 'other.example' }],
  ]
  for (const [name, change] of changes) {
    it(`refuses a person ${name}`, async () => {
      const opened = await open({ domain: 'example.com' })
      const held = await signedIn(opened, 'ann')
      google.change('ann', { ...ann, ...change })
      expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'reject' })
    })
  }

  it('refuses an account that was disabled', async () => {
    const opened = await open()
    const held = await signedIn(opened, 'ann')
    google.disable('ann')
    expect(await opened.instance.refresh!(held, testRequest())).to.include({ outcome: 'reject' })
  })

  it("refuses one person's refresh token in another's session", async () => {
    const opened = await open()
    const { session } = await signedIn(opened, 'bob')
    const held = await signedIn(opened, 'ann')
    const mixed = {
      ...(held.session as object),
      refresh_token: (session as { refresh_token: string }).refresh_token,
    }
    expect(await opened.instance.refresh!({ ...held, session: mixed }, testRequest())).to.include({
      outcome: 'reject',
    })
  })

  it('takes an outage for none of it', async () => {
    const opened = await open()
    const held = await signedIn(opened, 'ann')
    const { refresh_token } = held.session as { refresh_token: string }
    const again = (timeout = 10_000) => opened.instance.refresh!(held, testRequest({ timeout }))
    for (const path of [PATHS.token, PATHS.userinfo]) {
      google.fail(path)
      expect(await failureOf(again(), [refresh_token, CLIENT.client_secret])).to.include(google.issuer)
    }
    google.pause(PATHS.userinfo)
    expect(await failureOf(again(1_000), [refresh_token, CLIENT.client_secret])).to.match(/no answer in time/)
    google.resume()
    expect(await again()).to.include({ outcome: 'accept' })
    await google.stop()
    expect(await failureOf(again(), [refresh_token, CLIENT.client_secret])).to.match(/refused|closed/)
  })
})
