import { userInfo } from 'node:os'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Dsn,
  readMysqlDsn,
  readPostgresDsn,
  readSqliteDsn,
} from '../../../../core/config/docker-auth/go-dsn.ts'

function plain({ options, ...rest }: Dsn) {
  const { notes, ...more } = rest
  return { ...Object.fromEntries(options), ...more, ...(notes.length > 0 && { notes }) }
}

describe("go-sql-driver/mysql's connection strings", () => {
  const at = { host: '127.0.0.1', port: 3306, user: 'u', name: 'd' }
  const cases: [string, object][] = [
    ['u@/d', at],
    ['u:p@/d?charset=utf8', { ...at, password: 'p' }],
    ['u:@/d', at],
    ['u:p@tcp/d', { ...at, password: 'p' }],
    ['u:p@tcp(db.example.com)/d', { ...at, host: 'db.example.com', password: 'p' }],
    [
      'u:p@tcp(db:3307)/d?parseTime=true&loc=Europe%2FBerlin',
      { ...at, host: 'db', port: 3307, password: 'p' },
    ],
    ['u@(db:3307)/d', { ...at, host: 'db', port: 3307 }],
    ['u@tcp([fe80::1]:3307)/d', { ...at, host: 'fe80::1', port: 3307 }],
    ['u@tcp([fe80::1])/d', { ...at, host: 'fe80::1' }],
    ['u@tcp(:3307)/d', { ...at, host: 'localhost', port: 3307 }],
    [
      'u:p@unix(/run/mysqld/mysqld.sock)/d',
      { host: '/run/mysqld/mysqld.sock', user: 'u', name: 'd', password: 'p' },
    ],
    ['u@unix/d', { host: '/tmp/mysql.sock', user: 'u', name: 'd' }],
    ['u:a@b:c/d(e)@tcp(db)/d', { ...at, host: 'db', password: 'a@b:c/d(e)' }],
    ['u@/a%20b', { ...at, name: 'a b' }],
    ['u@/d?tls=false', at],
    ['u@/d?tls=true', { ...at, tls: { verify: 'full' } }],
    [
      'u@/d?tls=skip-verify&sql_mode=ANSI',
      {
        ...at,
        tls: { verify: 'none' },
        notes: [
          '"sql_mode" in it is not used here; remove it',
          "the database's certificate is not checked, as in docker_auth; write tls=true",
        ],
      },
    ],
  ]
  for (const [text, expected] of cases) {
    it(`are taken apart: ${text}`, () => expect(plain(readMysqlDsn(text))).to.deep.equal(expected))
  }

  it('tls=preferred encrypts, and says that it does not fall back', () => {
    const { tls, notes } = readMysqlDsn('u@/d?tls=preferred')
    expect(tls).to.deep.equal({ verify: 'none' })
    expect(notes.at(-1)).to.match(/always encrypts here; .* write tls=false/)
  })

  it('may hold any password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        const dsn = readMysqlDsn(`u:${password}@tcp(db)/d`)
        expect(plain(dsn)).to.deep.equal({ ...at, host: 'db', password })
      }),
    )
  })
})

describe("lib/pq's connection strings", () => {
  const at = { host: 'localhost', port: 5432, user: 'u', name: 'd' }
  const read = (text: string, environment = {}) => plain(readPostgresDsn(text, environment))
  const cases: [string, object][] = [
    [
      'postgres://u:p@db.example.com:5433/d?sslmode=disable',
      { ...at, host: 'db.example.com', port: 5433, password: 'p' },
    ],
    ['postgresql://u:p%40%2F@db/d?sslmode=disable', { ...at, host: 'db', password: 'p@/' }],
    ['postgres://u@/d?host=/run/postgresql', { ...at, host: '/run/postgresql' }],
    ['postgres://u@[::1]/d?sslmode=disable', { ...at, host: '::1' }],
    ['postgres://u@db?sslmode=disable', { ...at, host: 'db', name: 'u' }],
    [
      'postgres://u@db/d?sslmode=verify-full&sslrootcert=ca.pem&sslcert=c.pem&sslkey=k.pem',
      { ...at, host: 'db', tls: { verify: 'full', ca: 'ca.pem', certificate: 'c.pem', key: 'k.pem' } },
    ],
    ['host=db user=u dbname=d sslmode=verify-ca', { ...at, host: 'db', tls: { verify: 'ca' } }],
    ['user=u dbname=d sslrootcert=ca.pem', { ...at, tls: { verify: 'ca', ca: 'ca.pem' } }],
    ["user = u  password='it\\'s \\\\ me' dbname=d sslmode=disable", { ...at, password: "it's \\ me" }],
    ['user=u password=a=b\\ c dbname=d sslmode=disable', { ...at, password: 'a=b c' }],
    ["user=u password='' dbname=d sslmode=disable", at],
    [
      'user=u dbname=d sslmode=disable connect_timeout=5 search_path=app,public statement_timeout=5',
      { ...at, search_path: 'app,public', notes: ['"statement_timeout" in it is not used here; remove it'] },
    ],
  ]
  for (const [text, expected] of cases) {
    it(`are taken apart: ${text}`, () => expect(read(text)).to.deep.equal(expected))
  }

  it('encrypt without checking anything by default, with a warning', () => {
    expect(read('user=u dbname=d')).to.deep.equal({
      ...at,
      tls: { verify: 'none' },
      notes: ["the database's certificate is not checked, as in docker_auth; write sslmode=verify-full"],
    })
  })

  it("are completed from the environment, and with the process's user", () => {
    const environment = { PGHOST: '/run', PGPORT: '5433', PGUSER: 'e', PGPASSWORD: 'x', PGDATABASE: 'y' }
    expect(read('user=u dbname=d', environment)).to.deep.equal({
      ...at,
      host: '/run',
      port: 5433,
      password: 'x',
    })
    const { username } = userInfo()
    expect(read('sslmode=disable')).to.deep.equal({ ...at, user: username, name: username })
  })

  it('may hold any password, in both forms', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        const quoted = password.replaceAll(/['\\]/g, '\\$&')
        const forms = [
          `user=u password='${quoted}' dbname=d sslmode=disable`,
          `postgres://u:${encodeURIComponent(password)}@localhost/d?sslmode=disable`,
        ]
        for (const form of forms) expect(read(form)).to.deep.equal({ ...at, password })
      }),
    )
  })
})

describe("go-sqlite3's connection strings", () => {
  const cases = [
    ['users.db', 'users.db'],
    ['/data/users.db?_busy_timeout=5000', '/data/users.db'],
    ['file:users.db?cache=shared&mode=ro', 'users.db'],
    ['file:/data/a%20b.db', '/data/a b.db'],
    ['file:///data/users.db', '/data/users.db'],
    ['file://localhost/data/users.db', '/data/users.db'],
  ] as const
  for (const [text, file] of cases) {
    it(`name a file: ${text}`, () => expect(readSqliteDsn(text)).to.equal(file))
  }
})

describe('connection strings that can not be used', () => {
  const cases: [string, (text: string) => unknown, string, RegExp][] = [
    ['mysql', readMysqlDsn, 'u:secret@tcp(db)', /can't be read; write USER:PASSWORD@tcp/],
    ['mysql', readMysqlDsn, 'u:secret@udp(db)/d', /neither tcp nor unix/],
    ['mysql', readMysqlDsn, '@/d', /names no user/],
    ['mysql', readMysqlDsn, 'u:secret@/', /names no database/],
    ['mysql', readMysqlDsn, 'u:secret@tcp(db:x)/d', /has a port that is no number/],
    ['mysql', readMysqlDsn, 'u:secret@/d?tls=corp', /docker_auth refuses too; write one of true/],
    ['postgres', readPostgresDsn, 'user=u secret', /can't be read; write host=HOST/],
    ['postgres', readPostgresDsn, "user=u password='secret", /can't be read/],
    ['postgres', readPostgresDsn, 'postgres://u:secret@db:99999999/d', /no valid URL/],
    ['postgres', readPostgresDsn, 'postgres://u:%secret@db/d', /write %25/],
    ['postgres', readPostgresDsn, 'user=u password=secret sslmode=prefer', /write one of disable, require/],
    ['sqlite', readSqliteDsn, ':memory:', /begins empty/],
    ['sqlite', readSqliteDsn, 'file:a.db?mode=memory', /begins empty/],
    ['sqlite', readSqliteDsn, '', /begins empty/],
  ]
  for (const [kind, read, text, message] of cases) {
    it(`${kind}: ${text}: ${message.source}`, () => {
      expect(() => read(text)).to.throw(message)
      expect(() => read(text)).not.to.throw(/secret/)
    })
  }
})
