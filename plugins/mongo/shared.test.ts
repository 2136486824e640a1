// One client for users and rules, on a whole server.
import { expect } from 'chai'
import { startWireServer, type WireServer } from '../../test/support/mongo-wire.ts'
import { startTestServer } from '../../test/support/server.ts'

const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse
const users = (addrs: string[], more: object = {}) => ({
  plugin: 'mongo',
  id: 'users',
  options: { addrs, database: 'd', collection: 'users', ...more },
})
const rules = (options: object) => ({
  plugin: 'mongo',
  id: 'rules',
  options: { collection: 'acl', ...options },
})

describe('mongo: one client for all', () => {
  let server: WireServer
  before(async () => {
    server = await startWireServer()
    server.collections.set('users', [{ username: 'ann', password: HASH }])
    server.collections.set('acl', [{ seq: 1, match: { account: 'ann' }, actions: ['pull'] }])
  })
  after(() => server.close())
  beforeEach(() => {
    server.commands.splice(0)
  })

  const cases: [string, (own: object) => object, string, number][] = [
    ['rules on the connections of users', () => ({}), 'd', 1],
    ['rules in another database there', () => ({ database: 'other' }), 'other', 1],
    ['rules on connections of their own', (own) => own, 'd', 2],
  ]
  for (const [title, options, database, connections] of cases) {
    it(title, async () => {
      const own = { addrs: [server.address], database: 'd' }
      await using instance = await startTestServer({
        config: {
          authenticators: [users([server.address], { connections: 1 })],
          authorizers: [rules(options(own))],
        },
      })
      const query = { service: 's', scope: 'repository:app:pull,push' }
      const { access } = await instance.token({ user: ['ann', 'correct horse'], query })
      expect(access).to.deep.equal(['repository:app:pull'])
      expect((await instance.send({ path: '/readyz' })).status).to.equal(200)
      expect(server.busy.size).to.equal(connections)
      const found = server.commands.filter(({ find }) => find === 'acl')
      expect(new Set(found.map(({ $db }) => $db))).to.deep.equal(new Set([database]))
    })
  }

  const faults: [string, object, string][] = [
    [
      'nobody has one',
      {
        authenticators: [{ plugin: 'static', options: { users: { ann: { any_password: true } } } }],
        authorizers: [rules({})],
      },
      'authorizers[0]: needs mongo/deployment (deployment), which no other instance provides; write addrs in its options, or add an instance of the plugin mongo',
    ],
    [
      'half of a connection',
      { authenticators: [users(['127.0.0.1:1'])], authorizers: [rules({ connections: 2 })] },
      'authorizers[0].options.connections: belongs to a connection of its own: write addrs too, or remove it',
    ],
  ]
  for (const [title, config, message] of faults) {
    it(`is told at load: ${title}`, async () => {
      const told = await startTestServer({ config }).then(
        async (instance) => `it started: ${await instance.stop()}`,
        (error: Error) => error.message,
      )
      expect(told).to.contain(message)
    })
  }
})
