// Metrics over reloads: what lives on, what goes with what is no more, and how the reloads themselves went.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { newKey, newPair } from '../support/key-pairs.ts'
import { COUNTING } from '../support/plugins/index.ts'
import { type Scrape, scrape, scrapeOver } from '../support/scrape.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the reloaded'
const REQUESTS = 'dockwarden_token_requests_total'
const CALLS = 'dockwarden_plugin_call_duration_seconds_count'

const FILES = { 'rsa.pem': newKey('RSA-2048') }
const FORMER: Readonly<Record<string, string>> = { 'service-99': 'a', 'instance-99': 'first' }

describe('the metrics of a server that reloads', () => {
  let server: TestInstance
  afterEach(() => server?.stop())

  const config = (services: readonly string[], ids: readonly string[], metrics: object = {}) => ({
    server: { metrics: { listen: '127.0.0.1:0', ...metrics } },
    // The signatures of such keys have a place.
    token: { services, keys: [{ key: 'rsa.pem' }] },
    authenticators: ids.map((id) => ({
      plugin: COUNTING,
      id,
      remember: '5m',
      options: { password: id === 'other' ? 'another one' : PASSWORD },
    })),
    authorizers: [],
  })
  const login = (service: string) => server.token({ user: ['ann', PASSWORD], query: { service } })
  const count = (scraped: Scrape, service: string) =>
    scraped.series.get(`${REQUESTS}{status="200",grant="password",service="${service}"}`)

  it('live on, but for those of services and instances that are no more', async () => {
    server = await startTestServer({ config: config(['a', 'b'], ['first', 'second']), files: FILES })
    for (const service of ['a', 'b', 'a']) expect((await login(service)).status).to.equal(200)
    const before = await scrape(server)
    expect([count(before, 'a'), count(before, 'b')]).to.deep.equal([2, 1])
    expect(before.sum(CALLS, 'id="first"')).to.equal(1)
    expect(before.sum('dockwarden_remembered_lookups_total', 'id="first"', 'hit')).to.equal(2)
    expect(before.sum('dockwarden_config_reloads_total')).to.equal(0)

    await server.reload(config(['a', 'c'], ['first', 'third']))
    for (const service of ['a', 'c']) expect((await login(service)).status).to.equal(200)
    const after = await scrape(server)
    expect([count(after, 'a'), count(after, 'b'), count(after, 'c')]).to.deep.equal([3, undefined, 1])
    // The first one was kept, with all that it has counted and remembered.
    expect(after.sum(CALLS, 'id="first"')).to.equal(1)
    expect(after.sum('dockwarden_remembered_lookups_total', 'id="first"', 'hit')).to.equal(4)
    expect([...after.series.keys()].filter((key) => key.includes('id="second"'))).to.deep.equal([])
    expect(after.series.get('dockwarden_remembered_passwords{plugin="counting",id="third"}')).to.equal(0)
    expect(after.series.get('dockwarden_config_reloads_total{outcome="reloaded"}')).to.equal(1)
    const since = 'dockwarden_config_last_reload_success_timestamp_seconds'
    expect(after.sum(since)).to.be.greaterThan(before.sum(since))
    expect(after.sum('dockwarden_place_begun_total', 'place="signatures"')).to.equal(
      before.sum('dockwarden_place_begun_total', 'place="signatures"') + 2,
    )
  })

  it('say that a configuration was refused, until one is taken', async () => {
    server = await startTestServer({ config: config(['a'], ['first']), files: FILES })
    await server.reload()
    const fine = await scrape(server)
    expect(fine.series.get('dockwarden_config_last_reload_successful')).to.equal(1)
    await server.reload({ ...config(['a'], ['first']), token: { issuer: '' } }).catch(() => {})
    const refused = await scrape(server)
    expect(refused.series.get('dockwarden_config_last_reload_successful')).to.equal(0)
    expect(refused.series.get('dockwarden_config_reloads_total{outcome="refused"}')).to.equal(1)
    await server.reload(config(['a', 'b'], ['first']))
    const taken = await scrape(server)
    expect(taken.series.get('dockwarden_config_last_reload_successful')).to.equal(1)
  })

  it('have no more series after a hundred configurations with names of their own', async () => {
    server = await startTestServer({ config: config(['a'], ['first']), files: FILES })
    await login('a')
    // What the store is asked for in the background begins when it likes.
    const own = (scraped: Scrape) =>
      [...scraped.series.keys()].filter((key) => /^dockwarden_(?!store_)/.test(key))
    const before = own(await scrape(server))
    // Over one connection, which must not gather listeners either.
    const warned: string[] = []
    const warn = ({ name }: Error) => void warned.push(name)
    process.on('warning', warn)
    for (let nth = 0; nth < 100; nth++) {
      await server.reload(config([`service-${nth}`], [`instance-${nth}`]))
      expect((await login(`service-${nth}`)).status).to.equal(200)
    }
    process.off('warning', warn)
    expect(warned).to.deep.equal([])
    const named = (key: string) => key.replaceAll(/(?:service|instance)-99/g, (name) => FORMER[name]!)
    // Instances go with their last request, which may end behind its answer.
    await eventually(async () => own(await scrape(server)).length <= before.length)
    expect(own(await scrape(server)).map(named)).to.have.members(before)
  }).timeout(120_000)

  it('go over a TLS certificate that is read again when its file changes, and their end is told', async () => {
    const first = await newPair('P-256', { name: 'localhost', notAfter: new Date(2_000_000_000_000) })
    const second = await newPair('P-256', { name: 'localhost', notAfter: new Date(2_100_000_000_000) })
    const tls = { certificate: 'metrics.crt', key: 'metrics.key' }
    server = await startTestServer({
      config: config(['a'], ['first'], { tls }),
      files: { ...FILES, 'metrics.crt': first.certificate, 'metrics.key': first.key },
      watchInterval: 10,
    })
    const end = async (ca: string) =>
      (await scrapeOver(server, ca)).sum(
        'dockwarden_certificate_not_after_timestamp_seconds',
        'server.metrics.tls',
      )
    expect(await end(first.certificate)).to.equal(2_000_000_000)
    for (const [name, text] of [
      ['metrics.crt', second.certificate],
      ['metrics.key', second.key],
    ] as const) {
      writeFileSync(join(server.folder, 'new'), text)
      renameSync(join(server.folder, 'new'), join(server.folder, name))
    }
    await eventually(() =>
      end(second.certificate).then(
        (told) => told === 2_100_000_000,
        () => false,
      ),
    )
  })
})
