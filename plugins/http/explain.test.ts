// What is sent and what comes back, in words: without passwords, and without what the configuration holds secret.
import { expect } from 'chai'
import { type Explained, NO_LABELS, Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { json, serve, type TestServer } from '../../test/support/http-server.ts'
import authorizer from './authorizer.ts'
import authenticator from './index.ts'
import labeler from './labeler.ts'

const KEY = 'k3y-of-the-configuration'
const PASSWORD = 'horse/battery 7'

describe('http explains', () => {
  let server: TestServer
  let gone: TestServer
  before(async () => {
    server = await serve(({ url }, response) => {
      if (url.startsWith('/text')) return response.writeHead(200).end('hello')
      if (url.startsWith('/down')) return json(response, 503, {})
      const session = 'aB3dE5gH7jK9mN1pQ3sT5'
      json(response, 200, { allow: ['pull'], groups: ['dev'], access_token: 'short', session })
    })
    gone = await serve(() => {})
    await gone.close()
  })
  after(() => server.close())

  const url = (path: string) => `${server.origin}${path}`
  async function told(explaining: Promise<Explained<unknown>>): Promise<string[]> {
    const failed = (error: Error & { why?: string[] }) => ({
      why: [...error.why!, `fails: ${error.message}`],
    })
    const { why } = await explaining.catch(failed)
    for (const text of why)
      for (const secret of [KEY, PASSWORD, encodeURIComponent(PASSWORD)]) expect(text).not.to.include(secret)
    return why.map((text) => text.replaceAll(server.origin, 'ORIGIN').replaceAll(gone.origin, 'GONE'))
  }
  const ANSWER = '{"allow":["pull"],"groups":["dev"],"access_token":"***","session":"***"}'

  async function decide(options: object): Promise<string[]> {
    const instance = await authorizer.create(authorizer.options.parse(options), testHost())
    const resource = { type: 'repository', name: 'a/b', actions: ['pull', 'push'] }
    return await told(
      instance.explain!(resource, testRequest({ account: 'ann', client: { ip: '192.0.2.1' } })),
    )
  }

  it('a decision', async () => {
    const headers = { 'X-Api-Key': new Secret(KEY) }
    const rules = { pass: 'request.name == "x"', deny: 'body.denied', grant: 'body.allow' }
    expect(await decide({ url: url('/v1/${account}?key=${name}'), headers, ...rules })).to.deep.equal([
      'asks POST ORIGIN/v1/ann with account "ann", name "a/b", type "repository", actions ["pull","push"], service "", ip "192.0.2.1", client_id "", labels {}',
      `it answers 200 with ${ANSWER}`,
      'pass is false: request.name == "x"',
      'deny is not true, a field is not there: body.denied',
      'grant is ["pull"]: body.allow',
    ])
  })

  it('of an address that is a secret, whose it is', async () => {
    const why = await decide({ url: new Secret(url(`/hooks/${KEY}`)), method: 'GET', grant: 'true' })
    expect(why[0]).to.equal('asks GET ORIGIN/...')
  })

  const failing: [string, () => string, RegExp][] = [
    ['what is no JSON', () => url('/text'), /fails: ORIGIN: answered 200 with a body that is not JSON/],
    ['an outage', () => url('/down'), /fails: ORIGIN: answered 503/],
    ['nobody there', () => `${gone.origin}/`, /fails: GONE/],
  ]
  for (const [name, where, expected] of failing) {
    it(`${name}, with what was asked before`, async () => {
      const why = await decide({ url: where(), grant: 'body.allow' })
      expect(why[0]).to.match(/^asks POST/)
      expect(why.at(-1)).to.match(expected)
    })
  }

  it('a login, without its password', async () => {
    const options = authenticator.options.parse({
      url: url('/login/${password}'),
      basic: {},
      json: { user: '${account}', secret: '${password}', key: new Secret(KEY) },
      labels: { group: 'body.groups' },
    })
    const instance = await authenticator.create(options, testHost())
    const credentials = { kind: 'password', account: 'ann', password: new Secret(PASSWORD) } as const
    expect(await told(instance.explain!(credentials, testRequest()))).to.deep.equal([
      'asks POST ORIGIN/login/*** with password ***, account "ann"',
      `it answers 200 with ${ANSWER}`,
      'accept is true: response.status >= 200 && response.status < 300',
    ])
  })

  it('labels', async () => {
    const options = labeler.options.parse({ url: url('/${account}'), labels: { group: 'body.groups' } })
    const instance = await labeler.create(options, testHost())
    const identity = { account: 'ann', authenticator: 'corp', labels: NO_LABELS }
    expect(await told(instance.explain!(identity, testRequest()))).to.deep.equal([
      'asks GET ORIGIN/ann with account "ann"',
      `it answers 200 with ${ANSWER}`,
      'none is false: response.status == 404',
      'accept is true: response.status >= 200 && response.status < 300',
    ])
  })
})
