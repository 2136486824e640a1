// What docker_auth's sections for signing in have in common: the client, how long to wait, addresses, and when to ask again.
import { resolve } from 'node:path'
import { REGISTRY_ADDRESS } from '../../kit/sign-in-options.ts'
import { Secret } from '../../plugin.ts'
import { Draft } from './draft.ts'
import { goSeconds } from './go-duration.ts'
import type { Given, Section } from './section.ts'
import { TOKEN_DB_KEYS } from './token-db.ts'

/** What a section becomes: the plugin's options, and how long one of its calls may take when the file says it. */
export interface SignInDraft {
  readonly options: Draft
  /** Seconds. */
  readonly timeout: Given<number> | undefined
}

const KEYS = ['client_id', 'client_secret', 'client_secret_file', ...TOKEN_DB_KEYS, 'http_timeout']

/** An instance's timeout can't be longer. */
const MOST_TIMEOUT_SECONDS = 60
/** Both that of the timeout. */
const LEAST_TIMEOUT_SECONDS = 0.001
/** The interval is at least this in the native form. */
const LEAST_INTERVAL_SECONDS = 1

/**
 * Starts with what every section has.
 *
 * @param keys the section's other keys
 * @returns a draft with the client in it
 */
export function begin(section: Section, keys: readonly string[]): SignInDraft {
  section.warnUnknown([...KEYS, ...keys])
  const options = new Draft(section.yaml, section.at.key)
  options.take('client_id', needed(section, 'client_id', 'the id of the client that is registered there'))
  options.take('client_secret', clientSecret(section))
  return { options, timeout: httpTimeout(section) }
}

/** Empty text is absent. */
export function filled(given: Given<string> | undefined): Given<string> | undefined {
  return given?.value === '' ? undefined : given
}

/** @param what the key should hold, as the end of "is missing; write" */
export function needed(section: Section, key: string, what: string): Given<string> | undefined {
  const given = filled(section.text(key))
  if (!given) section.refuse(key, `is missing; write ${what}`)
  return given
}

/** As docker_auth: the file counts before the text, and the space around its content does not. */
function clientSecret(section: Section): Given<string> | undefined {
  const text = filled(section.text('client_secret'))
  const file = filled(section.text('client_secret_file'))
  if (!file) {
    if (!text) section.refuse('client_secret', 'is missing; write it here, or its path as client_secret_file')
    return text && { ...text, secret: text.secret ?? new Secret(text.value) }
  }
  if (text) section.warn('client_secret', 'is not used beside client_secret_file; remove it')
  const path = resolve(file.value)
  try {
    const read = section.yaml.secrets('!file', path, '.')
    const value = read.reveal().trim()
    const secret = value === read.reveal() ? read : new Secret(value)
    if (value !== '') return { value, secret, entry: file.entry }
    section.refuse('client_secret_file', 'names an empty file; put the secret into it')
  } catch (error) {
    // A path that was given as a secret prints as ***.
    const why = (error as Error).message.replace(path, () => String(file.secret ?? path))
    section.refuse('client_secret_file', `${why}; put the client's secret there`)
  }
  return undefined
}

function httpTimeout(section: Section): Given<number> | undefined {
  const given = duration(section, 'http_timeout')
  if (!given) return undefined
  const { value: seconds, entry } = given
  // docker_auth takes its default then, which is that of every translated section.
  if (seconds <= 0) return undefined
  if (seconds < LEAST_TIMEOUT_SECONDS) {
    section.warn(
      'http_timeout',
      'is too short for any answer, as a number without a unit is nanoseconds; 10s is taken: write "10s"',
    )
    return undefined
  }
  if (seconds <= MOST_TIMEOUT_SECONDS) return given
  section.warn('http_timeout', 'is taken as 60s, the most that a call may take; write "60s" or less')
  return { value: MOST_TIMEOUT_SECONDS, entry }
}

/** Seconds. */
function duration(section: Section, key: string): Given<number> | undefined {
  const given = section.text(key)
  if (!given) return undefined
  const value = goSeconds(given.value)
  if (value === undefined) section.refuse(key, 'is no duration; write such as "10s" or "1h30m"')
  return value === undefined ? undefined : { value, entry: given.entry }
}

/** Puts how long an answer of the provider holds. Without it the plugin's default is docker_auth's. */
export function putRevalidation(section: Section, native: Draft): void {
  const given = duration(section, 'revalidate_after')
  if (!given || given.value === 0) return
  if (given.value < LEAST_INTERVAL_SECONDS) {
    section.warn(
      'revalidate_after',
      'is taken as 1s, the least there is; a number without a unit is nanoseconds, so write "1h" for an hour',
    )
  }
  native.put('revalidate_after', Math.max(given.value, LEAST_INTERVAL_SECONDS), given.entry)
}

/** Puts the registry of the commands on the page, which is no URL for `docker login`. docker_auth shows any text there. */
export function putRegistry(section: Section, native: Draft): void {
  const given = filled(section.text('registry_url'))
  if (!given) return
  const value = given.value
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
  if (REGISTRY_ADDRESS.test(value)) native.put('registry', value, given.entry)
  else section.warn('registry_url', 'is no registry, so that the pages name none; write HOST or HOST:PORT')
}

/**
 * Puts where a provider is. Without the API's address the plugin takes the one that belongs to the other; docker_auth would send
 * what belongs to a provider of one's own to the public one.
 *
 * @param prefix of the section's keys, such as `github`
 */
export function putAddresses(section: Section, native: Draft, prefix: string): void {
  for (const part of ['web', 'api']) {
    const key = `${prefix}_${part}_uri`
    native.take(`${part}_url`, withScheme(section, key, filled(section.text(key))))
  }
}

/**
 * Puts where the provider sends the browser back to.
 *
 * @param page the only path at which docker_auth answers
 */
export function putRedirect(section: Section, native: Draft, key: string, page: string): void {
  const given = needed(
    section,
    key,
    `it as registered at the provider, such as https://auth.example.com${page}`,
  )
  if (given && !given.value.endsWith(page)) {
    section.warn(
      key,
      `does not end with ${page}, where docker_auth answers; here its own last part is answered: write and register one that ends so`,
    )
  }
  native.take('redirect_url', withScheme(section, key, given))
}

/** docker_auth loads an address without a scheme, and then finds nothing there. */
export function withScheme(
  section: Section,
  key: string,
  given: Given<string> | undefined,
): Given<string> | undefined {
  if (!given || /^\w+:\/\//.test(given.value)) return given
  section.warn(key, 'has no https:// in front, which is added here; write it')
  return { value: `https://${given.value}`, entry: given.entry }
}

/** Puts labels, as expressions; all others of the plugin's defaults are none of docker_auth's. */
export function putLabels(
  section: Section,
  native: Draft,
  labels: ReadonlyMap<string, string>,
  entry = section.at,
): void {
  const draft = new Draft(section.yaml, entry.value)
  for (const [name, expression] of labels) draft.put(name, expression, entry)
  native.put('labels', draft.value, entry)
}
