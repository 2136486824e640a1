// `once`: a token is good for one login, whichever node it is shown to.
import { expect } from 'chai'
import type { JWTPayload } from 'jose'
import { type Authenticator, type Host, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { JwtIssuer } from '../../test/support/jwt-issuer.ts'
import plugin from './index.ts'

describe('a JWT that is good for one login', () => {
  let issuer: JwtIssuer
  const opened: Authenticator[] = []
  let ahead = 0
  let host: Host

  before(async () => {
    issuer = await JwtIssuer.start()
  })
  after(async () => {
    await Promise.all(opened.map((one) => one.close?.()))
    await issuer.stop()
  })
  beforeEach(() => {
    ahead = 0
    host = testHost({ clock: { now: () => Date.now() + ahead } })
  })

  /** A node: all of them have the store of one host. */
  async function open(more: object = { once: true }, given = host): Promise<Authenticator> {
    const one = { issuer: issuer.url, audience: 'registry', accept: 'claims.sub != "nobody"', ...more }
    const instance = await plugin.create(plugin.options.parse({ issuers: [one] }), given)
    opened.push(instance)
    return instance
  }

  async function show(token: string, node: Authenticator): Promise<string> {
    const credentials = { kind: 'password', account: 'ci', password: new Secret(token) } as const
    const outcome = await node.authenticate(credentials, testRequest())
    return outcome.outcome === 'reject' ? outcome.reason : outcome.outcome
  }

  const token = (claims: JWTPayload, lifetime = 300) =>
    issuer.token({ sub: 'builder', ...claims }, { lifetime })

  it('is refused the second time, on every node, as long as its end is not over', async () => {
    const [one, two] = [await open(), await open()]
    const shown = await token({ jti: 'a' })
    expect(await show(shown, one)).equal('accept')
    for (const node of [one, two]) expect(await show(shown, node)).match(/was used before/)
    expect(await show(await token({ jti: 'b' }), two)).equal('accept')
    // Good a little longer than it says: as long is its use remembered.
    ahead = 320_000
    expect(await show(shown, two)).match(/was used before/)
  })

  it('of many at once one is accepted', async () => {
    const [one, two] = [await open(), await open()]
    const shown = await token({ jti: 'a' })
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, place) => show(shown, place % 2 ? one : two)),
    )
    expect(outcomes.filter((outcome) => outcome === 'accept')).lengthOf(1)
  })

  it('needs a name, which only an accepted one uses up', async () => {
    const node = await open()
    expect(await show(await token({}), node)).match(/has no jti, which once needs/)
    expect(await show(await token({ jti: '' }), node)).match(/has no jti/)
    expect(await show(await token({ jti: 'a', aud: 'other' }), node)).match(/audience/)
    expect(await show(await token({ jti: 'a', sub: 'nobody' }), node)).not.equal('accept')
    expect(await show(await token({ jti: 'a' }), node)).equal('accept')
  })

  it('is unavailable while the store is, and never accepted', async () => {
    const away = () => Promise.reject(new Error('the store is away'))
    const store = { ...host.store, setIfAbsent: away }
    const node = await open({ once: true }, testHost({ store }))
    const failed = await show(await token({ jti: 'a' }), node).catch((error: Error) => error.message)
    expect(failed).equal('the store is away')
  })

  it('without the option is good as often as it is shown, and asks for no store', async () => {
    const node = await open(
      {},
      Object.defineProperty(testHost(), 'store', { get: () => expect.fail('asked') }),
    )
    const shown = await token({ jti: 'a' })
    for (let time = 0; time < 2; time += 1) expect(await show(shown, node)).equal('accept')
  })
})
