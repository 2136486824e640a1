// The http plugin as a labeler, with a real directory.
import { expect } from 'chai'
import { type Identity, type Labeler, Secret } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import { type Handler, json, serve, type TestServer } from '../../test/support/http-server.ts'
import plugin from './labeler.ts'

let directory: TestServer
let gone: TestServer

before(async () => {
  directory = await serve(({ url, headers }, response) => {
    if (headers['x-key'] !== 'key of the test') return void response.writeHead(403).end()
    const account = decodeURIComponent(url.slice('/users/'.length))
    if (account === 'nobody') return void response.writeHead(404).end('no such user')
    json(response, 200, { id: account, teams: ['dev', 7], site: account === 'ann' ? 'berlin' : null })
  })
  gone = await serve(() => {})
  await gone.close()
})
after(() => directory.close())

const options = (origin: string) => ({
  url: `${origin}/users/\${account}`,
  headers: { 'X-Key': 'key of the test' },
  labels: { team: 'body.teams', site: 'body.site', who: 'body.id + "/" + request.authenticator' },
})
const url = 'http://127.0.0.1:1/'
const labels = { a: 'body.a' }

conformance(plugin, {
  options: () => options(directory.origin),
  invalid: [
    { options: { labels }, path: 'url', message: /must be text/ },
    { options: { url }, path: 'labels', message: /expected record/ },
    { options: { url, labels: {} }, path: 'labels', message: /one label at least/ },
    { options: { url, labels: { a: 'bdy' } }, path: 'labels.a', message: /did you mean "body"/ },
    { options: { url: `${url}\${password}`, labels }, path: 'url', message: /no placeholder \$\{password\}/ },
    { options: { url: `${url}\${labels}`, labels }, path: 'url', message: /no placeholder \$\{labels\}/ },
    {
      options: { url, labels, json: { a: 'x ${labels}' } },
      path: 'json.a',
      message: /must be the whole text/,
    },
    { options: { url, labels, json: {}, form: {} }, path: 'form', message: /one body/ },
    { options: { url, labels, basic: {} }, path: 'basic.password', message: /must be text/ },
    { options: { url, labels, none: 'response.status' }, path: 'none', message: /true or false is needed/ },
    { options: { url, labels, reject: 'true' }, path: '', message: /reject/ },
    { options: { url, labels, tls: { ca: 'no-such.pem' } }, message: /no-such\.pem: there is no such file/ },
  ],
  labels: [
    {
      identity: { account: 'ann', authenticator: 'corp' },
      expect: { team: ['dev', '7'], site: ['berlin'], who: ['ann/corp'] },
    },
    { identity: { account: 'a/../b?c#d é' }, expect: { team: ['dev', '7'], who: ['a/../b?c#d é/test'] } },
    { identity: { account: 'constructor' }, expect: { team: ['dev', '7'], who: ['constructor/test'] } },
    { identity: { account: 'nobody' }, expect: {} },
    { identity: { account: '' }, expect: {} },
  ],
  unavailable: { options: () => options(gone.origin) },
})

describe('the http labeler', () => {
  const open: { close?(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close?.()
  })

  /** What the labeler makes of one answer. */
  async function ask(answer: Handler, given: object = {}, identity: Partial<Identity> = {}, timeout = 5_000) {
    const peer = await serve(answer)
    open.push(peer)
    const parsed = plugin.options.parse({ url: `${peer.origin}/x`, labels: { team: 'body.teams' }, ...given })
    const instance: Labeler = await plugin.create(parsed, testHost())
    open.unshift(instance)
    const who = { account: 'ann', labels: {}, authenticator: 'corp', ...identity }
    const found = instance.label(
      who,
      testRequest({ service: 'reg', client: { ip: '10.0.0.1', id: 'docker' }, timeout }),
    )
    return Promise.resolve(found).then(
      (labels) => ({ labels: { ...labels }, error: '', received: peer.received }),
      ({ message }: Error) => ({
        labels: undefined,
        error: message.replace(peer.origin, 'ORIGIN'),
        received: peer.received,
      }),
    )
  }

  for (const status of [302, 400, 401, 403, 405, 406, 410, 421, 429, 500, 503]) {
    it(`takes the status ${status} for an outage, never for no labels`, async () => {
      const { error } = await ask((_, response) => response.writeHead(status, { location: '/' }).end('{}'))
      expect(error).to.match(new RegExp(`^ORIGIN: answered ${status}`))
    })
  }

  const outages: [string, Handler, object, RegExp][] = [
    [
      'a body that is not JSON',
      (_, response) => response.end('<p>'),
      {},
      /^ORIGIN: answered 200 with a body that is not JSON$/,
    ],
    [
      'labels of another form',
      (_, response) => json(response, 200, { teams: [{}] }),
      {},
      /^ORIGIN: label "team"/,
    ],
    [
      'a condition that fails',
      (_, response) => json(response, 200, { n: 'x' }),
      { none: 'int(body.n) == 1' },
      /the expression .* fails/,
    ],
    ['a connection that is cut', (_, response) => response.destroy(), {}, /ORIGIN|127\.0\.0\.1/],
  ]
  for (const [what, answer, given, message] of outages) {
    it(`fails on ${what}`, async () => {
      const { labels, error } = await ask(answer, given)
      expect(labels).to.equal(undefined)
      expect(error).to.match(message)
    })
  }

  it('ends with its time when the service says nothing', async () => {
    const { error } = await ask(() => {}, {}, {}, 100)
    expect(error).to.match(/no answer in time/)
  })

  it('sends what is known, each at its place', async () => {
    const { labels, received } = await ask(
      (_, response) => json(response, 200, { code: 0, teams: 'red' }),
      {
        json: {
          who: '${account}',
          by: '${authenticator}',
          from: '${ip} ${client_id} ${service}',
          has: '${labels}',
        },
        basic: { username: 'robot', password: new Secret('robot password') },
        none: 'body.code == 2',
        accept: 'body.code == 0 && "dev" in request.labels.group',
      },
      { labels: { group: ['dev'] } },
    )
    expect(labels).to.deep.equal({ team: ['red'] })
    const [{ method, headers, body }] = received as [(typeof received)[number]]
    expect(method).to.equal('POST')
    expect(headers.authorization).to.equal(`Basic ${btoa('robot:robot password')}`)
    expect(JSON.parse(body)).to.deep.equal({
      who: 'ann',
      by: 'corp',
      from: '10.0.0.1 docker reg',
      has: { group: ['dev'] },
    })
  })

  it('asks about requests without credentials only when it should', async () => {
    const answer: Handler = (_, response) => json(response, 200, { teams: 'guests' })
    const left = await ask(answer, {}, { account: '' })
    expect([left.labels, left.received.length]).to.deep.equal([{}, 0])
    expect((await ask(answer, { anonymous: true }, { account: '' })).labels).to.deep.equal({
      team: ['guests'],
    })
  })

  it('does not ask about an account that can not be sent, and does not take it for one without labels', async () => {
    const { error, received } = await ask(
      (_, response) => json(response, 200, {}),
      { headers: { 'x-user': '${account}' } },
      { account: 'é' },
    )
    expect(error).to.match(
      /^ORIGIN: not asked: a value can not stand in the header x-user; put it into `json`/,
    )
    expect(received).to.have.length(0)
  })
})
