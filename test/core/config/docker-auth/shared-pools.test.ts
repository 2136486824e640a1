import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

/** The options of both sections. */
function both(text: string): { users: Record<string, unknown>; rules: Record<string, unknown> } {
  const { native, problems } = translateText(`${SERVER}${TOKEN}${text}\n`)
  expect(problems).to.deep.equal([])
  return { users: native.authenticators.at(-1).options, rules: native.authorizers.at(-1).options }
}

const xorm = (users: string, rules: string) =>
  `xorm_auth: ${users}\nacl_xorm: { cache_ttl: 1m, ${rules.slice(1)}`
const sqlite = (file: string) => `{ database_type: sqlite3, conn_string: ${file} }`
const mysql = (dsn: string) => `{ database_type: mysql, conn_string: ${JSON.stringify(dsn)} }`
const mongo = (users: string, rules: string) =>
  `mongo_auth: { dial_info: ${users}, collection: users }\nacl_mongo: { dial_info: ${rules}, collection: acl, cache_ttl: 1m }`
const DIAL = '{ addrs: [a, b], database: d, username: u, password: p, timeout: 10s, enable_tls: true }'

describe("docker_auth's users and rules in one database", () => {
  const cases: [string, string, boolean][] = [
    ['the same file', xorm(sqlite('a.db'), sqlite('a.db')), true],
    ['the same file, written in another way', xorm(sqlite('a.db'), sqlite('"file:a.db?mode=ro"')), true],
    ['another file', xorm(sqlite('a.db'), sqlite('b.db')), false],
    ['another kind', xorm(sqlite('a.db'), mysql('u:p@/d')), false],
    ['the same server', xorm(mysql('u:p@tcp(db)/d'), mysql('u:p@tcp(db)/d')), true],
    ['another password', xorm(mysql('u:p@tcp(db)/d'), mysql('u:q@tcp(db)/d')), false],
    ['no password', xorm(mysql('u:p@tcp(db)/d'), mysql('u@tcp(db)/d')), false],
    ['another user', xorm(mysql('u:p@tcp(db)/d'), mysql('v:p@tcp(db)/d')), false],
    ['TLS for one', xorm(mysql('u:p@tcp(db)/d'), mysql('u:p@tcp(db)/d?tls=true')), false],
    ['the same deployment', mongo(DIAL, DIAL), true],
    ['other servers', mongo(DIAL, DIAL.replace('[a, b]', '[b, a]')), false],
    ['fewer servers', mongo(DIAL, DIAL.replace('[a, b]', '[a]')), false],
    ['another database', mongo(DIAL, DIAL.replace('database: d', 'database: e')), false],
    ['another password there', mongo(DIAL, DIAL.replace('password: p', 'password: q')), false],
    ['a password from a file', mongo(DIAL, DIAL.replace('password: p', 'password_file: p')), false],
    ['another timeout', mongo(DIAL, DIAL.replace('10s', '9s')), false],
    ['one without TLS', mongo(DIAL, DIAL.replace(', enable_tls: true', '')), false],
    ['users from elsewhere', `users: {}\nacl_xorm: { cache_ttl: 1m, ${sqlite('a.db').slice(1)}`, false],
  ]
  for (const [title, text, shared] of cases) {
    it(`${title}: ${shared ? 'one pool' : 'each has its own'}`, () => {
      const { users, rules } = both(text)
      const own = Object.keys(rules).filter((key) => ['database', 'addrs'].includes(key))
      expect(own.length === 0).to.equal(shared)
      expect(rules).to.have.property('cache_ttl', 60)
      if (shared) {
        expect(users).to.include.keys('database')
        expect(rules).to.have.all.keys(
          'addrs' in users ? ['collection', 'cache_ttl'] : ['substitution', 'cache_ttl'],
        )
      }
    })
  }
})
