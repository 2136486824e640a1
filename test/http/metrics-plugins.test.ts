// What is measured of plugin instances: their calls, what they remember, and what they measure themselves.
import { expect } from 'chai'
import { needs } from '../support/debian.ts'
import { examineText } from '../support/examine-text.ts'
import { COUNTING, scripted } from '../support/plugins/index.ts'
import { lint, scrape } from '../support/scrape.ts'
import { startTestServer } from '../support/server.ts'

const METRICS = { metrics: { listen: '127.0.0.1:0' } }
const PASSWORD = 'canary of the measured'
const CALLS = 'dockwarden_plugin_call_duration_seconds'

function start(config: object, files: Record<string, string> = {}) {
  return startTestServer({
    config: { server: METRICS, authorizers: [], ...config },
    files,
    env: { ALICE: PASSWORD },
  })
}

describe('the metrics of plugin instances', () => {
  it('count each call, with what was made of its answer', async () => {
    const of = scripted
    await using server = await start({
      authenticators: [
        of.authenticator('passes', { answer: { outcome: 'pass' } }),
        of.authenticator('down', { does: 'throw' }, { on_error: 'next' }),
        of.authenticator('slow', { does: 'hang' }, { on_error: 'next', timeout: '50ms' }),
        of.authenticator('absurd', { answer: { outcome: 'accept', account: 5 } }, { on_error: 'next' }),
        of.authenticator('people', { answer: { outcome: 'accept' } }),
      ],
      labelers: [
        of.labeler('teams', { answer: { team: ['x'] } }),
        of.labeler('forgets', {}, { on_error: 'next' }),
      ],
      authorizers: [
        of.authorizer('first', { answer: { outcome: 'pass' } }),
        of.authorizer('second', { answer: { outcome: 'grant', actions: ['pull'] } }),
      ],
    })
    const scope = ['repository:a:pull', 'repository:b:pull']
    const { status } = await server.token({
      user: ['alice', PASSWORD],
      query: { service: 'registry', scope },
    })
    expect(status).to.equal(200)
    const scraped = await scrape(server)
    const counts = scraped
      .of(`${CALLS}_count`)
      .map((key) => [
        key.replace(/^.*?id="(\w+)",call="(\w+)",outcome="(\w+)".*$/, '$1 $2 $3'),
        scraped.series.get(key),
      ])
    expect(counts).to.have.deep.members([
      ['passes authenticate pass', 1],
      ['down authenticate unavailable', 1],
      ['slow authenticate timeout', 1],
      ['absurd authenticate unavailable', 1],
      ['people authenticate accept', 1],
      ['teams label answered', 1],
      ['forgets label unavailable', 1],
      ['first authorize pass', 2],
      ['second authorize grant', 2],
    ])
    expect(scraped.of(`${CALLS}_count`).join()).to.contain(
      `${CALLS}_count{kind="labeler",plugin="scripted-labeler",id="teams",call="label",outcome="answered"}`,
    )
    expect(scraped.sum(`${CALLS}_sum`, 'id="slow"')).to.be.greaterThan(0.04)
  })

  it('count denials and rejections as such', async () => {
    await using server = await start({
      authenticators: [{ plugin: 'static', options: { users: { alice: { password: '!env ALICE' } } } }],
      authorizers: [scripted.authorizer('rules', { answer: { outcome: 'deny' } })],
    })
    await server.token({ user: ['alice', PASSWORD], query: { scope: 'repository:a:pull' } })
    await server.token({ user: ['alice', 'wrong'] })
    const scraped = await scrape(server)
    const count = (...labels: string[]) => scraped.sum(`${CALLS}_count`, ...labels)
    expect(count('id="static"', 'outcome="accept"')).to.equal(1)
    expect(count('id="static"', 'outcome="reject"')).to.equal(1)
    expect(count('id="rules"', 'outcome="deny"')).to.equal(1)
  })

  it('count another look at an account, and a route', async () => {
    const answers = `
import { accept, definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({
  api: 1, kind: 'authenticator', name: 'answers', options: z.strictObject({}),
  create(_, { route }) {
    route('GET', '/hello', async () => Response.json({ hello: 'you' }))
    return { authenticate: async () => accept({ session: 1 }), refresh: async () => accept({ session: 1 }) }
  },
})`
    await using server = await start(
      { authenticators: [{ plugin: './answers.ts', options: {} }] },
      { 'answers.ts': answers },
    )
    const query = { service: 'registry', offline_token: 'true', client_id: 'docker' }
    const { json } = await server.token({ user: ['ann', PASSWORD], query })
    const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token, service: 'registry' }
    expect((await server.token({ form })).status).to.equal(200)
    expect((await server.send({ path: '/plugins/answers/hello' })).status).to.equal(200)
    const scraped = await scrape(server)
    for (const [call, outcome] of [
      ['authenticate', 'accept'],
      ['refresh', 'accept'],
      ['route', 'answered'],
    ])
      expect(scraped.sum(`${CALLS}_count`, `call="${call}"`, `outcome="${outcome}"`), call).to.equal(1)
    expect(scraped.sum('dockwarden_token_requests_total', 'grant="refresh_token"')).to.equal(1)
  })

  it('count what is remembered, and how often that was of use', async () => {
    await using server = await start({
      authenticators: [
        { plugin: COUNTING, id: 'counting', remember: '5m', options: { password: PASSWORD } },
        { plugin: COUNTING, id: 'forgetful', options: { password: PASSWORD } },
      ],
    })
    for (let index = 0; index < 3; index++) await server.token({ user: ['ann', PASSWORD] })
    await server.token({ user: ['ben', PASSWORD] })
    const { series } = await scrape(server)
    const labels = 'plugin="counting",id="counting"'
    expect(series.get(`dockwarden_remembered_passwords{${labels}}`)).to.equal(2)
    expect(series.get(`dockwarden_remembered_lookups_total{${labels},outcome="hit"}`)).to.equal(2)
    expect(series.get(`dockwarden_remembered_lookups_total{${labels},outcome="miss"}`)).to.equal(2)
    expect(
      [...series.keys()].filter((key) => key.includes('forgetful') && key.includes('remembered')),
    ).to.deep.equal([])
  })
})

const LOOKUPS = `
import { accept, definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({
  api: 1,
  kind: 'authenticator',
  name: 'look-ups',
  options: z.strictObject({ labels: z.array(z.string()).default(['found']), bad: z.string().optional() }),
  create({ labels, bad }, { metrics }) {
    const total = metrics.counter({ name: 'lookups_total', help: 'Lookups.', labels })
    const people = metrics.gauge({ name: 'people', help: 'People.' })
    const time = metrics.histogram({ name: 'lookup_seconds', help: 'Time.', labels: ['account'], buckets: [0.1, 1] })
    if (bad) metrics.gauge({ name: bad, help: 'x' })
    people.set(7)
    return {
      async authenticate({ account }) {
        total.add(1, { [labels[0]]: 'yes' })
        time.observe(0.5, { account })
        return accept()
      },
    }
  },
})
`
const plugin = (id: string, options: object = {}) => ({ plugin: './look-ups.ts', id, options })
const files = { 'look-ups.ts': LOOKUPS }

describe("a plugin's own metrics", () => {
  it('have the names of plugin and instance, and are those that it made', async () => {
    await using server = await start({ authenticators: [plugin('one'), plugin('two')] }, files)
    await server.token({ user: ['ann', PASSWORD] })
    const scraped = await scrape(server)
    const own = [...scraped.series].filter(([key]) => key.startsWith('dockwarden_plugin_look_ups_'))
    const one = 'plugin="look-ups",id="one"'
    expect(Object.fromEntries(own)).to.deep.equal({
      [`dockwarden_plugin_look_ups_lookups_total{${one},found="yes"}`]: 1,
      [`dockwarden_plugin_look_ups_people{${one}}`]: 7,
      'dockwarden_plugin_look_ups_people{plugin="look-ups",id="two"}': 7,
      [`dockwarden_plugin_look_ups_lookup_seconds_bucket{le="0.1",${one},account="ann"}`]: 0,
      [`dockwarden_plugin_look_ups_lookup_seconds_bucket{le="1",${one},account="ann"}`]: 1,
      [`dockwarden_plugin_look_ups_lookup_seconds_bucket{le="+Inf",${one},account="ann"}`]: 1,
      [`dockwarden_plugin_look_ups_lookup_seconds_sum{${one},account="ann"}`]: 0.5,
      [`dockwarden_plugin_look_ups_lookup_seconds_count{${one},account="ann"}`]: 1,
    })
    expect(scraped.types.get('dockwarden_plugin_look_ups_lookups_total')).to.equal('counter')
  })

  describe('as promtool reads them', () => {
    needs('promtool')

    it('have nothing that it complains of', async () => {
      await using server = await start({ authenticators: [plugin('one'), plugin('two')] }, files)
      await server.token({ user: ['ann', PASSWORD] })
      expect(lint((await scrape(server)).text)).to.equal('')
    })
  })

  it('are bounded: a label that clients choose is dropped beyond, with one warning, and logins go on', async () => {
    await using server = await start({ authenticators: [plugin('one')] }, files)
    for (let index = 0; index < 450; index++)
      expect((await server.token({ user: [`ann-${index}`, PASSWORD] })).status).to.equal(200)
    const scraped = await scrape(server)
    const lines = [...scraped.series.keys()].filter((key) => key.startsWith('dockwarden_plugin_look_ups_'))
    expect(lines.length).to.be.within(1_900, 2_000)
    const dropped = scraped.sum('dockwarden_plugin_values_dropped_total', 'id="one"')
    expect(dropped).to.equal(450 - scraped.of('dockwarden_plugin_look_ups_lookup_seconds_count').length)
    const warned = server.lines().filter(({ msg }) => /lookup_seconds: .*further ones are dropped/.test(msg))
    expect(warned).to.have.length(1)
    expect(warned[0]).to.deep.include({ plugin: 'look-ups', id: 'one' })
  })

  it('that mean something else in another instance are a fault at its place', async () => {
    const text = JSON.stringify({
      server: METRICS,
      authenticators: [plugin('one'), plugin('two', { labels: ['other'] })],
      authorizers: [],
    })
    const { problems } = await examineText(text, files)
    expect(problems).to.have.length(1)
    expect(problems[0]).to.match(
      /authenticators\[1\]: plugin look-ups \(id two\) could not be created: host\.metrics\.counter\(\{ name: "lookups_total" \}\): id one has dockwarden_plugin_look_ups_lookups_total of another kind, or with other labels/,
    )
  })

  it("that would be named as the server's own are a fault", async () => {
    const named = (name: string) => ({ [`${name}.ts`]: LOOKUPS.replace('look-ups', name) })
    for (const [name, bad] of [
      ['call-duration', 'seconds'],
      ['call', 'duration_seconds'],
    ] as const) {
      const authenticators = [{ plugin: `./${name}.ts`, options: { bad } }]
      const text = JSON.stringify({ server: METRICS, authenticators, authorizers: [] })
      const { problems } = await examineText(text, named(name))
      expect(problems.join()).to.contain(
        "dockwarden_plugin_call_duration_seconds is a metric of the server's own",
      )
    }
  })

  for (const [bad, message] of [
    ['LookUps', /lower case words/],
    ['lookup_count', /must not end in _count/],
    ['lookup_ms', /the unit must be seconds, not ms/],
    ['memory_mb', /the unit must be bytes, not mb/],
    ['people_gauge', /must not say what kind/],
    ['gaps_total', /only the name of a counter/],
    ['people', /was there before/],
  ] as const) {
    it(`named ${bad} are a fault that says why, whether anybody measures or not`, async () => {
      for (const server of [METRICS, {}]) {
        const config = { server, authenticators: [plugin('one', { bad })], authorizers: [] }
        const { problems } = await examineText(JSON.stringify(config), files)
        expect(problems.join()).to.match(message)
      }
    })
  }
})
