// Queries of one's own, and what becomes of odd rows, in all three databases.
import { expect } from 'chai'
import { type Authenticator, type AuthnOutcome, type Labels, Secret } from '../../core/plugin.ts'
import { keptLog, testHost, testRequest } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import { CORRECT_HORSE, DATABASES, type TestDatabase } from '../../test/support/sql-databases.ts'
import authenticator from './index.ts'
import labeler from './labeler.ts'

const OTHER_HASH = CORRECT_HORSE.replace('0THr4', '0THr5')
const LABELS: Labels = {}

for (const { name, programs, start } of DATABASES) {
  describe(`sql: accounts in ${name}`, () => {
    needs(...programs)
    let database: TestDatabase
    const instances: { close?(): Promise<void> }[] = []

    before(async () => {
      database = await start()
      await database.sql(
        'CREATE TABLE people (login VARCHAR(50), hash VARCHAR(100), team VARCHAR(50), level INTEGER, extra VARCHAR(100), service VARCHAR(50))',
        `INSERT INTO people VALUES
          ('bob', '${CORRECT_HORSE}', 'dev', 7, '{"site":"berlin"}', 'one'),
          ('bob', '${CORRECT_HORSE}', 'o''ps, "ü"', 7, NULL, 'one'),
          ('bob', '${CORRECT_HORSE}', NULL, 8, '', 'one'),
          ('twins', '${CORRECT_HORSE}', NULL, 1, NULL, 'one'),
          ('twins', '${OTHER_HASH}', NULL, 2, NULL, 'one'),
          ('nojson', '${CORRECT_HORSE}', NULL, 1, '{"site":', 'one'),
          ('odd', '${CORRECT_HORSE}', NULL, 1, '{"site":[7]}', 'one'),
          ('empty', NULL, NULL, 1, NULL, 'one')`,
      )
    })
    after(() => database?.stop())
    afterEach(async () => {
      for (const instance of instances.splice(0)) await instance.close?.()
    })

    async function open(more: object = {}): Promise<Authenticator> {
      const parsed = authenticator.options.parse({ ...database.options, ...more })
      const instance = await authenticator.create(parsed, testHost())
      instances.push(instance)
      return instance
    }

    async function login(
      instance: Authenticator,
      account: string,
      password = 'correct horse',
      service = 'one',
    ) {
      const credentials = { kind: 'password', account, password: new Secret(password) } as const
      return instance.authenticate(credentials, testRequest({ service }))
    }

    const people = {
      query: `SELECT login AS account, hash AS password_hash, team, level, extra AS labels
        FROM people WHERE login = \${account} AND service = \${service} -- the \${account}'s rows`,
      labels: { group: 'team', LEVEL: 'LEVEL' },
    }

    it('a query of several rows: their labels together, from JSON and from columns', async () => {
      const instance = await open(people)
      const outcome = await login(instance, 'bob')
      expect(outcome).to.have.property('outcome', 'accept')
      expect({ ...(outcome as { labels: Labels }).labels }).to.deep.equal({
        site: ['berlin'],
        group: ['dev', `o'ps, "ü"`],
        LEVEL: ['7', '8'],
      })
      expect(await login(instance, 'bob', 'correct horse', 'two')).to.have.property('outcome', 'pass')
    })

    it('two users of one name: rejected, with a line in the log', async () => {
      const instance = await open(people)
      const log = keptLog()
      const credentials = {
        kind: 'password',
        account: 'twins',
        password: new Secret('correct horse'),
      } as const
      const outcome = await instance.authenticate(credentials, { ...testRequest({ service: 'one' }), log })
      expect(outcome).to.deep.equal({ outcome: 'reject', reason: 'several users have this name' })
      expect(log.lines.map(({ message }) => message)).to.deep.equal([
        'the query gives several users for one account; narrow it',
      ])
    })

    it('labels that make no sense: unavailable, but a wrong password is rejected all the same', async () => {
      const instance = await open(people)
      for (const [account, message] of [
        ['nojson', /column labels holds no valid JSON/],
        ['odd', /label "site" must be a string/],
      ] as const) {
        const error = await login(instance, account).then(
          (outcome) => expect.fail(JSON.stringify(outcome)),
          (thrown: Error) => thrown,
        )
        expect(error.message).to.match(message)
        expect(await login(instance, account, 'wrong')).to.have.property('outcome', 'reject')
      }
    })

    it('no hash: rejected', async () => {
      const instance = await open(people)
      expect(await login(instance, 'empty')).to.have.property('reason', 'the account has no password hash')
    })

    it('a name is never a part of the SQL text, whatever it holds', async () => {
      const instance = await open(people)
      for (const account of [
        "'",
        '"',
        '`',
        '\\',
        "\\'",
        "' OR ''='",
        '${account}',
        '%',
        '--',
        '/*',
        ';',
        '$1',
        'ü',
      ]) {
        expect(await login(instance, account), account).to.deep.equal({ outcome: 'pass' })
      }
      expect(await login(instance, 'bob')).to.have.property('outcome', 'accept')
    })

    describe('refresh', () => {
      let instance: Authenticator
      let session: string

      beforeEach(async () => {
        await database.sql(
          'DELETE FROM xorm_user',
          `INSERT INTO xorm_user (username, password_hash, labels) VALUES ('ann', '${CORRECT_HORSE}', '{"group":["dev"]}')`,
        )
        instance = await open()
        const outcome = await login(instance, 'ann')
        session = (outcome as { session: string }).session
      })
      const refresh = async (held: string | undefined): Promise<AuthnOutcome> => {
        const given = { account: 'ann', labels: LABELS, ...(held !== undefined && { session: held }) }
        return instance.refresh!(given, testRequest())
      }

      it('brings the labels of the moment', async () => {
        await database.sql(`UPDATE xorm_user SET labels = '{"group":["ops"]}'`)
        const outcome = await refresh(session)
        expect((outcome as { labels: Labels }).labels.group).to.deep.equal(['ops'])
      })

      it('ends with another password; without a session only the account counts', async () => {
        await database.sql(`UPDATE xorm_user SET password_hash = '${OTHER_HASH}'`)
        expect(await refresh(session)).to.have.property('reason', 'the password has changed since')
        expect(await refresh(undefined)).to.have.property('outcome', 'accept')
      })

      it('ends with the account, and with its password', async () => {
        await database.sql(`UPDATE xorm_user SET password_hash = ''`)
        expect(await refresh(undefined)).to.have.property('outcome', 'reject')
        await database.sql('DELETE FROM xorm_user')
        expect(await refresh(undefined)).to.have.property('reason', 'there is no such account any more')
      })
    })

    describe('labeler', () => {
      async function label(account: string, more: object) {
        const parsed = labeler.options.parse({ ...database.options, ...more })
        const instance = await labeler.create(parsed, testHost())
        instances.push(instance)
        await instance.ready?.()
        return { ...(await instance.label({ account, labels: {}, authenticator: 'x' }, testRequest())) }
      }

      it('takes rows of name and value, columns and JSON', async () => {
        const from = (columns: string) => `SELECT ${columns} FROM people WHERE login = \${account}`
        expect(await label('bob', { query: from("'team' AS name, team AS value") })).to.deep.equal({
          team: ['dev', `o'ps, "ü"`],
        })
        expect(
          await label('bob', { query: from('level, extra AS labels'), labels: { level: 'level' } }),
        ).to.deep.equal({ level: ['7', '8'], site: ['berlin'] })
        expect(await label('nobody', { query: from('extra AS labels') })).to.deep.equal({})
      })

      it('is not ready with a query that gives no labels', async () => {
        const error = await label('bob', { query: 'SELECT team FROM people' }).then(
          () => expect.fail('it was ready'),
          (thrown: Error) => thrown,
        )
        expect(error.message).to.match(/gives no labels \(but team\); write AS name and AS value/)
      })
    })

    if (name === 'mysql') {
      it("a name that the column's character set can not hold is unknown, no outage", async () => {
        await database.sql(
          'CREATE TABLE western (login VARCHAR(50), hash VARCHAR(100)) CHARACTER SET latin1',
          `INSERT INTO western VALUES ('böb', '${CORRECT_HORSE}')`,
        )
        const instance = await open({
          query: 'SELECT hash AS password_hash FROM western WHERE login = ${account}',
        })
        expect(await login(instance, '日本')).to.have.property('outcome', 'pass')
        expect(await login(instance, 'böb')).to.have.property('outcome', 'accept')
      })

      it('names that only the collation takes for equal: the exact one first, and the account is the name in the table', async () => {
        await database.sql(
          'DELETE FROM xorm_user',
          `INSERT INTO xorm_user (username, password_hash) VALUES ('ann', '${CORRECT_HORSE}'), ('ÄNN', '${OTHER_HASH}')`,
        )
        const instance = await open()
        expect(await login(instance, 'ann')).to.include({ outcome: 'accept', account: 'ann' })
        await database.sql("DELETE FROM xorm_user WHERE BINARY username = 'ÄNN'")
        expect(await login(instance, 'Ann')).to.include({ outcome: 'accept', account: 'ann' })
      })
    }

    if (name === 'postgres') {
      it('an array is several values', async () => {
        const instance = await open({
          query: `SELECT hash AS password_hash, ARRAY['a', 'b'] AS groups FROM people WHERE login = \${account}`,
          labels: { group: 'groups' },
        })
        const outcome = await login(instance, 'bob')
        expect({ ...(outcome as { labels: Labels }).labels }).to.deep.equal({ group: ['a', 'b'] })
      })

      it('tables are found along search_path', async () => {
        await database.sql(
          'CREATE SCHEMA team',
          'CREATE TABLE team.xorm_user AS SELECT 1 AS id, login AS username, hash AS password_hash, NULL AS labels FROM people',
        )
        const instance = await open({ search_path: 'team,public' })
        expect(await login(instance, 'bob')).to.have.property('outcome', 'accept')
      })
    }
  })
}
