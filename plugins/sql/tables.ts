// docker_auth's tables, as queries: what is asked when the configuration has no query of its own.
import type { Kind } from './kinds.ts'
import { parseStatement, type Statement } from './statement.ts'

/**
 * The user's row. Its names are not unique: of several rows docker_auth takes the newest. MySQL's collations take `Bob` and
 * `böb` for `bob`, so there the row of exactly this name comes first: nobody hides another's row behind a similar name.
 */
function userOf(database: Kind, columns: string): Statement {
  const exact = database === 'mysql' ? 'username = CAST(${account} AS BINARY) DESC, ' : ''
  return parseStatement(
    `SELECT ${columns} FROM xorm_user WHERE username = \${account} ORDER BY ${exact}id DESC LIMIT 1`,
  )
}

/** The authenticator's query. The account is the name as the table has it. */
export const userQuery = (database: Kind): Statement =>
  userOf(database, 'username AS account, password_hash, labels')

/** The labeler's queries. */
export const LABELS_QUERY: Readonly<Record<Kind, Statement>> = {
  postgres: userOf('postgres', 'labels'),
  mysql: userOf('mysql', 'labels'),
  sqlite: userOf('sqlite', 'labels'),
}

/** The authorizer's query. */
export const RULES_QUERY = parseStatement('SELECT seq, acl_entry FROM xorm_acl_entry ORDER BY seq')
