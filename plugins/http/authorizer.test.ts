import { expect } from 'chai'
import { type Authorizer, CLAIMS, deny, grant, pass } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import { type Handler, json, serve, type TestServer } from '../../test/support/http-server.ts'
import plugin from './authorizer.ts'

let opa: TestServer
let gone: TestServer

/** As OPA's data API answers: {"result": ...}, without `result` where the policy defines none. */
before(async () => {
  opa = await serve(({ method, url, body }, response) => {
    if (method !== 'POST' || url !== '/v1/data/registry/decision') return json(response, 404, {})
    const { account, name, actions, labels } = JSON.parse(body).input
    if (account === 'constructor') return json(response, 200, { result: actions })
    if (account === 'admin') return json(response, 200, { result: true })
    if (account === 'stranger') return json(response, 200, {})
    if (name.startsWith('other/')) return json(response, 200, { result: null })
    if (labels.group?.includes('dev')) return json(response, 200, { result: ['pull', 'push', 'delete'] })
    json(response, 200, { result: name === `${account}/app` ? ['pull'] : false })
  })
  gone = await serve(() => {})
  await gone.close()
})
after(() => opa.close())

const options = (origin: string) => ({
  url: `${origin}/v1/data/registry/decision`,
  json: { input: { account: '${account}', name: '${name}', actions: '${actions}', labels: '${labels}' } },
  pass: 'request.name.startsWith("public/")',
  deny: 'body.result == "never"',
  grant: 'body.result',
})
const repository = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
const url = 'http://127.0.0.1:1/'

conformance(plugin, {
  options: () => options(opa.origin),
  invalid: [
    { options: { url }, path: 'grant', message: /CEL expression/ },
    { options: { grant: 'true' }, path: 'url', message: /must be text/ },
    { options: { url: 'http://${name}/', grant: 'true' }, path: 'url', message: /choose the server/ },
    { options: { url, grant: 'true', json: { a: 'x ${actions}' } }, path: 'json.a', message: /whole text/ },
    { options: { url, grant: 'true', json: {}, method: 'GET' }, path: 'json', message: /write method: POST/ },
    {
      options: { url, grant: 'true', headers: { a: '${labels}' } },
      path: 'headers.a',
      message: /no placeholder/,
    },
    { options: { url, grant: 'request.nam' }, path: 'grant', message: /No such key: nam/ },
    { options: { url, grant: 'true', deny: '"no"' }, path: 'deny', message: /true or false is needed/ },
  ],
  decisions: [
    { account: 'admin', resource: repository('x', 'pull', 'push'), expect: grant(['pull', 'push']) },
    { account: 'bob', resource: repository('bob/app', 'pull', 'push'), expect: grant(['pull']) },
    {
      account: 'bob',
      labels: { group: ['dev'] },
      resource: repository('x', 'push', 'pull'),
      expect: grant(['push', 'pull']),
    },
    { account: 'bob', labels: { group: ['dev'] }, resource: repository('x', '*'), expect: grant([]) },
    { account: 'constructor', resource: repository('x', 'pull'), expect: grant(['pull']) },
    { account: 'bob', resource: repository('else/app', 'pull'), expect: deny() },
    { account: 'bob', resource: repository('other/app', 'pull'), expect: deny() },
    { account: 'stranger', resource: repository('x', 'pull'), expect: deny() },
    { account: 'bob', resource: repository('public/app', 'pull'), expect: pass },
  ],
  unavailable: { options: () => options(gone.origin) },
})

describe('http, as an authorizer', () => {
  const open: { close?(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close?.()
  })

  async function setUp(handle: Handler, options: object) {
    const peer = await serve(handle)
    const parsed = plugin.options.parse({ url: `${peer.origin}/decide`, grant: 'body.ok', ...options })
    const instance = (await plugin.create(parsed, testHost())) as Authorizer
    open.push(instance, peer)
    const request = testRequest({
      account: 'ann',
      labels: { group: ['dev'] },
      service: 'reg',
      client: { ip: '10.0.0.1', id: 'docker' },
    })
    return {
      peer,
      request,
      decide: async (name = 'ann/app', actions = ['pull', 'push']) =>
        instance.authorize(repository(name, ...actions), request),
    }
  }

  const rules: [string, object, object, string | undefined][] = [
    ['both', { rule: 'body.rule', reason: 'body.why' }, { rule: 'r1', why: 'own\nname' }, 'r1 (own name)'],
    ['the rule alone', { rule: 'body.rule', reason: 'body.why' }, { rule: 'r1' }, 'r1'],
    ['the reason alone', { reason: '"because " + body.why' }, { why: 'x' }, 'because x'],
    ['neither where they are missing', { rule: 'body.rule', reason: 'body.why' }, {}, undefined],
    ['neither where they are no texts', { rule: 'body.rule' }, { rule: 7 }, undefined],
    ['neither where they are empty', { rule: 'body.rule' }, { rule: ' ' }, undefined],
    ['no more than 200 characters', { rule: 'body.rule' }, { rule: 'x'.repeat(300) }, 'x'.repeat(200)],
  ]
  for (const [what, given, body, expected] of rules) {
    it(`tells the audit line the rule and the reason: ${what}`, async () => {
      for (const ok of [true, false]) {
        const { decide } = await setUp((_, response) => json(response, 200, { ok, ...body }), given)
        expect(await decide()).to.deep.equal(ok ? grant(['pull', 'push'], expected) : deny(expected))
      }
    })
  }

  it('is ready while ready.url answers with 2xx', async () => {
    let status = 204
    const health = await serve(({ method, url: path }, response) => {
      json(response, method === 'GET' && path === '/healthz' ? status : 404, {})
    })
    open.push(health)
    const given = { url: 'http://127.0.0.1:1/', grant: 'true', ready: { url: `${health.origin}/healthz` } }
    const instance = (await plugin.create(plugin.options.parse(given), testHost())) as Authorizer
    open.push(instance)
    await instance.ready!()
    status = 503
    const error = await instance.ready!().then(
      () => undefined,
      (fault: Error) => fault,
    )
    expect(error?.message).to.equal(`${health.origin}: ready.url answered 503`)
  })

  it('sends the whole question by default', async () => {
    const { peer, decide } = await setUp((_, response) => json(response, 200, { ok: true }), {})
    await decide()
    expect(peer.received[0]).to.include({ method: 'POST', url: '/decide' })
    expect(peer.received[0]!.headers).to.include({ 'content-type': 'application/json' })
    expect(JSON.parse(peer.received[0]!.body)).to.deep.equal({
      account: 'ann',
      type: 'repository',
      name: 'ann/app',
      actions: ['pull', 'push'],
      service: 'reg',
      ip: '10.0.0.1',
      labels: { group: ['dev'] },
    })
  })

  it('asks with GET, the question in the URL and in headers, percent-encoded', async () => {
    const { peer, decide } = await setUp((_, response) => json(response, 200, { ok: ['push'] }), {
      method: 'GET',
      headers: { 'x-account': '${account}' },
    })
    expect(await decide()).to.deep.include(grant(['push']))
    expect(peer.received[0]).to.include({ method: 'GET', body: '' })
    expect(peer.received[0]!.headers).to.include({ 'x-account': 'ann' })
  })

  it('encodes a name in a URL, and denies one that would change the path, unasked', async () => {
    const peer = await serve((_, response) => json(response, 200, { ok: true }))
    const { decide, request } = await setUp(() => {}, {
      url: `${peer.origin}/r/\${name}?a=\${actions}`,
      method: 'GET',
    })
    open.push(peer)
    expect((await decide('a/../b?x=1&y')).outcome).to.equal('grant')
    expect(peer.received[0]!.url).to.equal('/r/a%2F..%2Fb%3Fx%3D1%26y?a=pull%2Cpush')
    expect((await decide('..')).outcome).to.equal('deny')
    expect((await decide('')).outcome).to.equal('deny')
    expect(peer.received).to.have.length(1)
    expect((request.log as unknown as { lines: object[] }).lines).to.have.length(2)
  })

  it('takes who asks for everything for one who asks for what a condition names', async () => {
    const { peer, decide } = await setUp((_, response) => json(response, 200, { ok: true }), {
      deny: '"delete" in request.actions',
    })
    expect(await decide('ann/app', ['pull'])).to.deep.include(grant(['pull']))
    expect((await decide('ann/app', ['*'])).outcome).to.equal('deny')
    expect(JSON.parse(peer.received[1]!.body).actions).to.deep.equal(['*'])
  })

  const verdicts: [string, Handler, object, string][] = [
    ['a false grant', (_, r) => json(r, 200, { ok: false }), {}, 'deny'],
    ['a missing field', (_, r) => json(r, 200, {}), {}, 'deny'],
    ['an empty body', (_, r) => r.end(), {}, 'deny'],
    ['403', (_, r) => json(r, 403, {}), {}, 'deny'],
    ['404', (_, r) => json(r, 404, {}), {}, 'unavailable'],
    ['404 that is an answer', (_, r) => json(r, 404, {}), { deny: 'response.status == 404' }, 'deny'],
    ['405', (_, r) => json(r, 405, {}), {}, 'unavailable'],
    ['409', (_, r) => json(r, 409, {}), {}, 'deny'],
    ['deny before grant', (_, r) => json(r, 200, { ok: true, no: true }), { deny: 'body.no' }, 'deny'],
    ['a missing field in deny', (_, r) => json(r, 200, { ok: true }), { deny: 'body.no' }, 'grant'],
    ['pass before deny', (_, r) => json(r, 200, { no: true }), { pass: 'body.no', deny: 'body.no' }, 'pass'],
    ['a deny that fails', (_, r) => json(r, 200, { ok: true, no: 'x' }), { deny: 'body.no' }, 'unavailable'],
    ['a grant of text', (_, r) => json(r, 200, { ok: 'pull' }), {}, 'unavailable'],
    ['a grant of a number', (_, r) => json(r, 200, { ok: 1 }), {}, 'unavailable'],
    ['a grant of a mixed list', (_, r) => json(r, 200, { ok: ['pull', 1] }), {}, 'unavailable'],
    ['500', (_, r) => json(r, 500, {}), {}, 'unavailable'],
    ['429', (_, r) => json(r, 429, {}), {}, 'unavailable'],
    ['a redirect', (_, r) => r.writeHead(302, { location: '/' }).end(), {}, 'unavailable'],
    ['a body that is not JSON', (_, r) => r.end('yes'), {}, 'unavailable'],
    ['a body that is not JSON with 403', (_, r) => r.writeHead(403).end('no'), {}, 'unavailable'],
    ['a reset', (_, r) => void r.socket!.resetAndDestroy(), {}, 'unavailable'],
  ]
  for (const [what, handle, options, expected] of verdicts) {
    it(`${what}: ${expected}`, async () => {
      const { decide } = await setUp(handle, options)
      const outcome = await decide().then(
        (result) => result.outcome,
        () => 'unavailable',
      )
      expect(outcome).to.equal(expected)
    })
  }
})

describe('http as authorizer: claims', () => {
  let seen: TestServer
  const bodies: unknown[] = []
  before(async () => {
    seen = await serve(({ body }, response) => {
      bodies.push(JSON.parse(body))
      json(response, 200, { ok: true })
    })
  })
  after(() => seen.close())
  beforeEach(() => void bodies.splice(0))

  const ask = async (given: object, claims?: object) => {
    const options = plugin.options.parse({ url: seen.origin, grant: 'body.ok', ...given })
    const instance = (await plugin.create(options, testHost())) as Authorizer
    const request = testRequest({ account: 'ann', ...(claims && { shared: [[CLAIMS, claims]] }) })
    try {
      return (await instance.authorize(repository('a', 'pull'), request)).outcome
    } finally {
      await instance.close?.()
    }
  }

  it('are in the body by default, where there are some', async () => {
    await ask({}, { groups: ['dev'] })
    await ask({})
    expect(bodies).to.have.length(2)
    expect(bodies[0]).to.have.deep.property('claims', { groups: ['dev'] })
    expect(bodies[1]).not.to.have.property('claims')
  })

  it('stand where the body names them, and are null for an account without', async () => {
    const body = { json: { who: '${account}', claims: '${claims}' } }
    await ask(body, { groups: ['dev'] })
    await ask(body)
    expect(bodies).to.deep.equal([
      { who: 'ann', claims: { groups: ['dev'] } },
      { who: 'ann', claims: null },
    ])
  })

  it('are read by expressions, a missing one as empty', async () => {
    const deny = '!("staff" in request.claims.groups)'
    expect(await ask({ deny }, { groups: ['staff'] })).to.equal('grant')
    expect(await ask({ deny }, { sub: 'x' })).to.equal('deny')
  })

  it('can not be judged for an account without, unless it is asked', async () => {
    const deny = '"bad" in request.claims.groups'
    const fault = await ask({ deny }).catch((error: Error) => error.message)
    expect(fault).to.contain('reads claims, and the account has none; ask first: has(request.claims) && ...')
    expect(await ask({ deny: `has(request.claims) && ${deny}` })).to.equal('grant')
  })
})
