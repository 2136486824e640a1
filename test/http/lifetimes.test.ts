// How long tokens are good, and for which services they are made.
import { expect } from 'chai'
import { startTestServer, type TestInstance } from '../support/server.ts'

const everybody = {
  authenticators: [{ plugin: 'static', options: { users: { '': {} } } }],
  authorizers: [
    {
      plugin: 'acl',
      options: {
        rules: [
          { match: { name: 'team/*' }, actions: ['pull', 'push'] },
          { match: { name: 'own/*' }, actions: ['*'] },
        ],
      },
    },
  ],
}

function start(token: object): Promise<TestInstance> {
  return startTestServer({ config: { token, ...everybody } })
}

describe('the lifetime of a token', () => {
  let server: TestInstance
  before(async () => {
    server = await start({
      // Of two that grant the same, the second has what is left of the first.
      reuse: 0,
      expiration: '15m',
      expiration_for: { push: '1h', pull: '5m' },
      services: ['registry', { name: 'builds', expiration: '2m', expiration_for: { push: '3h' } }],
    })
  })
  after(() => server.stop())

  const cases: [service: string, scope: string, seconds: number][] = [
    ['registry', 'repository:team/a:pull', 300],
    ['registry', 'repository:team/a:pull,push', 3600],
    ['registry', 'repository:team/a:push', 3600],
    ['registry', 'repository:own/a:*', 3600],
    ['registry', 'repository:own/a:delete', 900],
    ['registry', 'repository:team/a:*', 900],
    ['registry', 'repository:other:pull,push', 900],
    ['registry', '', 900],
    ['builds', 'repository:team/a:push', 10_800],
    ['builds', 'repository:team/a:pull', 300],
    ['builds', 'repository:own/a:*', 10_800],
    ['builds', '', 120],
  ]
  for (const [service, scope, seconds] of cases) {
    it(`is ${seconds} s for ${scope || 'a login'} at ${service}, in the token and beside it`, async () => {
      const { claims, json } = await server.token({ query: { service, scope } })
      expect(json.expires_in).to.equal(seconds)
      const issued = Date.parse(json.issued_at) / 1000
      expect(claims).to.include({ iat: issued - 10, nbf: issued - 10, exp: issued + seconds })
    })
  }
})

describe('a service that tokens are not made for', () => {
  it('is a 400 that quotes it, before anybody is asked', async () => {
    await using server = await start({ services: ['registry'] })
    for (const [service, message] of [
      ['other', /^service "other" is none /],
      ['', /^service is missing/],
    ] as const) {
      const { status, json } = await server.token({ user: ['alice', 'wrong canary'], query: { service } })
      expect(status).to.equal(400)
      expect(json.errors[0].message).to.match(message)
      expect(server.audits().at(-1)).to.include({ status: 400 })
    }
    expect((await server.token({ query: { service: 'registry' } })).claims!.aud).to.equal('registry')
  })
})
