// examples/monitoring: rules and their tests as promtool reads them, a dashboard of metrics that exist, and a real Prometheus that
// scrapes a server with all of it.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse } from 'yaml'
import { findProgram, needs } from './support/debian.ts'
import { newPair, type TestPair } from './support/key-pairs.ts'
import { type Prometheus, startPrometheus } from './support/prometheus.ts'
import { type Scrape, scrape } from './support/scrape.ts'
import { eventually, startTestServer, type TestInstance } from './support/server.ts'

const run = promisify(execFile)
const FOLDER = join(import.meta.dirname, '../examples/monitoring')
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const PASSWORD = 'canary of the monitored'
const SCRAPER = 'canary of the scraper'

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

const dashboard = () => JSON.parse(read('grafana-dashboard.json')) as { panels: Panel[] }
/** As Grafana fills in the variables. */
const filled = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')
const rules = (): { alert: string; expr: string }[] => parse(read('dockwarden.rules.yml')).groups[0].rules
/** Every expression of the example, with what it stands in. */
const expressions = (): [where: string, expr: string][] => [
  ...dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, filled(expr)]),
  ),
  ...rules().map(({ alert, expr }): [string, string] => [alert, expr]),
]

describe('examples/monitoring', function () {
  this.timeout(120_000)
  needs('promtool', 'prometheus')

  let tls: TestPair
  let server: TestInstance
  let closed: TestInstance
  let scraped: Scrape

  const start = (metrics: object, files: Record<string, string> = {}) =>
    startTestServer({
      config: {
        server: { metrics: { listen: '127.0.0.1:0', ...metrics } },
        token: { services: ['registry'] },
        authenticators: [{ plugin: 'static', options: { users: { alice: { password: '!env ALICE' } } } }],
        authorizers: [{ plugin: 'acl', options: { rules: [{ actions: ['*'] }] } }],
      },
      env: { ALICE: PASSWORD, SCRAPER },
      files,
    })

  before(async () => {
    tls = await newPair('P-256', { name: 'localhost' })
    server = await start({})
    closed = await start(
      { tls: { certificate: 'metrics.crt', key: 'metrics.key' }, password: '!env SCRAPER' },
      { 'metrics.crt': tls.certificate, 'metrics.key': tls.key },
    )
    for (const one of [server, closed])
      await one.token({
        user: ['alice', PASSWORD],
        query: { service: 'registry', scope: 'repository:a:pull' },
      })
    scraped = await scrape(server)
  })
  after(async () => {
    await server?.stop()
    await closed?.stop()
  })

  it('has a configuration and rules that promtool takes, and whose unit tests pass', async () => {
    const promtool = findProgram('promtool')!
    await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: FOLDER })
    await run(promtool, ['test', 'rules', 'dockwarden.rules.test.yml'], { cwd: FOLDER })
  })

  it('tests each alert, that it comes and that it does not', () => {
    const { tests } = parse(read('dockwarden.rules.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: object[] }[] }[]
    }
    const all = tests.flatMap((test) => test.alert_rule_test)
    for (const { alert } of rules()) {
      const of = all.filter(({ alertname }) => alertname === alert)
      expect(
        of.some(({ exp_alerts = [] }) => exp_alerts.length > 0),
        `${alert} comes`,
      ).to.equal(true)
      expect(
        of.some(({ exp_alerts = [] }) => exp_alerts.length === 0),
        `${alert} does not`,
      ).to.equal(true)
    }
  })

  it('asks only for metrics that there are', () => {
    const known = new Set(['up'])
    for (const [name, type] of scraped.types) {
      known.add(name)
      if (type === 'histogram') for (const end of ['bucket', 'sum', 'count']) known.add(`${name}_${end}`)
    }
    for (const [where, expr] of expressions()) {
      const asked = expr.match(/\b(?:dockwarden|process|nodejs)_\w+|\bup\b/g) ?? []
      expect(asked, where).not.to.deep.equal([])
      for (const name of asked) expect(known.has(name), `${where}: ${name}`).to.equal(true)
    }
  })

  it('has a dashboard with all metrics of the server', () => {
    const shown = dashboard()
      .panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
      .join('\n')
    const missing = [...scraped.types.keys()].filter(
      (name) => name.startsWith('dockwarden_') && !shown.includes(name),
    )
    expect(missing).to.deep.equal([])
  })

  describe('with a real Prometheus', () => {
    let prometheus: Prometheus
    before(async () => {
      const own = parse(read('prometheus.yml'))
      const target = (one: TestInstance) => [{ targets: [new URL(one.server.metrics!.address).host] }]
      prometheus = await startPrometheus(
        {
          ...own,
          global: { scrape_interval: '1s', evaluation_interval: '1s' },
          scrape_configs: [
            { ...own.scrape_configs[0], static_configs: target(server) },
            {
              job_name: 'closed',
              scheme: 'https',
              tls_config: { ca_file: 'ca.crt', server_name: 'localhost', insecure_skip_verify: true },
              basic_auth: { username: 'prometheus', password_file: 'metrics.password' },
              static_configs: target(closed),
            },
            {
              job_name: 'stranger',
              scheme: 'https',
              tls_config: { insecure_skip_verify: true },
              static_configs: target(closed),
            },
          ],
        },
        {
          'dockwarden.rules.yml': read('dockwarden.rules.yml'),
          'ca.crt': tls.certificate,
          'metrics.password': SCRAPER,
        },
      )
    })
    after(() => prometheus?.stop())

    const sampleOf = async (expression: string) => (await prometheus.query(expression))[0]?.value[1]

    it('is scraped, also over TLS with its password, and not by who has none', async () => {
      await eventually(async () => (await sampleOf('up{job="dockwarden"}')) === '1')
      await eventually(async () => (await sampleOf('up{job="closed"}')) === '1')
      await eventually(async () => (await sampleOf('up{job="stranger"}')) === '0')
      const counted = 'dockwarden_token_requests_total{status="200",grant="password",service="registry"}'
      const found = await prometheus.query(counted)
      expect(found.map(({ metric, value }) => [metric.job, value[1]])).to.have.deep.members([
        ['dockwarden', '1'],
        ['closed', '1'],
      ])
      expect(
        await sampleOf(
          'dockwarden_plugin_call_duration_seconds_count{job="dockwarden",call="authorize",outcome="grant"}',
        ),
      ).to.equal('1')
    })

    it('understands every expression, and has no fault with the rules', async () => {
      for (const [where, expr] of expressions()) {
        const fault = await prometheus.query(expr).then(
          () => undefined,
          (error: Error) => `${where}: ${error.message}`,
        )
        expect(fault).to.equal(undefined)
      }
      const all = async (): Promise<{ health: string; lastError?: string }[]> =>
        (await prometheus.ask('rules')).groups.flatMap((group: { rules: object[] }) => group.rules)
      await eventually(async () => (await all()).every(({ health }) => health !== 'unknown'))
      expect((await all()).map(({ health, lastError }) => lastError ?? health)).to.deep.equal(
        rules().map(() => 'ok'),
      )
    })
  })
})

describe('examples/monitoring/README.md', () => {
  it('says what to do when an alert fires, whichever', () => {
    const table = read('README.md').split('## When an alert fires')[1]!
    for (const { alert } of rules()) expect(table).to.contain(`\`${alert}\``)
  })
})
