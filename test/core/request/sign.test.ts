import { expect } from 'chai'
import { RequestError } from '../../../core/request/errors.ts'
import { setErrorHeaders } from '../../../core/request/respond.ts'
import { assertServed, sign, type TokenSettings } from '../../../core/request/sign.ts'
import type { Claims } from '../../../core/token/claims.ts'
import type { Lifetimes } from '../../../core/token/lifetimes.ts'
import { Cancellation } from '../../../core/work/cancellation.ts'
import { FairPlace } from '../../../core/work/place.ts'
import { failureOf, resourceOf } from './steps.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))
const identity = { account: 'alice', labels: {}, authenticator: 'users' }
const MINUTE = 60_000
const NOW = Date.parse('2026-01-02T03:04:05.678Z')

const lifetimes = (expiration: number, byAction: Record<string, number> = {}): Lifetimes => ({
  expiration,
  byAction: new Map(Object.entries(byAction)),
})

function settingsWith(
  signed: (claims: Claims) => Promise<string>,
  more: Partial<TokenSettings> = {},
): TokenSettings {
  return {
    issuer: 'Auth Service',
    lifetimes: lifetimes(5 * MINUTE),
    services: undefined,
    signatures: new FairPlace({ name: 'signatures', size: 1 }),
    signer: { isQuick: false, sign: (claims) => signed(claims as unknown as Claims) },
    ...more,
  }
}

describe('signing', () => {
  it('is done in turns, and is 503 for whoever gets none', async () => {
    const signed: (() => void)[] = []
    const settings = settingsWith(() => new Promise((resolve) => signed.push(() => resolve('token'))))
    const signatures = settings.signatures as FairPlace
    const begin = () => sign(settings, identity, 'registry', [], new Cancellation(), Date.now())
    const [first, second, third] = [begin(), begin(), begin()]
    expect(signatures.counts()).to.include({ running: 1, waiting: 2 })
    await settled()
    signed[0]!()
    expect((await first).token).to.equal('token')
    expect(signatures.counts()).to.include({ running: 1, waiting: 1 })
    signatures.close()
    const error = await third.catch((reason: Error) => reason)
    expect(error).to.be.instanceOf(RequestError)
    expect(error).to.include({ status: 503 })
    expect((error as Error).cause).to.match(/signatures: the server is stopping/)
    const headers: Record<string, string> = {}
    setErrorHeaders({ set: (name: string, value: string) => (headers[name] = value) } as never, 503, error)
    expect(headers).to.deep.equal({ 'Retry-After': '1' })
    await settled()
    signed[1]!()
    expect((await second).token).to.equal('token')
  })

  it('needs no turn where a signature holds up nobody', async () => {
    const settings = settingsWith(async () => 'token')
    const quick = { ...settings, signer: { ...settings.signer, isQuick: true } }
    const release = await settings.signatures.take(new Cancellation().signal)
    const { token } = await sign(quick, identity, 'registry', [], new Cancellation(), Date.now())
    expect(token).to.equal('token')
    release()
  })

  async function signedWith(
    more: Partial<TokenSettings>,
    scopes: string[] = [],
    end?: number,
    service = 'registry',
  ) {
    let claims: Claims | undefined
    const settings = settingsWith(async (given) => {
      claims = given
      return 'ey.a.b'
    }, more)
    // What was granted is all that was asked for, or nothing of the name `denied`.
    const decisions = scopes.map(resourceOf).map((resource) => ({
      resource,
      actions: resource.name === 'denied' ? [] : resource.actions,
    }))
    const leaving = new Cancellation()
    return { signed: await sign(settings, identity, service, decisions, leaving, NOW, end), claims: claims! }
  }

  it('puts into the token who, for what, and each resource once, also what was denied', async () => {
    const { signed, claims } = await signedWith({}, [
      'repository:a:push',
      'repository:denied:pull',
      'repository:a:pull',
    ])
    const access = [
      { type: 'repository', name: 'a', actions: ['pull', 'push'] },
      { type: 'repository', name: 'denied', actions: [] },
    ]
    const seconds = Math.floor(NOW / 1_000)
    const { jti, ...rest } = claims
    expect(jti).to.match(/^[\da-f-]{36}$/)
    expect(rest).to.deep.equal({
      iss: 'Auth Service',
      sub: 'alice',
      aud: 'registry',
      iat: seconds - 10,
      nbf: seconds - 10,
      exp: seconds + 300,
      access,
    })
    expect(signed).to.deep.equal({
      token: 'ey.a.b',
      jti,
      access,
      expiresIn: 300,
      issuedAt: new Date('2026-01-02T03:04:05Z'),
    })
  })

  const services = new Map([['short', lifetimes(2 * MINUTE)]])
  const table: [string, Partial<TokenSettings>, string[], number | undefined, string, number][] = [
    ['as long as all', {}, [], undefined, 'registry', 300],
    ['as long as those of the service', { services }, [], undefined, 'short', 120],
    [
      'as long as what is granted needs',
      { lifetimes: lifetimes(5 * MINUTE, { push: 20 * MINUTE }) },
      ['repository:a:push'],
      undefined,
      'registry',
      1_200,
    ],
    [
      'no longer for what is denied',
      { lifetimes: lifetimes(5 * MINUTE, { push: 20 * MINUTE }) },
      ['repository:denied:push'],
      undefined,
      'registry',
      300,
    ],
    ['no longer than the token that the client came with', {}, [], NOW + 3 * MINUTE, 'registry', 180],
    ['no shorter than clients take it for', {}, [], NOW + 1_000, 'registry', 60],
    ['as long as all, with a token that lives longer', {}, [], NOW + 30 * MINUTE, 'registry', 300],
  ]
  for (const [name, more, scopes, end, service, seconds] of table) {
    it(`is good ${name}`, async () => {
      const { signed, claims } = await signedWith(more, scopes, end, service)
      expect(signed.expiresIn).to.equal(seconds)
      expect(claims.exp).to.equal(Math.floor(NOW / 1_000) + seconds)
    })
  }

  it('fails as the signer does', async () => {
    const broken = settingsWith(async () => {
      throw new TypeError('no key')
    })
    const step = sign(broken, identity, 'registry', [], new Cancellation(), NOW)
    expect(await step.catch((error: Error) => error.message)).to.equal('no key')
  })

  it('is done for the services that are configured, if any are', async () => {
    assertServed('anything', undefined)
    assertServed('short', services)
    const refused = (service: string) =>
      failureOf(Promise.resolve().then(() => assertServed(service, services)))
    expect(await refused('other')).to.include({ status: 400, oauth: 'invalid_target' })
    expect((await refused('other')).message).to.match(/^service "other" is none/)
    expect((await refused('')).message).to.match(/^service is missing/)
  })
})
