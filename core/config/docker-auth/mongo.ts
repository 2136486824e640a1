// docker_auth's `mongo_auth` and `acl_mongo` sections become the options of the mongo plugins.
import { cacheTtl } from './cache-ttl.ts'
import { Draft, draftList } from './draft.ts'
import { goSeconds } from './go-duration.ts'
import type { Given, Section } from './section.ts'

/** Keys of dial_info that docker_auth reads and never uses. Their place is what the driver finds out by itself. */
const UNUSED = ['failfast', 'source', 'service', 'mechanism', 'direct', 'dialserver', 'dial']
const USED = ['addrs', 'timeout', 'database', 'username', 'password', 'password_file', 'enable_tls']

/** @returns the mongo plugin's options */
export function translateMongoAuth(section: Section): Draft | undefined {
  section.warnUnknown(['dial_info', 'collection'])
  return translateCollection(section)
}

/** @returns the mongo authorizer's options */
export function translateAclMongo(section: Section): Draft | undefined {
  section.warnUnknown(['dial_info', 'collection', 'cache_ttl'])
  const native = translateCollection(section)
  const ttl = cacheTtl(section)
  return ttl && native?.take('cache_ttl', ttl)
}

/** @returns undefined when something is missing, which has been reported */
function translateCollection(section: Section): Draft | undefined {
  const native = new Draft(section.yaml, section.at.key)
  const dial = section.struct('dial_info')
  if (dial) translateDial(dial, native)
  const collection = needed(section, 'collection', 'users')
  native.take('collection', collection)
  return dial && collection && !['addrs', 'database'].some((key) => dial.refused(key)) ? native : undefined
}

function translateDial(dial: Section, native: Draft): void {
  dial.warnUnknown([...USED, ...UNUSED])
  for (const key of UNUSED) {
    if (dial.has(key)) dial.warn(key, 'is not used, as in docker_auth; remove it')
  }
  const addrs = dial.texts('addrs')
  if (addrs && addrs.value.length > 0) {
    native.put('addrs', draftList(dial.yaml, addrs.entry.value, addrs.value), addrs.entry)
  } else dial.refuse('addrs', 'is missing; write the servers, such as ["localhost:27017"]')
  native.take('database', needed(dial, 'database', 'docker_auth'))
  native.take('timeout', dialTimeout(dial))
  translateLogin(dial, native)
  if (dial.flag('enable_tls')?.value) {
    const entry = dial.entry('enable_tls')
    native.put('tls', new Draft(dial.yaml, entry.value).value, entry)
  }
}

/** Seconds: what the plugin takes. docker_auth reads the key, and waits 30 s whatever it says. */
const TIMEOUT = { least: 0.1, most: 60 }

/** Seconds. */
function dialTimeout(dial: Section): Given<number> | undefined {
  const given = dial.text('timeout')
  const seconds = given && goSeconds(given.value)
  if (!given || seconds === 0) return undefined
  if (seconds === undefined) {
    dial.refuse('timeout', 'is no duration; write such as "10s"')
    return undefined
  }
  const value = Math.min(Math.max(seconds, TIMEOUT.least), TIMEOUT.most)
  if (value !== seconds) {
    const hint =
      seconds < TIMEOUT.least ? '; a number without a unit is nanoseconds: write "10s"' : ': write "60s"'
    dial.warn('timeout', `is taken as ${value}s${hint}`)
  }
  return { value, entry: given.entry }
}

/** docker_auth's user always stands in the database admin; its password file counts before its password. */
function translateLogin(dial: Section, native: Draft): void {
  const username = filled(dial.text('username'))
  const password = filled(dial.text('password'))
  const file = filled(dial.text('password_file'))
  if (username && !file && !password) {
    dial.refuse(
      'password_file',
      'is missing beside username; write the path of a file that holds the password',
    )
    return
  }
  if (username) {
    native.take('username', username)
    if (file) native.take('password_file', file)
    else native.take('password', password)
    return
  }
  for (const [key, given] of Object.entries({ password, password_file: file })) {
    if (given) dial.warn(key, 'is not used without username; remove it, or write username')
  }
}

function needed(section: Section, key: string, example: string): Given<string> | undefined {
  const given = filled(section.text(key))
  if (!given) section.refuse(key, `is missing; write a name, such as ${example}`)
  return given
}

function filled(given: Given<string> | undefined): Given<string> | undefined {
  return given && given.value !== '' ? given : undefined
}
