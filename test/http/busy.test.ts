// Who can't be served in time is told so at arrival: 503, when to come again, a warning and an audit line that name the line.
import { expect } from 'chai'
import { basic, encode } from '../support/http-question.ts'
import { openRaw } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the busy'
const WARNING = 'warn'

/** The lines about requests that found no turn. */
function said(server: TestInstance) {
  const refused = server.audits().filter(({ status }) => status === 503)
  const warned = server.lines().filter(({ level, reason, audit }) => level === WARNING && reason && !audit)
  return { refused, warned }
}

describe('a line that is too long', () => {
  const get = (account: string) =>
    `GET /auth HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic(account, PASSWORD)}\r\n\r\n`
  const post = (account: string) => {
    const body = encode({
      grant_type: 'password',
      username: account,
      password: PASSWORD,
      client_id: 'c',
      service: 's',
    })
    return `POST /auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }

  for (const [method, request] of [
    ['GET', get],
    ['POST', post],
  ] as const) {
    it(`refuses who comes too late with ${method}, and says so once each`, async () => {
      const options = { command: '/bin/sh', args: ['-c', 'sleep 0.3'], max_processes: 1 }
      await using server = await startTestServer({
        config: {
          server: { guard: false },
          authenticators: [{ plugin: 'exec', timeout: '60s', options }],
          authorizers: [],
        },
      })
      // One of them tells how long they take: 12 s are good for 40.
      expect((await server.token({ user: ['first', PASSWORD] })).status).to.equal(200)
      const clients = await Promise.all(Array.from({ length: 60 }, () => openRaw(server.port)))
      for (const [index, client] of clients.entries()) client.write(request(`job-${index}`))
      const answered = () => clients.filter(({ text }) => text.startsWith('HTTP/1.1 503'))
      await eventually(() => answered().length >= 20)
      for (const client of answered()) {
        const [{ status, headers, body }] = (await client.answers(1)) as [
          Awaited<ReturnType<typeof client.answers>>[0],
        ]
        expect(status).to.equal(503)
        expect(Number(headers.get('retry-after'))).to.be.within(1, 30)
        const { error, errors } = JSON.parse(body)
        expect(errors[0].code).to.equal('UNAVAILABLE')
        expect(error).to.equal(method === 'POST' ? 'temporarily_unavailable' : undefined)
      }
      for (const client of clients) client.destroy()
      await eventually(() => server.audits().length === 61)
      const { refused, warned } = said(server)
      expect(refused).to.have.length.of.at.least(20)
      for (const { reason, asked } of refused) {
        expect(reason).to.match(/program \/bin\/sh: the line is too long: \d+ wait for the one place/)
        expect(asked).to.deep.equal(['exec: unavailable'])
      }
      expect(warned.map(({ request: id }) => id)).to.have.members(refused.map(({ request: id }) => id))
      for (const { reason } of warned) expect(reason).to.match(/^program \/bin\/sh: the line is too long/)
      for (const line of server.lines()) expect(line).not.to.have.property('err')
    })
  }
})

describe('a plugin that is too busy', () => {
  const BUSY = `new Busy('the backend: the line is too long', 7_000)`
  /** Throws where the configuration says. */
  const SOURCE = `import { accept, Busy, definePlugin, pass, z } from 'dockwarden/plugin'
    const options = z.strictObject({ at: z.string() })
    const fail = (here) => ({ at }) => { if (at === here) throw ${BUSY} }
    const [authenticate, refresh, session, label, authorize] =
      ['authenticate', 'refresh', 'session', 'label', 'authorize'].map(fail)`
  const files = {
    'authenticator.ts': `${SOURCE}
      export default definePlugin({ kind: 'authenticator', name: 'busy-authenticator', options, create: (given) => ({
        async authenticate() { authenticate(given); return accept({ session: async () => { session(given); return 1 } }) },
        async refresh() { refresh(given); return accept() },
      }) })`,
    'labeler.ts': `${SOURCE}
      export default definePlugin({ kind: 'labeler', name: 'busy-labeler', options, create: (given) => ({
        async label() { label(given); return {} },
      }) })`,
    'authorizer.ts': `${SOURCE}
      export default definePlugin({ kind: 'authorizer', name: 'busy-authorizer', options, create: (given) => ({
        async authorize() { authorize(given); return pass },
      }) })`,
  }
  const start = (at: string) => {
    const plugin = (kind: string) => ({ plugin: `./${kind}.ts`, id: kind, options: { at } })
    return startTestServer({
      files,
      config: {
        authenticators: [plugin('authenticator')],
        labelers: [plugin('labeler')],
        authorizers: [plugin('authorizer')],
      },
    })
  }
  const login = {
    user: ['alice', PASSWORD],
    query: { service: 's', scope: 'repository:a/b:pull', offline_token: 'true' },
  } as const

  for (const at of ['authenticate', 'label', 'authorize', 'session', 'refresh']) {
    it(`at ${at} tells when to come again, and no stack is logged`, async () => {
      await using server = await start(at)
      let answer = await server.token(login)
      if (at === 'refresh') {
        expect(answer.status).to.equal(200)
        const form = {
          grant_type: 'refresh_token',
          refresh_token: answer.json.refresh_token,
          service: 's',
          client_id: 'c',
        }
        answer = await server.token({ form })
      }
      expect(answer.status).to.equal(503)
      expect(answer.headers['retry-after']).to.equal('7')
      const { refused, warned } = said(server)
      expect(refused.map(({ reason }) => reason)).to.have.length(1)
      expect(refused[0]!.reason).to.contain('the backend: the line is too long')
      expect(warned.map(({ reason }) => reason)).to.deep.equal(['the backend: the line is too long'])
      for (const line of server.lines()) expect(line).not.to.have.property('err')
    })
  }

  it('tells a browser when to come again', async () => {
    const source = `import { Busy, definePlugin, pass, z } from 'dockwarden/plugin'
      export default definePlugin({ kind: 'authenticator', name: 'forge', options: z.strictObject({}), create: () => ({
        authenticate: async () => pass, refresh: async () => pass,
        routes: (routes) => routes.signIn({
          title: 'Forge', redirect: { url: undefined, path: '/forge' }, registry: undefined,
          revalidateAfter: 1000, grace: 0, passwordLifetime: undefined,
          async begin() { throw ${BUSY} },
          finish: async () => pass,
        }),
      }) })`
    await using server = await startTestServer({
      config: { authenticators: [{ plugin: './forge.ts' }], authorizers: [] },
      files: { 'forge.ts': source },
    })
    const answer = await server.send({ path: '/forge/start', headers: { 'sec-fetch-site': 'same-origin' } })
    expect(answer.status).to.equal(503)
    expect(answer.headers['retry-after']).to.equal('7')
    const audits = server.lines().filter(({ audit }) => audit === 'sign-in')
    expect(audits.map(({ reason }) => reason)).to.have.length(1)
    expect(audits[0]!.reason).to.contain('the backend: the line is too long')
    expect(said(server).warned.map(({ id, reason }) => [id, reason])).to.deep.equal([
      ['forge', 'the backend: the line is too long'],
    ])
  })
})
