// Where docker_auth keeps what its sign-ins hand out becomes the native `server.store`. There every sign-in has a database of
// its own; here one store holds everything.
import { Secret } from '../../plugin.ts'
import { Draft, draftList } from './draft.ts'
import type { Given, Section } from './section.ts'

/** A section may name several: docker_auth takes the first of these. */
export const TOKEN_DB_KEYS = ['gcs_token_db', 'redis_token_db', 'level_token_db'] as const

type TokenDbKey = (typeof TOKEN_DB_KEYS)[number]

/** The keys of both kinds of Redis client; the store knows by itself what suits it. */
const TUNING = [
  ...['maxretries', 'minretrybackoff', 'maxretrybackoff', 'dialtimeout', 'readtimeout', 'writetimeout'],
  ...['poolsize', 'minidleconns', 'maxconnage', 'pooltimeout', 'idletimeout', 'idlecheckfrequency'],
]
const CLUSTER_TUNING = [...TUNING, 'maxredirects', 'readonly', 'routebylatency', 'routerandomly']

const DEFAULT_ADDRESS = 'localhost:6379'
const STORE = 'server.store: { redis: { addresses: ["HOST:PORT"] } }'
const ANEW = 'what docker_auth has handed out has to be handed out anew, by signing in again'

/**
 * Puts the store into the native `server`, unless the file says itself where it is.
 *
 * @param keys the sections that may have token databases, as far as they stand in the file
 * @param server undefined when there is none to put anything into, which has been reported
 */
export function translateTokenDbs(root: Section, keys: readonly string[], server: Draft | undefined): void {
  const sections = keys.flatMap((key) => root.section(key) ?? [])
  for (const section of sections) check(section)
  const stated = server?.value.store !== undefined
  const redis = stated ? undefined : findRedis(sections)
  if (redis) server?.put('store', redis.store.value, redis.db.at)
  for (const section of sections) {
    warn(section, stated ? 'in server.store' : redis && `in the Redis of ${redis.db.at.key.path}`)
  }
}

/** Refuses what docker_auth refuses, also in a database that is not used. */
function check(section: Section): void {
  const level = tokenDb(section, 'level_token_db')
  if (level && isEmpty(level, 'path'))
    level.refuse('path', 'is missing; write a path, or remove level_token_db')
  const gcs = tokenDb(section, 'gcs_token_db')
  for (const key of ['bucket', 'client_secret_file']) {
    if (gcs && isEmpty(gcs, key)) gcs.refuse(key, 'is missing; write it, or remove gcs_token_db')
  }
  const redis = tokenDb(section, 'redis_token_db')
  if (redis && !redis.has('redis_options') && !redis.has('redis_cluster_options')) {
    redis.refuseKey('redis_options', 'is missing; write redis_options: { addr: "HOST:PORT" }')
  }
  level?.warnUnknown(['path', 'token_hash_cost'])
  gcs?.warnUnknown(['bucket', 'client_secret_file', 'token_hash_cost'])
  redis?.warnUnknown(['redis_options', 'redis_cluster_options', 'token_hash_cost'])
  // Passwords are random here: a slow hash would protect nothing. It only has to be a number.
  for (const db of [level, gcs, redis]) db?.integer('token_hash_cost')
}

function tokenDb(section: Section, key: TokenDbKey): Section | undefined {
  return section.section(key)
}

function isEmpty(section: Section, key: string): boolean {
  return (section.text(key)?.value ?? '') === '' && !section.refused(key)
}

function inUse(section: Section): TokenDbKey | undefined {
  return TOKEN_DB_KEYS.find((key) => section.has(key))
}

/** @param elsewhere where passwords are kept when it is not the state directory */
function warn(section: Section, elsewhere: string | undefined): void {
  const used = inUse(section)
  if (!used) return
  const where = elsewhere ?? 'in server.state_dir'
  const remedy = elsewhere ? 'remove this key' : `for several machines write ${STORE}`
  const messages: Record<TokenDbKey, string> = {
    level_token_db: `is not read: ${ANEW}; passwords are kept ${where} now, so remove this key`,
    redis_token_db:
      elsewhere === 'in server.store'
        ? `is not used, since server.store says where passwords are kept: ${ANEW}; remove this key`
        : `is where passwords are kept, but what stands there already is not read: ${ANEW}; move it to server.store, and this warning ends`,
    gcs_token_db: `can't be used: passwords are kept ${where} and not in the bucket, and ${ANEW}; ${remedy}`,
  }
  section.warn(used, messages[used])
  for (const key of TOKEN_DB_KEYS) {
    if (key !== used && section.has(key)) section.warn(key, `is not used beside ${used}; remove it`)
  }
}

/** A Redis as docker_auth names it. */
interface RedisDb {
  readonly db: Section
  readonly store: Draft
  /** The same for the same Redis; it holds the password. */
  readonly identity: string
}

/** The Redis of the sections that use one. Different ones are reported. */
function findRedis(sections: readonly Section[]): RedisDb | undefined {
  let first: RedisDb | undefined
  for (const section of sections) {
    const db = inUse(section) === 'redis_token_db' ? section.section('redis_token_db') : undefined
    const found = db && readRedis(db)
    if (first && found && found.identity !== first.identity) {
      section.refuse(
        'redis_token_db',
        `is another Redis than ${first.db.at.key.path}, but all passwords are kept in one; write the same in both, or where it is with ${STORE}`,
      )
    }
    first ??= found
  }
  return first
}

/** @returns undefined when it can't be used, which has been reported */
function readRedis(db: Section): RedisDb | undefined {
  const cluster = db.section('redis_cluster_options')
  const options = cluster ?? db.section('redis_options')
  if (!options) return undefined
  if (cluster && db.has('redis_options')) {
    db.warn('redis_options', 'is not used beside redis_cluster_options; remove it')
  }
  const tuning = cluster ? CLUSTER_TUNING : TUNING
  options.warnUnknown([
    ...(cluster ? ['addrs'] : ['addr', 'network', 'db']),
    'password',
    'tlsconfig',
    ...tuning,
  ])
  for (const key of tuning) if (options.has(key)) options.warn(key, 'is not used here; remove it')

  const addresses = cluster ? options.texts('addrs') : singleAddress(options)
  const password = options.text('password')
  const database = cluster ? undefined : options.integer('db')
  const tls = withTls(options)
  if (!cluster) refuseSocket(options)
  if (['network', 'tlsconfig'].some((key) => options.refused(key))) return undefined

  const at = options.at
  const list = addresses?.value.map(({ value, ...rest }) => ({ ...rest, value: completed(value) })) ?? []
  const native = new Draft(db.yaml, at.key)
  native.put('addresses', draftList(db.yaml, at.key, list), options.entry(cluster ? 'addrs' : 'addr'))
  if (cluster) native.put('cluster', true, at)
  if (password?.value) native.put('password', password.secret ?? new Secret(password.value), password.entry)
  native.take('database', database)
  if (tls) native.put('tls', true, options.entry('tlsconfig'))
  return {
    db,
    store: new Draft(db.yaml, db.at.key).put('redis', native.value, at),
    identity: JSON.stringify([
      cluster !== undefined,
      list.map(({ value }) => value),
      password?.value,
      database?.value,
      tls,
    ]),
  }
}

function singleAddress(options: Section): Given<readonly Given<string>[]> {
  const { value = '', entry = options.entry('addr'), ...rest } = options.text('addr') ?? {}
  return { value: [{ value: value || DEFAULT_ADDRESS, entry, ...rest }], entry }
}

/** In Go a port alone is one of this host. */
function completed(address: string): string {
  return address.startsWith(':') ? `localhost${address}` : address
}

function withTls(options: Section): boolean {
  const tls = options.section('tlsconfig')
  if (tls?.keys.some((key) => tls.has(key))) {
    options.refuse(
      'tlsconfig',
      "can only be {} (TLS, with an authority of the system's); write the rest as server.store: { redis: { addresses: [...], tls: { ca: FILE } } }",
    )
  }
  return tls !== undefined
}

function refuseSocket(options: Section): void {
  const network = options.text('network')?.value || 'tcp'
  if (!/^tcp[46]?$/.test(network)) {
    options.refuse('network', `must be tcp, since Redis is not asked over a socket file here; write ${STORE}`)
  }
}
