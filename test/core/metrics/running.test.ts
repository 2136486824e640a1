// What is looked at when somebody scrapes: places, the guard, connections; and what is refused before it is a request.
import { expect } from 'chai'
import type { KeyEnd } from '../../../core/metrics/ends.ts'
import { type Running, ServerMetrics } from '../../../core/metrics/server-metrics.ts'
import type { PlaceCounts } from '../../../core/work/place.ts'
import { Scrape } from '../../support/scrape.ts'

const NONE: Running = {
  places: () => [],
  guard: () => undefined,
  connections: () => undefined,
  reloads: () => undefined,
}
const QUIET = {
  size: 4,
  running: 0,
  waiting: 0,
  begun: 0,
  refused: 0,
  left: 0,
  late: 0,
  waited: 0,
  worked: 0,
}

async function read(running: Partial<Running>, metrics = new ServerMetrics()): Promise<Scrape> {
  metrics.watch({ ...NONE, ...running })
  return new Scrape(await metrics.exposition())
}

describe('the metrics of a running server', () => {
  it('have each place, in seconds, and those of one name together', async () => {
    const busy = {
      ...QUIET,
      running: 2,
      waiting: 3,
      begun: 10,
      refused: 4,
      left: 5,
      waited: 2_500,
      worked: 750,
    }
    const { series } = await read({
      places: () => [
        { name: 'password hashes', ...busy },
        { name: 'signatures', ...QUIET },
        { name: 'signatures', ...busy },
      ],
    })
    const of = (metric: string, place: string) => series.get(`dockwarden_place_${metric}{place="${place}"}`)
    for (const [metric, value] of [
      ['size', 4],
      ['running', 2],
      ['waiting', 3],
      ['begun_total', 10],
      ['refused_total', 4],
      ['left_total', 5],
      ['waited_seconds_total', 2.5],
      ['worked_seconds_total', 0.75],
    ] as const)
      expect(of(metric, 'password hashes'), metric).to.equal(value)
    expect(of('size', 'signatures')).to.equal(8)
    expect(of('begun_total', 'signatures')).to.equal(10)
  })

  it('forget a place that is gone, and have a hundred and one at most', async () => {
    const metrics = new ServerMetrics()
    let places: PlaceCounts[] = Array.from({ length: 5_000 }, (_, index) => ({
      name: `requests to https://${index}.example.com`,
      ...QUIET,
      begun: 1,
    }))
    const many = await read({ places: () => places }, metrics)
    expect(many.of('dockwarden_place_begun_total')).to.have.length(101)
    expect(many.series.get('dockwarden_place_begun_total{place="others"}')).to.equal(4_900)
    places = places.slice(0, 1)
    const few = await read({ places: () => places }, metrics)
    expect(few.of('dockwarden_place_begun_total')).to.have.length(1)
  })

  it('have what the guard did, and nothing where there is none', async () => {
    const none = await read({})
    expect([...none.series.keys()].filter((key) => key.startsWith('dockwarden_guard'))).to.deep.equal([])
    const { series } = await read({
      guard: () => ({
        throttled: { account: 3, network: 2 },
        repeated: 7,
        findings: { account_waits: 1, network_waits: 0, account_attacked: 0 },
      }),
    })
    expect(series.get('dockwarden_guard_throttled_total{of="account"}')).to.equal(3)
    expect(series.get('dockwarden_guard_throttled_total{of="network"}')).to.equal(2)
    expect(series.get('dockwarden_guard_repeated_total')).to.equal(7)
    expect(series.get('dockwarden_guard_findings_total{finding="account_waits"}')).to.equal(1)
    expect(series.get('dockwarden_guard_findings_total{finding="account_attacked"}')).to.equal(0)
  })

  it('have the connections as they are', async () => {
    const { series } = await read({ connections: () => ({ size: 12, bound: 800 }) })
    expect(series.get('dockwarden_connections')).to.equal(12)
    expect(series.get('dockwarden_connections_limit')).to.equal(800)
  })

  it('have what became of changes of the configuration', async () => {
    const { series } = await read({
      reloads: () => ({ counts: { reloaded: 3, refused: 1 }, refused: true, since: 1_500 }),
    })
    expect(series.get('dockwarden_config_reloads_total{outcome="reloaded"}')).to.equal(3)
    expect(series.get('dockwarden_config_reloads_total{outcome="refused"}')).to.equal(1)
    expect(series.get('dockwarden_config_last_reload_successful')).to.equal(0)
    expect(series.get('dockwarden_config_last_reload_success_timestamp_seconds')).to.equal(1.5)
  })

  it('have when keys and certificates end, and no key that has no end or is gone', async () => {
    const metrics = new ServerMetrics()
    const name = 'dockwarden_signing_key_not_after_timestamp_seconds'
    let keys: KeyEnd[] = [
      { kid: 'A', stage: 'signs', end: 2_000_000 },
      { kid: 'B', stage: 'published', end: undefined },
      { kid: 'C', stage: 'published', end: 3_000_000 },
    ]
    const certificates = [{ use: 'server.tls', end: 4_000_000 }]
    metrics.show({ services: [], instances: [], ends: () => ({ keys, certificates }) })
    const before = await read({}, metrics)
    expect(before.series.get(`${name}{kid="A",stage="signs"}`)).to.equal(2_000)
    expect(before.of(name)).to.have.length(2)
    expect(
      before.series.get('dockwarden_certificate_not_after_timestamp_seconds{use="server.tls"}'),
    ).to.equal(4_000)
    keys = [{ kid: 'C', stage: 'signs', end: 3_000_000 }]
    expect((await read({}, metrics)).of(name)).to.deep.equal([`${name}{kid="C",stage="signs"}`])
  })

  it('have no series for causes without number', async () => {
    const metrics = new ServerMetrics()
    for (let index = 0; index < 10_000; index++) metrics.refusals.count(`a cause of OpenSSL ${index}`)
    metrics.refusals.count('a cause of OpenSSL 3')
    const scraped = await read({}, metrics)
    expect(scraped.of('dockwarden_refused_total').length).to.be.within(50, 70)
    expect(scraped.sum('dockwarden_refused_total')).to.equal(10_001)
    expect(scraped.series.get('dockwarden_refused_total{cause="a cause of OpenSSL 3"}')).to.equal(2)
  })
})
