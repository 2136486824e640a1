// Who answers at the realm: the server of this configuration, another one, or no token server at all.
import type { webcrypto } from 'node:crypto'
import { type Answer, type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { addressOf } from './names.ts'
import { hasErrors } from './reach.ts'
import { isSameKey, NUMBERS } from './same-key.ts'

/** Who answers there. */
export interface Answering {
  readonly findings: readonly Finding[]
  /** Whether it is a Dockwarden, of whatever configuration. */
  readonly isDockwarden: boolean
  /** Whether it is the server of our configuration. */
  readonly isOurs: boolean
  /** What it calls itself in its tokens, where it says so. */
  readonly issuer: string | undefined
  /** Where its paths begin: `https://auth.example.com/prefix`. */
  readonly base: string | undefined
}

/** What a server says of itself. */
interface Self {
  readonly base: string
  readonly issuer: string | undefined
  readonly keys: readonly webcrypto.JsonWebKey[] | undefined
}

const ENDPOINT = /\/(auth\/token|auth|token)\/?$/

/**
 * @param realm as the registry names it
 * @param answer of the realm to a client without credentials
 * @param registry of the registry's `/v2/`
 */
export async function whoAnswers(
  realm: URL,
  answer: Answer,
  registry: URL,
  ours: Ours | undefined,
  ask: Ask,
): Promise<Answering> {
  const self = await selfOf(realm, ours?.prefix ?? '', ask)
  const isDockwarden = self?.issuer !== undefined || looksLikeOurs(answer)
  const findings = [...identity(realm, answer, registry, self, isDockwarden, ours)]
  if (self?.keys) findings.push(...(await nodesFault(self.base, self.keys, ask)))
  const isOurs = findings.some(({ id, level }) => id === 'realm-server' && level === 'ok')
  return { findings, isDockwarden, isOurs, issuer: self?.issuer, base: self?.base }
}

function* identity(
  realm: URL,
  answer: Answer,
  registry: URL,
  self: Self | undefined,
  isDockwarden: boolean,
  ours: Ours | undefined,
): Iterable<Finding> {
  if (!self && !isDockwarden) {
    const token = (answer.json as { token?: unknown } | undefined)?.token
    const isToken = hasErrors(answer) || token !== undefined
    const isBack = addressOf(realm) === addressOf(registry) && token === undefined
    const what = isBack
      ? 'the registry itself, and no token server'
      : isToken
        ? 'another token server'
        : 'no token server'
    yield wrong(
      'realm-other',
      `at the realm ${realm.origin}${realm.pathname} answers ${what} (status ${answer.status}${typeOf(answer)})`,
      'clients get no token that the registry takes from this server',
      "correct the registry's auth.token.realm, or what the proxy has at this path",
    )
    return
  }
  if (!ours?.signing) return
  if (!self?.keys) {
    yield warning(
      'realm-keys',
      `the key set of the server at ${realm.origin} can not be had (/.well-known/jwks.json)`,
      'a registry with a jwks file, and whoever checks tokens, needs it; it would show whether this is the server of this configuration',
      `let the proxy pass ${ours.prefix}/.well-known/jwks.json on, too`,
    )
    return
  }
  const { signing } = ours
  const calls = self.issuer === undefined ? '' : ` of issuer ${JSON.stringify(self.issuer)}`
  if (!self.keys.some((key) => isSameKey(key, signing.publicJwk))) {
    const some = ours.keys.some(({ key }) => self.keys!.some((other) => isSameKey(other, key.publicJwk)))
    yield wrong(
      'realm-other',
      some
        ? `the server at ${self.base}${calls} does not publish the key that signs now, ${signing.kid}`
        : `at ${self.base} answers another server${calls}, without any key of this configuration`,
      'what was found here is not what clients meet there',
      some
        ? 'wait ten seconds after a change of keys, then restart the server; several nodes need one state directory, or the same token.keys'
        : `name the file of the server at ${self.base}, with its DOCKWARDEN_STATE_DIR (now ${ours.config.stateDir}); or correct the registry's auth.token.realm`,
    )
    return
  }
  if (self.issuer !== undefined && self.issuer !== ours.config.token.issuer) {
    yield wrong(
      'running-config',
      `the server at ${self.base} runs with issuer ${JSON.stringify(self.issuer)}, and the file says ${JSON.stringify(ours.config.token.issuer)}`,
      'what stands in the file is not in force',
      'dockwarden reload, or restart the server, or name the file that it runs with',
    )
    return
  }
  yield ok(
    'realm-server',
    `at ${self.base} answers the server of this configuration: its key set holds ${signing.kid}`,
  )
}

/** So often the key set is asked for: a load balancer may have several servers behind it. */
const TIMES = 4

/** Nodes with keys of their own sign tokens of which each registry knows only some. */
async function nodesFault(base: string, keys: Self['keys'], ask: Ask): Promise<Finding[]> {
  const idsOf = (set: Self['keys']) =>
    (set ?? [])
      .map((key) => JSON.stringify(NUMBERS.map((name) => key?.[name])))
      .sort()
      .join()
  for (let time = 0; time < TIMES; time++) {
    const other = keysIn(await quietly(ask, `${base}/.well-known/jwks.json`))
    if (!other || idsOf(other) === idsOf(keys)) continue
    return [
      wrong(
        'realm-nodes',
        `behind ${base} are several servers with different keys`,
        'registries take the tokens of some and refuse those of the others: what works now fails at the next time',
        'give all of them one state directory, or the same token.keys',
      ),
    ]
  }
  return []
}

/** For one whose other paths a proxy keeps back: what proxies add does not count alone. */
function looksLikeOurs(answer: Answer): boolean {
  const { headers, json } = answer
  const answers = hasErrors(answer) || 'issued_at' in ((json as object | undefined) ?? {})
  return answers && headers['x-request-id'] !== undefined && headers['x-content-type-options'] === 'nosniff'
}

function typeOf({ headers }: Answer): string {
  const type = headers['content-type']
  return type === undefined ? '' : `, ${type}`
}

/** Looks for the key set above the realm, where the configuration has it, and at the top. */
async function selfOf(realm: URL, prefix: string, ask: Ask): Promise<Self | undefined> {
  const above = realm.pathname.replace(ENDPOINT, '').replace(/\/+$/, '')
  const bases = new Set([above, prefix, ''].map((path) => `${realm.origin}${path}`))
  let found: Self | undefined
  for (const base of bases) {
    const issuer = issuerIn(await quietly(ask, `${base}/`))
    const keys = keysIn(await quietly(ask, `${base}/.well-known/jwks.json`))
    if (issuer !== undefined && keys) return { base, issuer, keys }
    if (issuer !== undefined || keys) found ??= { base, issuer, keys }
  }
  return found
}

async function quietly(ask: Ask, url: string): Promise<Answer | undefined> {
  try {
    return await ask(new URL(url))
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}

function issuerIn(answer: Answer | undefined): string | undefined {
  const { service, issuer } = (answer?.json ?? {}) as { service?: unknown; issuer?: unknown }
  return service === 'Dockwarden' && typeof issuer === 'string' ? issuer : undefined
}

function keysIn(answer: Answer | undefined): webcrypto.JsonWebKey[] | undefined {
  const { keys } = (answer?.json ?? {}) as { keys?: unknown }
  return answer?.status === 200 && Array.isArray(keys) ? keys : undefined
}
