// Requests at the same time never see each other's labels, accounts or access.
import { expect } from 'chai'
import { BARRIER, OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const COUNT = 1_000

describe('a thousand requests in flight at once', () => {
  let server: TestInstance

  before(async () => {
    server = await startTestServer({
      config: {
        authenticators: [scripted.authenticator('yes', { answer: { outcome: 'accept' } })],
        // Nobody is answered before all have been labelled.
        labelers: [{ plugin: BARRIER, timeout: '60s', options: { count: COUNT } }],
        authorizers: [{ plugin: OWNERS }],
      },
    })
  })

  after(() => server.stop())

  it('each get the access of their own labels, and nobody else’s', async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `user${index}`)
    const answers = await Promise.all(
      names.map((name, index) => {
        const neighbour = names[(index + 1) % COUNT]
        const scope = [`repository:team-of-${name}/app:pull`, `repository:team-of-${neighbour}/app:pull`]
        return server.token({
          user: [name, `canary password of ${name}`],
          query: { scope, service: `registry of ${name}` },
        })
      }),
    )
    for (const [index, { claims, access }] of answers.entries()) {
      const name = names[index]!
      const neighbour = names[(index + 1) % COUNT]
      expect(claims).to.include({ sub: name, aud: `registry of ${name}` })
      expect(access).to.deep.equal([
        `repository:team-of-${name}/app:pull`,
        `repository:team-of-${neighbour}/app:`,
      ])
    }
    expect(new Set(answers.map(({ claims }) => claims!.jti)).size).to.equal(COUNT)
    const ids = server.audits().map(({ request }) => request)
    expect(new Set(ids).size).to.equal(COUNT)
  })
})
