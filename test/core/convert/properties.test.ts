// Random configurations in docker_auth's form: whatever they hold, the native file says and decides the same.
import { expect } from 'chai'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { runs, timeFor } from '../../support/properties.ts'
import { converted, proofOf } from './steps.ts'

const word = fc.constantFrom(
  'alice',
  'bob',
  'team',
  'a/b',
  'x y',
  '007',
  'yes',
  'null',
  '~',
  '*',
  'é',
  "it's",
  'a: b',
  '#c',
  '',
)
const pattern = fc.oneof(
  word,
  fc.constantFrom(
    ...[
      'team/*',
      'team/**',
      '**',
      '/^(.+)@x$/',
      '/.+/',
      '${account}',
      '${account}/*',
      '${account:1}/**',
      '${labels:group}/*',
    ],
    ...['[a-c]*', '[', String.raw`\**`, '${name}', '{labels:group}', '/a|b/', '//', '${x}'],
  ),
)
const labels = fc.dictionary(fc.constantFrom('group', 'team', '007'), fc.array(word, { maxLength: 3 }), {
  maxKeys: 2,
})
const match = fc.record(
  {
    account: pattern,
    type: fc.constantFrom('repository', 'registry', 'r*'),
    name: pattern,
    service: word,
    ip: fc.constantFrom('10.0.0.0/8', '::1', '127.0.0.1'),
    labels: fc.dictionary(fc.constantFrom('group', 'team'), pattern, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
)
const rule = fc.record(
  {
    match,
    actions: fc.oneof(
      fc.constant(['*']),
      fc.array(fc.constantFrom('pull', 'push', 'delete', '*', 'yes', '007'), { maxLength: 3 }),
    ),
    comment: fc.constantFrom('why', '# no comment', 'a: b', 'two\nlines\n', ''),
  },
  { requiredKeys: ['match', 'actions'] },
)
const user = fc.record(
  {
    password: fc.constantFrom('$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm', 'no hash'),
    labels,
  },
  { requiredKeys: [] },
)
const path = fc.constantFrom('/ssl/a.pem', 'ssl/a.pem', './a.pem', '../a b.pem', 'ü.pem')
const database = fc.record({
  database_type: fc.constant('mysql'),
  conn_string: fc.constantFrom('u:geheim@tcp(db:3306)/d', 'u:geheim@/d?tls=skip-verify'),
})
const dial = fc.record(
  {
    addrs: fc.constant(['m:27017']),
    database: word.filter((text) => text !== ''),
    username: fc.constant('u'),
    password: fc.constant('geheim'),
    timeout: fc.constantFrom('10s', '0s'),
    enable_tls: fc.boolean(),
  },
  { requiredKeys: ['addrs', 'database', 'username', 'password'] },
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })
const configuration = fc.record({
  server: fc.record(
    {
      addr: fc.constantFrom(':5001', '127.0.0.1:5001', '[::1]:0'),
      net: fc.constant('tcp'),
      path_prefix: fc.constantFrom('', '/auth', '/x/'),
      certificate: path,
      key: path,
      hsts: fc.boolean(),
      tls_min_version: fc.constantFrom('TLS12', 'TLS10', '0x0304'),
      real_ip_header: fc.constant('X-Real-IP'),
      real_ip_pos: fc.integer({ min: -2, max: 2 }),
    },
    { requiredKeys: ['addr', 'certificate', 'key'] },
  ),
  token: fc.record(
    {
      issuer: fc.constantFrom('x', 'Auth Service', '007', "it's"),
      expiration: fc.constantFrom(900, 30, 1e12),
      disable_legacy_key_id: fc.boolean(),
      x5c: fc.boolean(),
    },
    { requiredKeys: ['issuer', 'expiration'] },
  ),
  users: fc.dictionary(word, user, { maxKeys: 4 }),
  github_auth: optional(
    fc.record({
      client_id: fc.constant('a'),
      client_secret: fc.constant('geheim'),
      organization: fc.constantFrom('acme', 'a-b', ''),
      http_timeout: fc.constantFrom('10s', '90s', '1ms'),
      revalidate_after: fc.constantFrom('1h', '1h30m', '5'),
    }),
  ),
  ldap_auth: optional(
    fc.record({
      addr: fc.constantFrom('l:389', 'l:636'),
      tls: fc.constantFrom('none', 'starttls', 'always'),
      base: word,
      filter: fc.constant('(uid=${account})'),
      ca_certificate: path,
    }),
  ),
  mongo_auth: optional(fc.record({ dial_info: dial, collection: fc.constant('users') })),
  xorm_auth: optional(database),
  ext_auth: optional(
    fc.record({
      command: fc.constantFrom('sh', '/bin/sh', './x.sh', 'bin/x'),
      args: fc.array(word, { maxLength: 2 }),
    }),
  ),
  acl: fc.array(rule, { maxLength: 6 }),
  acl_xorm: optional(database.map((given) => ({ ...given, cache_ttl: '1m' }))),
  acl_mongo: optional(
    fc.record({ dial_info: dial, collection: fc.constant('acl'), cache_ttl: fc.constantFrom('1m', '90s') }),
  ),
  casbin_authz: optional(fc.record({ model_path: path, policy_path: path })),
})

/** Ways in which the same values are written. */
const style = fc.record({
  defaultKeyType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const),
  defaultStringType: fc.constantFrom('QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
  indent: fc.constantFrom(2, 4),
})

describe('a random configuration of docker_auth, converted', () => {
  it('says and decides the same, and shows no secret', async () => {
    const property = fc.asyncProperty(configuration, style, async (given, how) => {
      const text = stringify(given, { ...how, version: '1.1', aliasDuplicateObjects: false })
      for (const target of [{}, { file: 'etc/new.yml', secrets: { folder: 'etc/secrets' } }]) {
        const { differences, decisions } = await proofOf(text, 60, target)
        expect({ differences, changes: decisions.changes }).to.deep.equal({ differences: [], changes: [] })
      }
      expect((await converted(text)).text).not.to.contain('geheim')
    })
    await fc.assert(property, runs(25))
  }).timeout(timeFor(60_000))
})
