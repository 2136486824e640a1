// The keys and the TLS certificate that the configuration names, or those of the state directory.
import { X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { Config, Spots } from '../config/config.ts'
import type { TlsSection } from '../config/native/listeners.ts'
import type { TlsSettings } from '../config/native/tls-schema.ts'
import type { KeyPlan } from '../keys/key-ring.ts'
import { loadSigningKey } from '../keys/keys.ts'
import { stateKeys, stateTls } from '../keys/state-keys.ts'
import { createState } from '../kit/state.ts'
import { messageOf } from '../kit/thrown.ts'
import type { HostServices } from '../services/host.ts'
import { expiryWarning } from '../x509/expiry.ts'
import { readCertificates } from '../x509/pem.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'
import { loadOrdered } from './acme.ts'
import { certificateDoubts } from './certificate-doubts.ts'
import { type ServerTls, tlsOptions } from './tls.ts'

/** The signing keys of a configuration. */
export interface ServerKeys {
  /** Without keys when a check finds no state yet. */
  readonly plan: KeyPlan
  /** The files that they were read from, in the order of the plan. */
  readonly paths: readonly string[]
  /** The CA file for the registry, when the keys are of the state directory. */
  readonly caPath?: string
  /** What an operator should know at a time, in milliseconds since the epoch. */
  warnings(now: number): string[]
}

const NO_KEYS: ServerKeys = { plan: { keys: [], published: [] }, paths: [], warnings: () => [] }
const READ_AGAIN = 'renew the files; they are read again when they change'

/** What loading the signing keys needs of a configuration. */
export type KeySection = Spots & Pick<Config, 'token' | 'stateDir'>
/** What files and made keys come from. */
type Sources = Pick<HostServices, 'files' | 'state' | 'clock'>

/**
 * Loads the signing keys.
 *
 * @param running those in use. Of the state directory's nothing is made then: where that was emptied, a new CA would come in the place of the one
 *   that the registries know
 * @throws Error that names the key and the remedy
 */
export async function loadKeys(
  config: KeySection,
  host: Sources,
  running?: Pick<ServerKeys, 'caPath'>,
): Promise<ServerKeys> {
  if (config.token.keys) return await loadConfigured(config.token.keys, config, host)
  if (running?.caPath === undefined) return await loadState(config, host)
  const state = createState(config.stateDir, { readOnly: true, announce: () => {} })
  const keys = await loadState(config, { ...host, state })
  if (keys.plan.keys.length > 0) return keys
  throw new Error(
    `${config.stateDir} does not hold the signing CA and its keys any more; put the files back, for with a new CA the registries would refuse every token`,
  )
}

/** Whether two have the same keys, with the same certificates, at the same times. */
export function sameKeys(one: ServerKeys, other: ServerKeys): boolean {
  const facts = ({ plan }: ServerKeys) => ({
    keys: plan.keys.map(({ key, signsFrom }) => [signsFrom, key.header, key.certificateChain]),
    published: plan.published.map(({ header, certificateChain }) => [header, certificateChain]),
  })
  return isDeepStrictEqual(facts(one), facts(other))
}

async function loadState(
  config: Omit<KeySection, keyof Spots>,
  host: Omit<Sources, 'files'>,
): Promise<ServerKeys> {
  const { key_id: keyId, x5c } = config.token
  const own = await stateKeys(host.state, config.stateDir, host.clock)
  if (!own) return NO_KEYS
  const keys = await Promise.all(
    own.keys.map(async ({ path, signsFrom, ...pair }) => {
      const source = { source: path, renewal: 'run dockwarden key rotate' }
      return { signsFrom, key: await loadSigningKey({ keyId, x5c, ...pair, ...source }) }
    }),
  )
  const ca = {
    which: own.caPath,
    harm: 'registries refuse every token',
    remedy:
      'make another CA with dockwarden key generate in another DOCKWARDEN_STATE_DIR, let the registries trust both, then put its signing* files here in the place of these',
  }
  return {
    plan: { keys, published: [] },
    paths: own.keys.map(({ path }) => path),
    caPath: own.caPath,
    warnings: (now) => [
      ...keys.flatMap(({ key }) => key.warnings(now)),
      ...[expiryWarning(new X509Certificate(own.caCertificate), ca, now)].flatMap((warning) => warning ?? []),
    ],
  }
}

type KeyConfig = NonNullable<Config['token']['keys']>[number]

async function loadConfigured(
  configured: readonly KeyConfig[],
  config: KeySection,
  host: Pick<Sources, 'files'>,
): Promise<ServerKeys> {
  const { key_id: keyId, x5c } = config.token
  const [first, ...others] = await Promise.all(
    configured.map(async ({ certificate, key, algorithm }, index) => {
      const at = `token.keys.${index}`
      // As the file words it: docker_auth's form has token.key and server.key.
      const source = config.spotOf(`${at}.key`).path.replace(/\.key$/, '')
      const pair = readPair(config, host, at, { certificate, key })
      const given = { keyId, x5c, ...pair, algorithm, source, renewal: READ_AGAIN }
      return await loadSigningKey(given).catch((error: Error) => {
        const names = certificate === undefined ? '' : filesOf({ certificate, key }, host)
        throw located(error, config, at, source, names)
      })
    }),
  )
  return {
    plan: { keys: [{ key: first!, signsFrom: Number.NEGATIVE_INFINITY }], published: others },
    paths: configured.map(({ key }) => host.files.resolve(key)),
    warnings: (now) => [first!, ...others].flatMap((key) => key.warnings(now)),
  }
}

interface Pair<C> {
  readonly certificate: C
  readonly key: string
}

/** Reads both files; each fault stands at the key that names the file. */
function readPair<C extends string | undefined>(
  config: Spots,
  host: Pick<Sources, 'files'>,
  at: string,
  paths: Pair<C>,
): Pair<C> {
  const problems: Problem[] = []
  const read = <P extends string | undefined>(name: keyof Pair<C>, path: P): P => {
    try {
      return (path === undefined ? path : host.files.readPem(path)) as P
    } catch (error) {
      const spot = config.spotOf(`${at}.${name}`)
      problems.push({ file: config.file, ...spot, message: (error as Error).message })
      return path
    }
  }
  const pair = { certificate: read('certificate', paths.certificate), key: read('key', paths.key) }
  if (problems.length > 0) throw new ConfigError(problems)
  return pair
}

/** Both files, to be put behind a message about the two. */
function filesOf({ certificate, key }: Pair<string>, { files }: Pick<Sources, 'files'>): string {
  return ` (certificate ${files.resolve(certificate)}, key ${files.resolve(key)})`
}

/** The fault of a key at the place of the file that has it: its message begins with the key's path. */
function located(
  { message: words }: Error,
  config: Spots,
  at: string,
  source: string,
  files: string,
): ConfigError {
  const message = /does not belong|swapped/.test(words) ? `${words}${files}` : words
  const name = ['certificate', 'key'].find((part) => message.startsWith(`${source}.${part}: `))
  const spot = config.spotOf(name === undefined ? at : `${at}.${name}`)
  const rest = name === undefined ? message : message.slice(`${source}.${name}: `.length)
  return new ConfigError([{ file: config.file, ...spot, message: rest }])
}

/** Loads the certificates of a section of TLS. @returns undefined when a check finds no state yet */
export async function loadTls(
  { at, settings }: TlsSection,
  config: Spots & Pick<Config, 'stateDir'>,
  host: Sources,
): Promise<ServerTls | undefined> {
  if (settings !== 'auto')
    return 'acme' in settings
      ? loadOrdered(at, settings, config, host)
      : loadCertificates(at, settings, config, host)
  const names = ['localhost', hostname(), '127.0.0.1', '::1']
  const own = await stateTls(host.state, host.clock, names)
  if (!own) return undefined
  const { certificate, key, certificatePath: madePath } = own
  const remedy = 'remove tls.pem and tls.crt from the state directory, and let clients trust the new tls.crt'
  const options = tlsOptions(certificate, key)
  return { options, madePath, ...validityOf(certificate, madePath, remedy) }
}

/** Loads certificates of the operator's. @param at the path of their section */
function loadCertificates(
  at: string,
  { pairs, ...suites }: TlsSettings,
  config: Spots,
  host: Pick<Sources, 'files'>,
): ServerTls {
  const problems: Problem[] = []
  const loaded = pairs.flatMap((pair) => {
    try {
      const { certificate, key } = readPair(config, host, `${at}${pair.at}`, pair)
      const place = config.spotOf(`${at}${pair.at}.certificate`).path
      const options = tlsOptions(certificate, key, suites, filesOf(pair, host))
      return { options, place, ...validityOf(certificate, place, READ_AGAIN) }
    } catch (error) {
      if (error instanceof ConfigError) problems.push(...error.problems)
      // Of a single one, the section is the place.
      else if (pair.at === '') throw error
      else
        problems.push({ file: config.file, ...config.spotOf(`${at}${pair.at}`), message: messageOf(error) })
      return []
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  const [first, ...others] = loaded
  const places = loaded.map(({ place }) => place)
  return {
    options: {
      ...first!.options,
      ...(others.length > 0 && { others: others.map(({ options: { cert, key } }) => ({ cert, key })) }),
    },
    notAfter: new Date(Math.min(...loaded.map(({ notAfter }) => notAfter.getTime()))),
    warnings: (now) => loaded.flatMap(({ warnings }) => warnings(now)),
    doubts: certificateDoubts(
      loaded.map(({ options }) => options.cert),
      places,
    ),
  }
}

function validityOf(pem: string, place: string, remedy: string): Pick<ServerTls, 'notAfter' | 'warnings'> {
  const chain = readCertificates(pem, place)
  const harm = 'clients refuse to connect'
  return {
    notAfter: chain[0]!.validToDate,
    warnings: (now) =>
      chain.flatMap((certificate, index) => {
        const which = `${place}: certificate ${index + 1}`
        return expiryWarning(certificate, { which, harm, remedy }, now) ?? []
      }),
  }
}
