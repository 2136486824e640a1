// docker_auth's `xorm_auth` and `acl_xorm` sections become the options of the sql plugins.
import { Secret, suggest } from '../../plugin.ts'
import type { Entry } from '../../yaml/yaml-file.ts'
import { cacheTtl } from './cache-ttl.ts'
import { Draft } from './draft.ts'
import { type Dsn, readMysqlDsn, readPostgresDsn, readSqliteDsn } from './go-dsn.ts'
import type { Given, Section } from './section.ts'

/** docker_auth's database_type to the plugins' database. */
const DATABASES = { mysql: 'mysql', postgres: 'postgres', sqlite3: 'sqlite' } as const

/** @returns the sql plugin's options; undefined when there is no database, which has been reported */
export function translateXormAuth(section: Section): Draft | undefined {
  section.warnUnknown(['database_type', 'conn_string'])
  return translateDatabase(section)
}

/** @returns the sql authorizer's options; undefined when something is missing, which has been reported */
export function translateAclXorm(section: Section): Draft | undefined {
  section.warnUnknown(['database_type', 'conn_string', 'cache_ttl'])
  const native = translateDatabase(section)
  const ttl = cacheTtl(section)
  return ttl && native?.take('cache_ttl', ttl).put('substitution', 'pattern', section.at)
}

function translateDatabase(section: Section): Draft | undefined {
  const type = section.text('database_type')
  const connection = section.text('conn_string')
  if (!type || !Object.hasOwn(DATABASES, type.value)) {
    const names = Object.keys(DATABASES)
    const hint = type ? suggest(type.value, names) : `write one of ${names.join(', ')}`
    section.refuse('database_type', `must name a database that docker_auth knows; ${hint}`)
  }
  if (!connection || connection.value === '') {
    section.refuse('conn_string', 'is missing; write how to connect to the database')
  }
  if (!type || !connection || section.refused('database_type') || section.refused('conn_string'))
    return undefined
  const database = DATABASES[type.value as keyof typeof DATABASES]
  const native = new Draft(section.yaml, section.at.key).put('database', database, type.entry)
  try {
    if (database === 'sqlite') return native.put('file', readSqliteDsn(connection.value), connection.entry)
    const dsn = database === 'mysql' ? readMysqlDsn(connection.value) : readPostgresDsn(connection.value)
    return putDsn(section, native, dsn, connection)
  } catch (error) {
    section.refuse('conn_string', (error as Error).message)
    return undefined
  }
}

function putDsn(section: Section, native: Draft, dsn: Dsn, { entry }: Given<string>): Draft {
  for (const note of dsn.notes) section.warn('conn_string', note)
  for (const [key, value] of dsn.options) native.put(key, value, entry)
  if (dsn.password !== undefined) native.put('password', new Secret(dsn.password), entry)
  if (dsn.tls) native.put('tls', tlsDraft(section, dsn.tls, entry).value, entry)
  return native
}

function tlsDraft(section: Section, tls: NonNullable<Dsn['tls']>, entry: Entry): Draft {
  const native = new Draft(section.yaml, entry.value)
  for (const [key, value] of Object.entries(tls)) native.put(key, value, entry)
  return native
}
