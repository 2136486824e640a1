// What the plugin makes of answers, from real servers: the verdicts, and every kind of outage.
import { expect } from 'chai'
import { type Authenticator, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { type Handler, json, serve, type TestServer } from '../../test/support/http-server.ts'
import plugin from './index.ts'

const open: { close?(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close?.()
})

async function server(handle: Handler): Promise<TestServer> {
  const started = await serve(handle)
  open.push(started)
  return started
}

async function make(origin: string, options: object = {}): Promise<Authenticator> {
  const made = await plugin.create(plugin.options.parse({ url: `${origin}/login`, ...options }), testHost())
  open.unshift(made)
  return made
}

async function login(
  instance: Authenticator,
  account = 'ann',
  given: Parameters<typeof testRequest>[0] = {},
) {
  const kind = account === '' ? 'anonymous' : 'password'
  return instance.authenticate({ kind, account, password: new Secret('pass word') }, testRequest(given))
}

/** The outcome for one answer, or `unavailable`. */
async function outcome(answer: (response: Parameters<Handler>[1]) => void, options: object): Promise<string> {
  const peer = await server((_, response) => answer(response))
  return login(await make(peer.origin, options)).then(
    (result) => result.outcome,
    () => 'unavailable',
  )
}

const BY_CODE = { accept: 'response.status == 200 && body.code == 0' }

describe('the http plugin and the status of an answer', () => {
  const verdicts: [number, string][] = [
    [200, 'accept'],
    [204, 'accept'],
    [302, 'unavailable'],
    [400, 'reject'],
    [401, 'reject'],
    [403, 'reject'],
    [404, 'unavailable'],
    [405, 'unavailable'],
    [406, 'unavailable'],
    [409, 'reject'],
    [410, 'unavailable'],
    [415, 'reject'],
    [421, 'unavailable'],
    [422, 'reject'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ]
  for (const [status, expected] of verdicts) {
    it(`${status} alone: ${expected}`, async () => {
      const answer: Parameters<typeof outcome>[0] = (response) =>
        response.writeHead(status, { location: '/' }).end()
      expect(await outcome(answer, {})).to.equal(expected)
    })
  }

  it('404 is an answer where a condition says so, whatever its body is', async () => {
    const page: Parameters<typeof outcome>[0] = (response) => response.writeHead(404).end('<p>not found</p>')
    expect(await outcome(page, { ...BY_CODE, pass: 'response.status == 404' })).to.equal('pass')
    expect(await outcome(page, { ...BY_CODE, reject: 'response.status == 404' })).to.equal('reject')
    expect(await outcome(page, BY_CODE)).to.equal('unavailable')
    const answer: Parameters<typeof outcome>[0] = (response) =>
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":1}')
    expect(await outcome(answer, BY_CODE)).to.equal('unavailable')
  })

  it('404 says what it may be, and what to write', async () => {
    const peer = await server((_, response) => response.writeHead(404).end())
    const error = await login(await make(peer.origin)).catch((thrown: Error) => thrown.message)
    expect(error).to.match(/answered 404, .* wrong path .* \(response\.status == 404\)$/)
  })

  it('a condition that is true comes before the outage rules', async () => {
    const answer: Parameters<typeof outcome>[0] = (response) => json(response, 503, { code: 9 })
    expect(await outcome(answer, { reject: 'body.code == 9' })).to.equal('reject')
    expect(await outcome(answer, { pass: 'response.status == 503' })).to.equal('pass')
  })
})

describe('the http plugin and the conditions', () => {
  const answers: [unknown, object, string][] = [
    [{ code: 0 }, BY_CODE, 'accept'],
    [{ code: 1 }, BY_CODE, 'reject'],
    [{ code: '0' }, BY_CODE, 'reject'],
    [{}, BY_CODE, 'unavailable'],
    [null, BY_CODE, 'unavailable'],
    [[], BY_CODE, 'unavailable'],
    [{ code: 0 }, { ...BY_CODE, reject: 'body.code == 0' }, 'reject'],
    [{ code: 0 }, { ...BY_CODE, reject: 'true', pass: 'body.code == 0' }, 'pass'],
    // A field that is missing in one condition leaves the decision to the others.
    [{ code: 0 }, { ...BY_CODE, reject: 'body.disabled' }, 'accept'],
    [{ code: 1 }, { ...BY_CODE, reject: 'body.disabled' }, 'unavailable'],
    // A reject that fails otherwise must not be stepped over.
    [{ code: 0, disabled: 'yes' }, { ...BY_CODE, reject: 'body.disabled' }, 'unavailable'],
  ]
  for (const [body, options, expected] of answers) {
    it(`${JSON.stringify(body)} with ${JSON.stringify(options)}: ${expected}`, async () => {
      expect(await outcome((response) => json(response, 200, body), options)).to.equal(expected)
    })
  }

  it('a body that is not JSON is an outage only when a condition looks at it', async () => {
    const page: Parameters<typeof outcome>[0] = (response) => response.end('<html>maintenance</html>')
    expect(await outcome(page, BY_CODE)).to.equal('unavailable')
    expect(await outcome(page, {})).to.equal('accept')
    expect(await outcome(page, { labels: { group: 'body.groups' } })).to.equal('unavailable')
  })

  it('sees status, headers and the request, without the password', async () => {
    const peer = await server((_, response) => response.setHeader('X-Verdict', 'fine').end())
    const instance = await make(peer.origin, {
      accept:
        'response.headers["x-verdict"] == "fine" && request.account == "ann" && request.ip == "10.0.0.1"',
      labels: { seen: '[request.service, request.client_id]' },
    })
    const result = await login(instance, 'ann', { service: 'reg', client: { ip: '10.0.0.1', id: 'docker' } })
    expect(result).to.deep.include({ outcome: 'accept' })
    expect({ ...(result as { labels: object }).labels }).to.deep.equal({ seen: ['reg', 'docker'] })
    expect(JSON.stringify(result)).not.to.contain('pass word')
  })

  for (const data of [{}, { id: '' }, { id: 7 }, { id: null }]) {
    it(`an account of ${JSON.stringify(data)} is an outage`, async () => {
      expect(await outcome((response) => json(response, 200, data), { account: 'body.id' })).to.equal(
        'unavailable',
      )
    })
  }
})

describe('the http plugin and a broken service', () => {
  const broken: [string, Handler][] = [
    ['garbage', (_, response) => response.end('\0\x01garbage')],
    ['10 MB', (_, response) => response.end('x'.repeat(10_000_000))],
    [
      'half a body',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"code":')
        response.socket!.destroySoon()
      },
    ],
    ['a reset instead of an answer', (_, response) => void response.socket!.resetAndDestroy()],
    ['a redirect to itself', (_, response) => response.writeHead(307, { location: '/login' }).end()],
  ]
  for (const [what, handle] of broken) {
    it(`takes ${what} for an outage, and asks once only`, async () => {
      const peer = await server(handle)
      const error = await login(await make(peer.origin, BY_CODE)).catch((thrown: Error) => thrown)
      expect(error).to.be.instanceOf(Error)
      expect((error as Error).message)
        .to.match(new RegExp(`^${peer.origin}: `))
        .and.not.contain('pass word')
      expect(peer.received).to.have.length(1)
    })
  }

  it('answers other logins while one hangs, and gives that one up in time', async () => {
    const peer = await server(({ body }, response) => {
      if (!body.includes('slow')) json(response, 200, { code: 0 })
    })
    const instance = await make(peer.origin, { ...BY_CODE, form: { user: '${account}' } })
    const gaveUp = new AbortController()
    const hanging = login(instance, 'slow', { signal: gaveUp.signal }).catch((error: Error) => error.message)
    const others = await Promise.all(Array.from({ length: 50 }, (_, i) => login(instance, `user${i}`)))
    expect(others.every((result) => result.outcome === 'accept')).to.equal(true)
    gaveUp.abort()
    expect(await hanging).to.equal(`${peer.origin}: no answer in time`)
  })

  it('does not mix up logins that run at once', async () => {
    const peer = await server(({ body }, response) => {
      const user = new URLSearchParams(body).get('user')
      setImmediate(() => json(response, 200, { code: 0, user }))
    })
    const instance = await make(peer.origin, {
      ...BY_CODE,
      form: { user: '${account}' },
      account: 'body.user',
    })
    const names = Array.from({ length: 200 }, (_, i) => `user${i}`)
    const results = await Promise.all(names.map((name) => login(instance, name)))
    expect(results.map((result) => (result.outcome === 'accept' ? result.account : ''))).to.deep.equal(names)
    expect(peer.connections).to.be.at.most(32)
  })

  it('rejects an account that can not be sent, without asking', async () => {
    const peer = await server((_, response) => response.end())
    const instance = await make(peer.origin, { headers: { 'x-user': '${account}' } })
    expect(await login(instance, 'ann\r\nx-admin: 1')).to.deep.equal({
      outcome: 'reject',
      reason: 'a value can not stand in the header x-user',
    })
    expect(peer.received).to.have.length(0)
  })

  it('asks without credentials only when anonymous is true', async () => {
    const peer = await server((_, response) => response.end())
    expect((await login(await make(peer.origin), '')).outcome).to.equal('pass')
    expect(peer.received).to.have.length(0)
    expect((await login(await make(peer.origin, { anonymous: true }), '')).outcome).to.equal('accept')
  })
})
