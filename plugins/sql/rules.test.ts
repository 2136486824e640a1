// The sql authorizer: what an entry may look like, and how its rules are kept.
import { expect } from 'chai'
import type { Authorizer, JsonValue } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import type { DatabaseServer } from '../../test/support/database-process.ts'
import { needs } from '../../test/support/debian.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { until } from '../../test/support/processes.ts'
import { postgresOptions, startSqlite } from '../../test/support/sql-databases.ts'
import plugin from './authorizer.ts'
import { readEntry } from './entry.ts'

describe('sql rules: an entry', () => {
  const rules: [what: string, entry: JsonValue, rule: object, warnings?: RegExp[]][] = [
    [
      'in the names of docker_auth',
      {
        Match: { account: 'a', type: 't', name: 'n', ip: '::1', service: 's', labels: { g: 'x' } },
        Actions: ['pull'],
        Comment: 'c',
      },
      {
        match: { account: 'a', type: 't', name: 'n', ip: '::1', service: 's', labels: { g: 'x' } },
        actions: ['pull'],
        comment: 'seq 7: c',
      },
    ],
    [
      'in whatever case, as Go reads it',
      { match: { ACCOUNT: 'a', Labels: { G: 'x' } }, aCtIoNs: ['*'] },
      { match: { account: 'a', labels: { G: 'x' } }, actions: ['*'], comment: 'seq 7' },
    ],
    [
      'with nulls for what is absent',
      { Match: { account: null, labels: null }, Actions: [null], Comment: null },
      { match: {}, actions: [''], comment: 'seq 7' },
    ],
    [
      'without actions: it grants nothing',
      { Match: {} },
      { match: {}, actions: [], comment: 'seq 7' },
      [/^Actions is missing/],
    ],
    [
      'with unknown names',
      { Match: { acount: 'a' }, Actions: [], Extra: 1 },
      { match: {}, actions: [], comment: 'seq 7' },
      [/^"Extra" in the entry is unknown/, /^"acount" in Match is unknown/],
    ],
  ]
  for (const [what, entry, rule, warnings = []] of rules) {
    it(what, () => {
      const read = readEntry(entry, '7')
      expect(read.rule).to.deep.equal(rule)
      expect(read.warnings).to.have.length(warnings.length)
      for (const [index, pattern] of warnings.entries()) expect(read.warnings[index]).to.match(pattern)
    })
  }

  it('a label of any name is a condition', () => {
    const entry = JSON.parse('{"Match":{"labels":{"__proto__":"x"}},"Actions":[]}')
    expect(Object.entries(readEntry(entry, undefined).rule.match!.labels!)).to.deep.equal([
      ['__proto__', 'x'],
    ])
  })

  const faults: [JsonValue, RegExp][] = [
    [null, /the entry must be a JSON object/],
    [[], /the entry must be a JSON object/],
    ['{}', /the entry must be a JSON object/],
    [{ Actions: [] }, /Match is missing; write \{\} to match everything/],
    [{ Match: null, Actions: [] }, /Match is missing/],
    [{ Match: [], Actions: [] }, /Match must be a JSON object/],
    [{ Match: { account: 7 }, Actions: [] }, /Match.account must be text/],
    [{ Match: { labels: { g: ['x'] } }, Actions: [] }, /each of Match.labels must be text/],
    [{ Match: {}, Actions: 'pull' }, /Actions must be a list/],
    [{ Match: {}, Actions: [1] }, /each of Actions must be text/],
    [{ Match: {}, Actions: [], Comment: 1 }, /Comment must be text/],
  ]
  for (const [entry, message] of faults) {
    it(`that is ${JSON.stringify(entry)} is none`, () =>
      expect(() => readEntry(entry, '7')).to.throw(message))
  }
})

const pull = { type: 'repository', name: 'app', actions: ['pull'] }
const entry = (actions: string, more = '') => `'{"Match":{${more}},"Actions":${actions}}'`

describe('sql rules: the rules are kept', () => {
  let database: Awaited<ReturnType<typeof startSqlite>>
  let instance: Authorizer
  let host: ReturnType<typeof testHost>
  const messages = () => host.log.lines.map(({ message }) => message)

  async function open(more: object = {}): Promise<void> {
    host = testHost()
    const parsed = plugin.options.parse({ ...database.options, cache_ttl: '100ms', ...more })
    instance = await plugin.create(parsed, host)
  }
  beforeEach(async () => {
    database = await startSqlite()
    await database.sql(`INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (5, ${entry('["pull"]')})`)
  })
  afterEach(async () => {
    await instance.close?.()
    await database.stop()
  })

  const decide = async () => {
    const outcome = await instance.authorize(pull, testRequest({ account: 'ann' }))
    return outcome.outcome === 'grant' ? outcome.actions.join() : outcome.outcome
  }
  /** Waits until the decision is another one than before, and is the expected one then. The change may have been seen already. */
  async function untilDecided(before: string, expected: string): Promise<void> {
    let now = before
    await until(async () => {
      now = await decide()
      return now !== before
    })
    expect(now).to.equal(expected)
  }

  it('and read again in the background, in the order of seq', async () => {
    await open()
    expect(await decide()).to.equal('pull')
    await database.sql(`INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (4, ${entry('[]')})`)
    await untilDecided('pull', '')
    await database.sql('DELETE FROM xorm_acl_entry')
    await untilDecided('', 'pass')
  })

  it('whole: one bad entry leaves all as it was, with one warning that names its seq', async () => {
    await open()
    expect(await decide()).to.equal('pull')
    await database.sql(
      'BEGIN',
      `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (1, ${entry('[]')}), (2, ${entry('[]', '"name":"/(/"')}), (3, 'x')`,
      'COMMIT',
    )
    await until(() => messages().length > 0)
    expect(messages()[0]).to.match(
      /^the entry with seq 3: column acl_entry holds no valid JSON.*; the entry with seq 2: match.name .*no valid regular expression.*; the last rules stay in use$/,
    )
    expect(await decide()).to.equal('pull')
    await database.sql('DELETE FROM xorm_acl_entry WHERE seq IN (2, 3)')
    await untilDecided('pull', '')
    expect(messages()[1]).to.match(/^the entry with seq 5: can never be reached: rule 1 \(seq 1\)/)
    expect(messages().slice(2)).to.deep.equal(['the rules could be read again'])
  })

  it('never read is unavailable, with the reason, until they can be', async () => {
    await database.sql('DROP TABLE xorm_acl_entry')
    await open()
    const failed = await decide().then(
      () => expect.fail('it decided'),
      (error: Error) => error,
    )
    expect(failed.message).to.match(/^sqlite .*no such table: xorm_acl_entry/)
    await database.sql('CREATE TABLE xorm_acl_entry (acl_entry TEXT, seq INTEGER)')
    expect(await decide()).to.equal('pass')
  })

  it('a warning about an entry is told once', async () => {
    await database.sql(
      `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (6, ${entry('[]', '"name":"[a"')}), (7, ${entry('[]', '"nmae":"b"')})`,
    )
    await open({ substitution: 'pattern' })
    expect(await decide()).to.equal('pull')
    await database.sql('DELETE FROM xorm_acl_entry WHERE seq = 5')
    await untilDecided('pull', '')
    const told = [
      /^the entry with seq 7: "nmae" in Match is unknown/,
      /seq 6: match.name/,
      /seq 7: can never be reached/,
    ]
    expect(messages()).to.have.length(told.length)
    for (const [index, message] of told.entries()) expect(messages()[index]).to.match(message)
  })

  it('placeholders are text, or patterns as in docker_auth', async () => {
    await database.sql(`UPDATE xorm_acl_entry SET acl_entry = ${entry('["*"]', '"name":"${labels:group}"')}`)
    const request = testRequest({ account: 'ann', labels: { group: ['a*'] } })
    for (const [substitution, outcome] of [
      ['literal', 'pass'],
      ['pattern', 'grant'],
    ]) {
      await open({ substitution })
      expect(await instance.authorize(pull, request)).to.have.property('outcome', outcome)
      await instance.close?.()
    }
  })

  it('a query may give them from elsewhere, but not for one account', async () => {
    await database.sql('CREATE TABLE rules (rule TEXT)', `INSERT INTO rules VALUES (${entry('["push"]')})`)
    await open({ query: 'SELECT rule AS acl_entry FROM rules' })
    expect(await decide()).to.equal('')
    const { error } = plugin.options.safeParse({ ...database.options, query: 'SELECT ${account}' })
    expect(error!.issues[0]!.message).to.match(/can have no placeholders/)
  })
})

describe('sql rules: with the database down', function () {
  this.timeout(20_000)
  needs('postgres')
  let server: DatabaseServer

  before(async () => {
    server = await startPostgres()
    await server.sql(
      'CREATE TABLE xorm_acl_entry (acl_entry JSON, seq BIGINT)',
      `INSERT INTO xorm_acl_entry (seq, acl_entry) VALUES (5, ${entry('["pull"]')})`,
    )
  })
  after(() => server?.stop())

  it('the last rules stay in use, with a warning; new ones come once it is back', async () => {
    const host = testHost()
    const parsed = plugin.options.parse({ ...postgresOptions(server.port), cache_ttl: '100ms' })
    const instance = await plugin.create(parsed, host)
    const decide = async () =>
      (await instance.authorize(pull, testRequest({ account: 'ann' }))) as { actions?: readonly string[] }
    try {
      expect((await decide()).actions).to.deep.equal(['pull'])
      await server.halt()
      await until(() => host.log.lines.length > 0)
      expect(host.log.lines[0]!.message).to.match(
        /^postgres 127\.0\.0\.1:\d+: .*; the last rules stay in use$/,
      )
      expect((await decide()).actions).to.deep.equal(['pull'])
      const down = await instance.ready!().then(
        () => 'ready',
        () => 'not ready',
      )
      expect(down).to.equal('not ready')
      await server.start()
      await server.sql(`UPDATE xorm_acl_entry SET acl_entry = ${entry('[]')}`)
      while ((await decide()).actions?.length !== 0) await new Promise((resolve) => setTimeout(resolve, 20))
      await instance.ready!()
    } finally {
      await instance.close?.()
    }
  })
})
