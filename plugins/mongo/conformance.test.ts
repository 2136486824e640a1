import { grant, pass, Secret } from '../../core/plugin.ts'
import { conformance, type DecisionCase, testHost } from '../../core/testing/index.ts'
import { freePort } from '../../test/support/free-port.ts'
import { mongoServers } from '../../test/support/mongo-server.ts'
import authorizer from './authorizer.ts'
import { type Mongo, openMongo } from './connection.ts'
import authenticator from './index.ts'
import { DEPLOYMENT } from './shared.ts'

const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse
const PASSWORD = 'correct horse'
const CONNECTION = { addrs: ['127.0.0.1:1'], database: 'd', collection: 'c' }

/** A port that nobody listens on. */
let closed: string
before(async () => {
  closed = `127.0.0.1:${await freePort()}`
})

const invalid = [
  { options: { ...CONNECTION, addrs: [] }, path: 'addrs', message: /one server at least/ },
  { options: { ...CONNECTION, addrs: ['u:p@host'] }, path: 'addrs.0', message: /write HOST or HOST:PORT/ },
  {
    options: { ...CONNECTION, addrs: ['mongodb://host'] },
    path: 'addrs.0',
    message: /write HOST or HOST:PORT/,
  },
  { options: { ...CONNECTION, database: '' }, path: 'database', message: /must be a name/ },
  { options: { ...CONNECTION, username: 'u' }, path: 'password', message: /missing beside username/ },
  {
    options: { ...CONNECTION, password: new Secret('p') },
    path: 'username',
    message: /missing beside the password/,
  },
  {
    options: { ...CONNECTION, username: 'u', password: new Secret('p'), password_file: 'f' },
    path: 'password_file',
    message: /stands beside password/,
  },
  {
    options: { ...CONNECTION, username: 'u', password_file: 'none' },
    message: /none: there is no such file/,
  },
  { options: { ...CONNECTION, addrs: ['a', 'b'], direct: true }, path: 'direct', message: /for one server/ },
  { options: { ...CONNECTION, tls: { key: 'k' } }, path: 'tls', message: /certificate and key/ },
  { options: { ...CONNECTION, tls: { ca: 'none.pem' } }, message: /none\.pem: there is no such file/ },
  { options: { ...CONNECTION, timeout: '1h' }, path: 'timeout', message: /between 0\.1 and 60 seconds/ },
  { options: { ...CONNECTION, collection: '' }, path: 'collection', message: /must be a name/ },
]

for (const server of mongoServers()) {
  describe(`with ${server.name}`, () => {
    before(async function () {
      this.timeout(20_000)
      await server.start({
        users: [
          { username: 'ann', password: HASH, labels: { group: ['dev', 'ops'], site: 'berlin' } },
          { username: 'bob', password: HASH },
          { username: 'constructor', password: HASH, labels: null },
          { username: 'open', labels: { group: ['dev'] } },
          { username: 'plain', password: PASSWORD },
        ],
        acl: [
          { seq: 30, match: { account: '/.+/' }, actions: ['pull'], comment: 'all can pull' },
          { seq: 10, match: { account: 'test', name: 'test-*' }, actions: ['*'] },
          { seq: 20, match: { account: 'test' }, actions: [] },
          { seq: 15, match: { labels: { group: 'admin' } }, actions: ['*'], comment: 'administrators' },
        ],
      })
    })
    after(() => server.stop())

    const unavailable = {
      options: () => ({ ...server.options(), addrs: [closed], collection: 'c', timeout: 0.2 }),
    }

    conformance(authenticator, {
      options: () => ({ ...server.options(), collection: 'users' }),
      invalid: [{ options: {}, path: 'addrs', message: /expected array/ }, ...invalid],
      accepts: [
        { account: 'ann', password: PASSWORD, labels: { group: ['dev', 'ops'], site: ['berlin'] } },
        { account: 'bob', password: PASSWORD, labels: {} },
        { account: 'constructor', password: PASSWORD, labels: {} },
      ],
      rejects: [
        { account: 'ann', password: 'wrong horse' },
        // docker_auth would let anybody in.
        { account: 'open', password: PASSWORD },
        { account: 'plain', password: PASSWORD },
      ],
      passes: ['eve', 'ANN', '{"$ne":null}', '$where', 'ann\u0000', '/.*/'].map((account) => ({
        account,
        password: PASSWORD,
      })),
      unavailable,
    })

    const image = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
    const decisions: DecisionCase[] = [
      { account: 'test', resource: image('test-a', 'push'), expect: grant(['push'], 'rule 1 (seq 10)') },
      { account: 'test', resource: image('a', 'pull'), expect: grant([], 'rule 3 (seq 20)') },
      {
        account: 'ann',
        resource: image('a', 'pull', 'push'),
        expect: grant(['pull'], 'rule 4 (seq 30: all can pull)'),
      },
      {
        account: 'ann',
        labels: { group: ['admin'] },
        resource: image('a', 'push'),
        expect: grant(['push'], 'rule 2 (seq 15: administrators)'),
      },
      { account: '', resource: image('a', 'pull'), expect: pass },
    ]
    conformance(authorizer, {
      options: () => ({ ...server.options(), collection: 'acl' }),
      invalid: [
        ...invalid,
        { options: { ...CONNECTION, cache_ttl: 0 }, path: 'cache_ttl', message: /at least 1 second/ },
      ],
      decisions,
      unavailable,
    })

    describe('on the servers of another instance', () => {
      let mongo: Mongo
      before(() => {
        const options = authenticator.options.parse({ ...server.options(), collection: 'users' })
        mongo = openMongo({ ...options, database: server.name }, testHost())
      })
      after(() => mongo.close())

      conformance(authorizer, {
        host: () => testHost({ shared: [[DEPLOYMENT, mongo]] }),
        options: () => ({ database: (server.options() as { database: string }).database, collection: 'acl' }),
        invalid: [
          { options: {}, path: 'collection', message: /expected string/ },
          {
            options: { addrs: ['a'], collection: 'acl' },
            path: 'database',
            message: /is missing beside addrs/,
          },
          ...Object.entries({
            username: 'u',
            password: new Secret('p'),
            password_file: 'f',
            auth_source: 'admin',
            direct: false,
            tls: {},
            timeout: '3s',
            connections: 16,
          }).map(([path, value]) => ({
            options: { collection: 'acl', [path]: value },
            path,
            message: /belongs to a connection of its own: write addrs too, or remove it/,
          })),
        ],
        decisions,
      })
    })
  })
}
