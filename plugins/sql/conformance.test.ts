import { grant, pass, Secret } from '../../core/plugin.ts'
import { type ConformanceSuite, conformance, type InvalidCase, testHost } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import { CORRECT_HORSE, DATABASES, type TestDatabase } from '../../test/support/sql-databases.ts'
import authorizer from './authorizer.ts'
import authenticator from './index.ts'
import labeler from './labeler.ts'
import { DATABASE, type OwnDatabase, openOwn } from './shared.ts'

const app = (name: string, ...actions: string[]) => ({ type: 'repository', name, actions })
/** Nobody listens on port 1. */
const gone = {
  postgres: () => ({ database: 'postgres', host: '127.0.0.1', port: 1, user: 'x', name: 'x' }),
  mysql: () => ({ database: 'mysql', host: '127.0.0.1', port: 1, user: 'x', name: 'x' }),
}

const server = { database: 'postgres', user: 'app', name: 'app' }
const url = (text: string, more: object = {}) => ({ database: 'postgres', url: new Secret(text), ...more })

const invalid: InvalidCase[] = [
  { options: {}, path: 'database', message: /postgres/ },
  { options: { database: 'sqlite' }, path: 'file', message: /is missing; write the path/ },
  { options: { database: 'sqlite', file: ':memory:' }, path: 'file', message: /empty database/ },
  { options: { database: 'sqlite', file: 'a.db', host: 'x' }, path: 'host', message: /not for sqlite/ },
  { options: { database: 'sqlite', file: 'no-such.db' }, message: /no-such\.db: there is no such file/ },
  { options: { ...server, file: 'a.db' }, path: 'file', message: /is for sqlite/ },
  { options: { database: 'mysql', name: 'app' }, path: 'user', message: /is missing.*or url/ },
  { options: { database: 'mysql', user: 'app' }, path: 'name', message: /is missing.*or url/ },
  { options: { ...server, port: 0 }, path: 'port', message: />=1/ },
  { options: { ...server, search_path: 'a -c x=y' }, path: 'search_path', message: /without spaces/ },
  { options: { ...server, tls: { key: 'a' } }, path: 'tls', message: /belong together/ },
  { options: { ...server, tls: { ca: 'no-such.pem' } }, message: /no-such\.pem: there is no such file/ },
  { options: { ...server, tls: { ca: 'package.json' } }, message: /holds no PEM certificate/ },
  { options: url('nonsense'), path: 'url', message: /no valid URL; write postgres:\/\/USER/ },
  { options: url('mysql://a:b@c/d'), path: 'url', message: /must begin with postgres:\/\// },
  { options: url('postgres://a:b@c/d?x=y'), path: 'url', message: /parameter after the \?/ },
  {
    options: url('postgres://a:b@c/d?sslmode=prefer'),
    path: 'url',
    message: /unknown sslmode; write one of/,
  },
  { options: url('postgres://a:%@c/d'), path: 'url', message: /write %25/ },
  { options: url('postgres://a:b@c/d', { host: 'x' }), path: 'host', message: /stands beside url/ },
  {
    options: { ...server, query: "SELECT 1 WHERE x = '${account}'" },
    path: 'query',
    message: /inside quotes/,
  },
  { options: { ...server, query: 'SELECT ${acount}' }, path: 'query', message: /did you mean "account"/ },
]

for (const { name, programs, start } of DATABASES) {
  describe(`sql on ${name}`, () => {
    needs(...programs)
    let database: TestDatabase
    before(async () => {
      database = await start()
      await database.sql(
        `INSERT INTO xorm_user (username, password_hash, labels) VALUES
          ('bob', '$2y$04$oldoldoldoldoldoldoldoOldoldoldoldoldoldoldoldoldoldol', '{"group":["old"]}'),
          ('bob', '${CORRECT_HORSE}', '{"group":["dev","ops"]}'),
          ('ann', '${CORRECT_HORSE}', NULL),
          ('constructor', '${CORRECT_HORSE}', '{"site":["berlin"]}'),
          ('broken', '${CORRECT_HORSE.slice(0, -1)}', 'null'),
          ('nohash', '', NULL)`,
        `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES
          (20, '{"Match":{"account":"/.+/","name":"\${account}/*"},"Actions":["*"],"Comment":"Own namespace"}'),
          (10, '{"Match":{"labels":{"group":"ban*"}},"Actions":[],"Comment":null}'),
          (30, '{"match":{"ip":"10.0.0.0/8"},"actions":["pull"]}')`,
      )
    })
    after(() => database?.stop())

    conformance(authenticator, {
      options: () => database.options,
      // They are refused before any database is asked.
      ...(name === 'sqlite' && { invalid }),
      accepts: [
        { account: 'bob', password: 'correct horse', as: 'bob', labels: { group: ['dev', 'ops'] } },
        { account: 'ann', password: 'correct horse', labels: {} },
        { account: 'constructor', password: 'correct horse', labels: { site: ['berlin'] } },
      ],
      rejects: [
        { account: 'bob', password: 'wrong horse' },
        { account: 'broken', password: 'correct horse' },
        { account: 'nohash', password: 'correct horse' },
      ],
      passes: [
        { account: 'nobody', password: 'correct horse' },
        { account: 'bob', password: '' },
        { account: "bob' OR '1'='1", password: 'correct horse' },
        { account: 'bob"; DROP TABLE xorm_user; --', password: 'correct horse' },
        { account: "\\' OR 1=1 -- ", password: 'correct horse' },
        { account: '%', password: 'correct horse' },
        { account: '$1', password: 'correct horse' },
        { account: '?', password: 'correct horse' },
      ],
      ...(name !== 'sqlite' && { unavailable: { options: gone[name] } }),
    })

    const labelled: Pick<ConformanceSuite, 'labels'> = {
      labels: [
        { identity: { account: 'bob' }, expect: { group: ['dev', 'ops'] } },
        { identity: { account: 'ann' }, expect: {} },
        { identity: { account: "x' UNION SELECT '{}' -- " }, expect: {} },
      ],
    }

    const decided: Pick<ConformanceSuite, 'decisions'> = {
      decisions: [
        {
          account: 'ann',
          resource: app('ann/app', 'push', 'pull'),
          expect: grant(['push', 'pull'], 'rule 2 (seq 20: Own namespace)'),
        },
        {
          account: 'ann',
          labels: { group: ['banned'] },
          resource: app('ann/app', 'pull'),
          expect: grant([], 'rule 1 (seq 10)'),
        },
        {
          account: 'ann',
          client: { ip: '10.1.2.3' },
          resource: app('bob/app', 'push', 'pull'),
          expect: grant(['pull'], 'rule 3 (seq 30)'),
        },
        { account: 'ann', resource: app('bob/app', 'pull'), expect: pass },
      ],
    }

    for (const [plugin, cases] of [
      [labeler, labelled],
      [authorizer, decided],
    ] as const) {
      conformance(plugin, {
        options: () => database.options,
        ...cases,
        ...(name !== 'sqlite' && { unavailable: { options: gone[name] } }),
      })
      describe('on the database of another instance', () => {
        const opened: OwnDatabase[] = []
        let own: OwnDatabase
        const open = async (options: object) => {
          const database = await openOwn(authenticator.options.parse(options), testHost())
          opened.push(database)
          return database
        }
        before(async () => {
          own = await open(database.options)
        })
        after(() => Promise.all(opened.map((one) => one.close())))

        conformance(plugin, {
          host: () => testHost({ shared: [[DATABASE, own]] }),
          options: () => ({}),
          invalid: Object.entries({
            ...server,
            port: 1,
            connections: 1,
            tls: true,
            search_path: 'x',
          }).flatMap(([path, value]) =>
            path === 'database'
              ? []
              : [{ options: { [path]: value }, path, message: /write database too, or remove it/ }],
          ),
          ...cases,
        })
      })
    }
  })
}
