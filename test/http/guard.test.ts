// The guard as clients meet it: what they are told, what the log says, and who passes it.
import { expect } from 'chai'
import { GUARD } from '../../core/work/guard/gate.ts'
import { Guard } from '../../core/work/guard/guard.ts'
import { KnownNetworks } from '../../core/work/guard/known-networks.ts'
import type { HttpQuestion } from '../support/http-question.ts'
import { COUNTING } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance, type TokenAnswer } from '../support/server.ts'

const RIGHT = 'canary of the guard'
const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const HOME = '192.0.2.1'
const AWAY = '198.51.100.1'

describe('the guard of a server', () => {
  let server: TestInstance
  /** The guard's clock, in milliseconds. */
  let time: number
  afterEach(() => server.stop())

  const start = async (settings: object = {}, more: object = {}) => {
    const config = {
      server: { client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] }, ...settings },
      authenticators: [{ plugin: COUNTING, options: { password: RIGHT } }],
      authorizers: [{ plugin: 'acl', options: { rules: [{ actions: ['*'] }] } }],
      ...more,
    }
    server = await startTestServer({ config })
    time = 0
  }
  /** From here on no time passes by itself. */
  const holdTime = () => {
    const now = () => time
    const guard = new Guard({ known: new KnownNetworks(now), log: SILENT, now })
    server.server.services.container.registerInstance(GUARD, guard)
  }
  const from = (ip: string, question: HttpQuestion): Promise<TokenAnswer> =>
    server.token({ ...question, headers: { 'x-forwarded-for': ip, ...question.headers } })
  const login = (account: string, password: string, ip = HOME) => from(ip, { user: [account, password] })
  const guess = async (account: string, count: number, ip = HOME, begin = 0) => {
    const statuses: number[] = []
    for (let nth = begin; nth < begin + count; nth++)
      statuses.push((await login(account, `wrong guess ${nth}`, ip)).status)
    return statuses
  }
  const counted = () => server.lines().filter(({ msg }) => msg === 'counted').length
  const refresh = async (ip: string) => {
    const query = { offline_token: 'true', client_id: 'docker', service: 'registry' }
    return (await from(ip, { user: ['ann', RIGHT], query })).json.refresh_token as string
  }

  it('answers too many wrong passwords with 429, and asks nobody', async () => {
    await start()
    holdTime()
    expect(await guess('ann', 5)).to.deep.equal([401, 401, 401, 401, 401])
    const answer = await login('ann', 'wrong guess 5')
    expect(answer.status).to.equal(429)
    expect(answer.headers['retry-after']).to.equal('1')
    expect(answer.headers['cache-control']).to.equal('no-store')
    expect(answer.headers['www-authenticate']).to.equal(undefined)
    expect(answer.json.errors).to.deep.equal([
      {
        code: 'TOOMANYREQUESTS',
        message:
          'too many wrong passwords for this account from your network; wait 1 s, then try again with the right password',
        detail: null,
      },
    ])
    expect(counted()).to.equal(5)
    const audit = server.audits().at(-1)!
    expect(audit).to.deep.include({ status: 429, account: 'ann', ip: HOME, throttled: 'account', asked: [] })
    expect(audit.authenticator).to.equal(undefined)
  })

  it('tells who waits nothing: the bytes are the same for the right password', async () => {
    await start()
    holdTime()
    await guess('ann', 6)
    const form = (password: string) => ({ grant_type: 'password', username: 'ann', password })
    for (const [wrong, right] of [
      [await login('ann', 'wrong guess x'), await login('ann', RIGHT)],
      [await from(HOME, { form: form('wrong guess x') }), await from(HOME, { form: form(RIGHT) })],
    ] as const) {
      expect([wrong.status, right.status]).to.deep.equal([429, 429])
      expect(right.text).to.equal(wrong.text)
      const [shown, other] = [{ ...right.headers }, { ...wrong.headers }]
      for (const headers of [shown, other]) {
        delete headers['x-request-id']
        delete headers.date
      }
      expect(shown).to.deep.equal(other)
    }
    expect(counted()).to.equal(5)
  })

  it('lets the right password in when the wait is over', async () => {
    await start()
    holdTime()
    await guess('ann', 5)
    expect((await login('ann', RIGHT)).status).to.equal(429)
    time = 1_000
    expect((await login('ann', RIGHT)).status).to.equal(200)
    expect(await guess('ann', 5, HOME, 10)).to.deep.equal([401, 401, 401, 401, 401])
  })

  it('keeps nobody else waiting: other networks, other accounts, tokens and anonymous clients', async () => {
    await start(
      {},
      {
        authenticators: [
          { plugin: 'static', options: { users: { '': {} } } },
          { plugin: COUNTING, options: { password: RIGHT } },
        ],
      },
    )
    holdTime()
    const token = await refresh(HOME)
    await guess('ann', 6)
    expect((await login('ann', RIGHT, AWAY)).status).to.equal(200)
    expect((await login('ben', RIGHT)).status).to.equal(200)
    expect((await from(HOME, {})).status).to.equal(200)
    const form = { grant_type: 'refresh_token', refresh_token: token, service: 'registry' }
    expect((await from(HOME, { form })).claims!.sub).to.equal('ann')
    expect((await login('ann', RIGHT)).status).to.equal(429)
  })

  it('takes a form and Basic for the same try, as clients send both', async () => {
    await start()
    holdTime()
    for (let nth = 0; nth < 4; nth++) {
      const password = `wrong guess ${nth}`
      expect(
        (await from(HOME, { form: { grant_type: 'password', username: 'ann', password } })).status,
      ).to.equal(401)
      expect((await login('ann', password)).status).to.equal(401)
    }
    expect(counted()).to.equal(4)
    expect(server.audits().at(-1)).to.deep.include({
      asked: ['counting: refused before'],
      authenticator: 'counting',
    })
    expect((await login('ann', RIGHT)).status).to.equal(200)
  })

  it('takes one /64 for one network, and a mapped address for the address', async () => {
    await start()
    holdTime()
    for (const [nth, ip] of [
      '2001:db8::1',
      '2001:db8::2:1',
      '[2001:db8:0:0:ffff::]',
      '2001:db8::4',
      '2001:db8::5',
    ].entries())
      await login('ann', `wrong guess ${nth}`, ip)
    expect((await login('ann', RIGHT, '2001:db8::9')).status).to.equal(429)
    expect((await login('ann', RIGHT, '2001:db8:0:1::9')).status).to.equal(200)
    await guess('ben', 3, '::ffff:192.0.2.7')
    await guess('ben', 2, '192.0.2.7', 3)
    expect((await login('ben', RIGHT, '::ffff:192.0.2.7')).status).to.equal(429)
  })

  it('counts names that nobody knows too, of one network at most fifty', async () => {
    await start()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, nth) =>
        login(nth % 2 ? `nobody-${nth}` : `name-${nth}`, 'wrong guess', HOME),
      ),
    )
    expect(answers.filter(({ status }) => status === 401)).to.have.length(50)
    const throttled = answers.find(({ status }) => status === 429)!
    expect(throttled.json.errors[0].message).to.match(
      /^too many accounts failed to log in from your network; /,
    )
    expect(Number(throttled.headers['retry-after'])).to.be.within(500, 600)
    expect(counted()).to.equal(50)
    expect(server.audits().filter((line) => line.throttled === 'network')).to.have.length(150)
    expect((await login('ann', RIGHT, AWAY)).status).to.equal(200)
  })

  describe('behind a proxy that the configuration does not name', () => {
    const warnings = () => server.lines().filter(({ peer }) => peer === '127.0.0.1')

    it('turns nobody away, and says once which setting is missing', async () => {
      await start({ client_ip: undefined })
      const names = await Promise.all(
        Array.from({ length: 60 }, (_, nth) => login(`name-${nth}`, 'wrong guess')),
      )
      expect(new Set(names.map(({ status }) => status))).to.deep.equal(new Set([401]))
      expect(await guess('ann', 6)).to.deep.equal([401, 401, 401, 401, 401, 401])
      expect((await login('ann', RIGHT, AWAY)).status).to.equal(200)
      expect(warnings().map(({ level, header }) => [level, header])).to.deep.equal([
        ['warn', 'X-Forwarded-For'],
      ])
    })

    it('counts a peer that sends no such header as a client', async () => {
      await start({ client_ip: undefined })
      holdTime()
      for (let nth = 0; nth < 5; nth++) await server.token({ user: ['ann', `wrong guess ${nth}`] })
      expect((await server.token({ user: ['ann', RIGHT] })).status).to.equal(429)
      expect(warnings()).to.deep.equal([])
    })
  })

  it('counts no outage', async () => {
    await start()
    for (let nth = 0; nth < 10; nth++)
      expect((await login('down', `wrong guess ${nth}`)).status).to.equal(503)
  })

  it('writes a bounded number of warnings, whatever comes', async () => {
    await start()
    for (let nth = 0; nth < 10; nth++) await guess(`name-${nth}`, 7, `203.0.113.${nth}`)
    expect(server.lines().filter(({ level }) => ['warn', 'error', 'fatal'].includes(level))).to.have.length(1)
  })

  it('is off when the configuration says so', async () => {
    await start({ guard: false })
    expect(new Set(await guess('ann', 20))).to.deep.equal(new Set([401]))
    expect((await login('ann', 'wrong guess 0')).status).to.equal(401)
    expect(counted()).to.equal(21)
    expect(server.audits().some((line) => 'throttled' in line)).to.equal(false)
  })
})
