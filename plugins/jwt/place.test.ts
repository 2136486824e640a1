// Signatures of tokens are checked a few at once, on threads that files and DNS need too.
import { expect } from 'chai'
import { type PlaceOptions, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { FairPlace } from '../../core/work/place.ts'
import { JwtIssuer } from '../../test/support/jwt-issuer.ts'
import { until } from '../../test/support/processes.ts'
import plugin from './index.ts'

describe('a flood of tokens', () => {
  it('is checked two at a time, and waits for no reading of keys there', async () => {
    const issuer = await JwtIssuer.start()
    const places: FairPlace[] = []
    const open = (options: PlaceOptions) => {
      const place = new FairPlace(options)
      places.push(place)
      return place
    }
    const options = { issuers: [{ issuer: issuer.url, audience: 'registry' }] }
    const instance = await plugin.create(plugin.options.parse(options), testHost({ places: { open } }))
    const password = new Secret(await issuer.token())
    const keys = issuer.hold('/keys')
    const show = () => instance.authenticate({ kind: 'password', account: '', password }, testRequest())
    const first = show()
    await keys.asked
    const [place] = places as [FairPlace]
    expect(place.counts()).to.include({ name: 'signatures at test', running: 0, begun: 0 })
    keys.release()
    expect((await first).outcome).to.equal('accept')

    const { signal } = new AbortController()
    const held = [await place.take(signal), await place.take(signal)]
    const rest = Array.from({ length: 10 }, show)
    await until(() => place.counts().waiting === 10)
    for (const release of held) release()
    for (const { outcome } of await Promise.all(rest)) expect(outcome).to.equal('accept')
    expect(place.counts()).to.include({ begun: 13, running: 0 })
    await instance.close!()
    await issuer.stop()
  })
})
