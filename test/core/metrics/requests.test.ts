// Token requests as they are counted: closed sets of labels, whatever clients write.
import { expect } from 'chai'
import { ServerMetrics } from '../../../core/metrics/server-metrics.ts'
import { Scrape } from '../../support/scrape.ts'

const REQUESTS = 'dockwarden_token_requests_total'
const read = async (metrics: ServerMetrics) => new Scrape(await metrics.exposition())

describe('the metrics of token requests', () => {
  it('have no series for services that clients choose, be they ten thousand', async () => {
    const metrics = new ServerMetrics()
    metrics.show({
      services: ['registry', 'constructor'],
      instances: [],
      ends: () => ({ keys: [], certificates: [] }),
    })
    const names = ['', 'other', '__proto__', 'toString', 'registry ', 'Registry']
    for (const service of [...names, ...Array.from({ length: 10_000 }, (_, index) => `registry-${index}`)])
      metrics.requests.count(200, 'password', service, 1)
    metrics.requests.count(200, 'password', undefined, 1)
    metrics.requests.count(200, 'password', 'registry', 1)
    metrics.requests.count(200, 'password', 'constructor', 1)
    const scraped = await read(metrics)
    const key = (service: string) => `${REQUESTS}{status="200",grant="password",service="${service}"}`
    expect(scraped.of(REQUESTS)).to.have.members([key('other'), key('registry'), key('constructor')])
    expect(scraped.series.get(key('other'))).to.equal(10_000 + names.length + 1)
    expect(scraped.series.get(key('registry'))).to.equal(1)
  })

  it('are by status, grant and service, and their times by status, in seconds', async () => {
    const metrics = new ServerMetrics()
    metrics.show({
      services: ['a "quoted"\\ one\n'],
      instances: [],
      ends: () => ({ keys: [], certificates: [] }),
    })
    metrics.requests.count(200, 'password', 'a "quoted"\\ one\n', 30)
    metrics.requests.count(200, 'refresh_token', undefined, 30)
    metrics.requests.count(401, 'password', undefined, 3_000)
    const { series } = await read(metrics)
    const time = 'dockwarden_token_request_duration_seconds'
    for (const [key, value] of [
      [`${REQUESTS}{status="200",grant="password",service="a \\"quoted\\"\\\\ one\\n"}`, 1],
      [`${REQUESTS}{status="200",grant="refresh_token",service="other"}`, 1],
      [`${REQUESTS}{status="401",grant="password",service="other"}`, 1],
      [`${time}_count{status="200"}`, 2],
      [`${time}_sum{status="200"}`, 0.06],
      [`${time}_bucket{le="0.025",status="200"}`, 0],
      [`${time}_bucket{le="0.05",status="200"}`, 2],
      [`${time}_bucket{le="2.5",status="401"}`, 0],
      [`${time}_bucket{le="5",status="401"}`, 1],
    ] as const)
      expect(series.get(key), key).to.equal(value)
  })

  it('go with a service that is named no more, and the others stay', async () => {
    const metrics = new ServerMetrics()
    metrics.show({ services: ['old', 'kept'], instances: [], ends: () => ({ keys: [], certificates: [] }) })
    for (const service of ['old', 'kept', 'unknown']) metrics.requests.count(200, 'anonymous', service, 1)
    metrics.show({ services: ['kept', 'new'], instances: [], ends: () => ({ keys: [], certificates: [] }) })
    // One that was in flight.
    metrics.requests.count(200, 'anonymous', 'old', 1)
    const scraped = await read(metrics)
    const key = (service: string) => `${REQUESTS}{status="200",grant="anonymous",service="${service}"}`
    expect(scraped.of(REQUESTS)).to.have.members([key('kept'), key('other')])
    expect(scraped.series.get(key('other'))).to.equal(2)
  })
})
