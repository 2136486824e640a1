import { expect } from 'chai'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

const xormAuth = (text: string) => {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}acl: []\nxorm_auth: ${text}\n`)
  return { made: native.authenticators[0], ...found }
}
const aclXorm = (text: string) => {
  const { native, ...found } = translateText(`${SERVER}${TOKEN}users: {}\nacl_xorm: ${text}\n`)
  return { made: native.authorizers[0], ...found }
}

describe("docker_auth's xorm sections", () => {
  it('xorm_auth becomes the sql authenticator, its password a secret', () => {
    const { made, problems, warnings } = xormAuth(
      '{ database_type: mysql, conn_string: "username:password@/database_name?charset=utf8" }',
    )
    expect([...problems, ...warnings]).to.deep.equal([])
    expect(made).to.deep.equal({
      plugin: 'sql',
      id: 'xorm_auth',
      timeout: '10s',
      options: {
        database: 'mysql',
        host: '127.0.0.1',
        port: 3306,
        user: 'username',
        name: 'database_name',
        password: '***',
      },
    })
  })

  it('acl_xorm becomes the sql authorizer, with placeholders as docker_auth has them', () => {
    const { made, problems, warnings } = aclXorm(
      '{ database_type: sqlite3, conn_string: "file:acl.db?mode=ro", cache_ttl: 1m30s }',
    )
    expect([...problems, ...warnings]).to.deep.equal([])
    expect(made).to.deep.equal({
      plugin: 'sql',
      id: 'acl_xorm',
      timeout: '10s',
      options: { database: 'sqlite', file: 'acl.db', cache_ttl: 90, substitution: 'pattern' },
    })
  })

  it('what the database driver does not check is a warning at the connection string', () => {
    const { made, warnings } = xormAuth(
      '{ database_type: postgres, conn_string: "postgres://u:p@db/d?statement_timeout=5" }',
    )
    expect(made.options.tls).to.deep.equal({ verify: 'none' })
    expect(warnings).to.deep.equal([
      'f:4:39: xorm_auth.conn_string: "statement_timeout" in it is not used here; remove it',
      "f:4:39: xorm_auth.conn_string: the database's certificate is not checked, as in docker_auth; write sslmode=verify-full",
    ])
  })

  const durations: [string, number, warned: boolean][] = [
    ['1h', 3_600, false],
    ['1500ms', 1.5, false],
    ['0.5m', 30, false],
    ['100us', 1, true],
    ['60', 1, true],
  ]
  for (const [text, seconds, warned] of durations) {
    it(`cache_ttl ${text} is ${seconds} s${warned ? ', with a warning' : ''}`, () => {
      const { made, warnings } = aclXorm(`{ database_type: sqlite3, conn_string: a.db, cache_ttl: ${text} }`)
      expect(made.options.cache_ttl).to.equal(seconds)
      expect(warnings.map((warning) => warning.split(': ')[1])).to.deep.equal(
        warned ? ['acl_xorm.cache_ttl'] : [],
      )
    })
  }

  it('what is missing or wrong is refused at its place, without the connection string', () => {
    const faults = [
      ...xormAuth('{ database_type: mariadb, conn_string: "u:secret@/d" }').problems,
      ...xormAuth('{ database_type: mysql, conn_string: "u:secret" }').problems,
      ...xormAuth('{}').problems,
      ...aclXorm('{ database_type: mysql, conn_string: u@/d }').problems,
      ...aclXorm('{ database_type: mysql, conn_string: u@/d, cache_ttl: soon }').problems,
    ]
    expect(faults.map((fault) => fault.replace(/;.*/, ''))).to.deep.equal([
      'f:4:29: xorm_auth.database_type: must name a database that docker_auth knows',
      "f:4:49: xorm_auth.conn_string: can't be read",
      'f:4:1: xorm_auth.database_type: must name a database that docker_auth knows',
      'f:4:1: xorm_auth.conn_string: is missing',
      'f:4:1: acl_xorm.cache_ttl: must be a duration greater than 0, which docker_auth needs too',
      'f:4:65: acl_xorm.cache_ttl: must be a duration greater than 0, which docker_auth needs too',
    ])
    expect(faults.join()).not.to.include('secret')
  })
})
