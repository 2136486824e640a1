import 'reflect-metadata'
import { mock } from 'node:test'
import { expect } from 'chai'
import { container } from 'tsyringe'
import type { Config } from '../../../core/config/config.ts'
import { KEY_RING, type KeyRing } from '../../../core/keys/key-ring.ts'
import type { Clock } from '../../../core/plugin.ts'
import { keepFresh } from '../../../core/server/renewal.ts'
import { HOST_SERVICES, type HostServices } from '../../../core/services/host.ts'

const DAY = 86_400_000
const NEVER = 2 ** 30

/** As much of a process container as this needs. */
function containerWith(clock: Clock) {
  const made = container.createChildContainer()
  made.registerInstance(HOST_SERVICES, { clock } as HostServices)
  made.registerInstance(KEY_RING, {} as KeyRing)
  return made
}

describe('the expiry of certificates', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }))
  afterEach(() => mock.timers.reset())

  it('is warned of once a day while the server runs, by the time of that day', async () => {
    let now = 0
    const warned: string[] = []
    const warnings = (what: string) => (time: number) => (time < DAY ? [] : [`${what} on day ${time / DAY}`])
    const fresh = keepFresh(
      { token: { keys: [] }, server: { listen: { entries: [] } } } as unknown as Config,
      {
        container: containerWith({ now: () => now }),
        keys: { warnings: warnings('key') },
        tls: new Map([['server.tls', { warnings: warnings('certificate') }]]),
      } as unknown as Parameters<typeof keepFresh>[1],
      { renew() {}, retire() {} },
      { debug() {}, info() {}, error() {}, warn: (_, message) => void warned.push(message) },
      NEVER,
    )
    for (const expected of [
      ['key on day 1', 'certificate on day 1'],
      ['key on day 2', 'certificate on day 2'],
    ]) {
      mock.timers.tick(DAY - 1)
      expect(warned).to.deep.equal([])
      now += DAY
      mock.timers.tick(1)
      expect(warned.splice(0)).to.deep.equal(expected)
    }
    await fresh.stop()
    mock.timers.tick(DAY)
    expect(warned).to.deep.equal([])
  })

  it('ends the connections that were judged by an authority or a list, once each', async () => {
    let now = 0
    const retirements: number[] = []
    // A second before, so that OpenSSL sees it, too.
    const ends = [-2_000, 40 * DAY - 1_000, 41 * DAY - 1_000]
    const fresh = keepFresh(
      { token: { keys: [] }, server: { listen: { entries: [] } } } as unknown as Config,
      {
        container: containerWith({ now: () => now }),
        tls: new Map(),
        clientTrust: { current: { ends, paths: [], warnings: () => [] } },
      } as unknown as Parameters<typeof keepFresh>[1],
      { renew() {}, retire: () => void retirements.push(now) },
      { debug() {}, info() {}, error() {}, warn() {} },
      DAY,
    )
    const seen: number[] = []
    for (const days of [39, 1, 0, 1, 10]) {
      now += days * DAY
      mock.timers.tick(DAY)
      seen.push(retirements.length)
    }
    expect(seen).to.deep.equal([0, 1, 1, 2, 2])
    await fresh.stop()
    now += DAY
    mock.timers.tick(DAY)
    expect(retirements).to.deep.equal([40 * DAY, 41 * DAY])
  })
})
