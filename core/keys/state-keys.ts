// Keys that the server makes for itself and keeps in the state directory.
//
//   signing-ca.pem   the signing CA, key and certificate     signing-ca.crt   its certificate: the registry's bundle
//   signing.pem      the first leaf that signs tokens, both
//   signing-*.pem    its successors, with the time from which each signs
//   tls.pem          the TLS certificate and key             tls.crt          the certificate, for clients to trust
//
// A key and its certificate share one file, since two processes may start at once: of a file, one of the two versions
// stays and both processes read that one, but of two files each could come from another process. For the same reason
// everything further is made from what stands in the file, not from what was just made.
import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { osReason } from '../kit/os-errors.ts'
import type { Clock, State } from '../plugin.ts'
import type { PemPair } from '../x509/certificates.ts'
import { readCertificates, readPrivateKey } from '../x509/pem.ts'
import { keyFileName, signsFrom } from './key-schedule.ts'

const CA_FILE = 'signing-ca.pem'
/** The TLS certificate with its key, and its copy for clients. */
export const TLS_FILES = ['tls.pem', 'tls.crt'] as const

/** A key that signs tokens when the configuration names none. */
export interface StateKey extends PemPair {
  readonly path: string
  /** Milliseconds since the epoch; -Infinity for the first one. */
  readonly signsFrom: number
}

/** The signing keys of a state directory. */
export interface StateKeys {
  /** In the order in which they sign; at least one. */
  readonly keys: readonly StateKey[]
  /** The CA's certificate, PEM. */
  readonly caCertificate: string
  /** The file with the CA's certificate: the registry's `rootcertbundle`. */
  readonly caPath: string
}

/** The TLS certificate and key for when the configuration names none. */
export interface StateTls extends PemPair {
  /** The file with the certificate alone, which clients must trust. */
  readonly certificatePath: string
}

/**
 * The signing CA and the keys under it; the CA and a first key are made when there are none.
 *
 * @param folder the state directory
 * @returns undefined when something is missing and nothing may be made (`dockwarden check`)
 * @throws Error when a file is damaged, or the files are not of one CA; it names them and the remedy
 */
export async function stateKeys(state: State, folder: string, clock: Clock): Promise<StateKeys | undefined> {
  const ca = await signingCa(state, clock)
  if (!ca) return undefined
  if ((await keyFiles(folder)).length === 0) await issueInto(state, ca, Number.NEGATIVE_INFINITY, clock)
  const caPath = await publishedCertificate(state, 'signing-ca.crt', ca)
  const keys = await readKeys(folder, ca)
  return keys.length > 0 && caPath ? { keys, caCertificate: ca.certificate, caPath } : undefined
}

/**
 * Makes a further key, for when the present one is to be replaced.
 *
 * @param signsFrom milliseconds since the epoch
 * @returns the file; undefined when there is no CA and nothing may be made
 */
export async function addStateKey(
  state: State,
  signsFrom: number,
  clock: Clock,
): Promise<string | undefined> {
  const ca = await signingCa(state, clock)
  return ca && (await issueInto(state, ca, signsFrom, clock))
}

function signingCa(state: State, clock: Clock): Promise<StoredPair | undefined> {
  return storedPair(state, CA_FILE, async () => (await maker()).createSigningCa(clock.now()))
}

function issueInto(
  state: State,
  ca: StoredPair,
  signsFrom: number,
  clock: Clock,
): Promise<string | undefined> {
  return state.file(keyFileName(signsFrom), async () => {
    const { key, certificate } = await (await maker()).issueSigningLeaf(ca, clock.now())
    return key + certificate
  })
}

/** The files whose change means other signing keys. */
export async function signingFiles(folder: string): Promise<string[]> {
  return [CA_FILE, ...(await keyFiles(folder)).map(({ name }) => name)].map((name) => join(folder, name))
}

interface KeyFile {
  readonly name: string
  readonly signsFrom: number
}

/** The files with signing keys, in the order in which these sign. */
async function keyFiles(folder: string): Promise<KeyFile[]> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw new Error(`cannot read ${folder}: ${osReason(error)}`)
  })
  return names
    .flatMap((name) => {
      const from = signsFrom(name)
      return from === undefined ? [] : [{ name, signsFrom: from }]
    })
    .sort((one, other) => (one.signsFrom < other.signsFrom ? -1 : 1))
}

async function readKeys(folder: string, ca: StoredPair): Promise<StateKey[]> {
  const authority = new X509Certificate(ca.certificate).publicKey
  const keys = await Promise.all(
    (await keyFiles(folder)).map(async ({ name, signsFrom }) => {
      const path = join(folder, name)
      const pair = await readPair(path).catch((error) => {
        // Another process removes keys that are retired.
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!pair) return undefined
      if (!new X509Certificate(pair.certificate).verify(authority)) {
        throw new Error(
          `${path} was not issued by the CA in ${ca.path}, so that registries would refuse every token; put back the files that belong together, or remove ${path} to have a new one issued`,
        )
      }
      return { path, signsFrom, key: pair.key, certificate: pair.certificate }
    }),
  )
  return keys.filter((key) => key !== undefined)
}

/**
 * A self-signed TLS certificate, made when missing.
 *
 * @param names host names and IP addresses for a new one
 * @returns undefined when it is missing and nothing may be made (`dockwarden check`)
 * @throws Error when a file is damaged, or the two are not of one certificate; it names them and the remedy
 */
export async function stateTls(
  state: State,
  clock: Clock,
  names: readonly string[],
): Promise<StateTls | undefined> {
  const pair = await storedPair(state, TLS_FILES[0], async () =>
    (await maker()).createTlsCertificate(names, clock.now()),
  )
  if (!pair) return undefined
  const certificatePath = await publishedCertificate(state, TLS_FILES[1], pair)
  if (!certificatePath) return undefined
  return { certificate: pair.certificate, key: pair.key, certificatePath }
}

/** Loaded only when something is to be made: a start that finds its files doesn't pay for it. */
const maker = () => import('../x509/certificates.ts')

interface StoredPair extends PemPair {
  readonly path: string
}

async function storedPair(
  state: State,
  name: string,
  make: () => Promise<PemPair>,
): Promise<StoredPair | undefined> {
  const path = await state.file(name, async () => {
    const { key, certificate } = await make()
    return key + certificate
  })
  return path === undefined ? undefined : await readPair(path)
}

async function readPair(path: string): Promise<StoredPair> {
  const text = await readText(path)
  const source = `${path} (put back a good copy, or remove the file to have a new one made)`
  return {
    path,
    key: readPrivateKey(text, source).export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: readCertificates(text, source).join(''),
  }
}

/** @throws Error in words, but as Node made it when the file is missing */
async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error) => {
    throw error.code === 'ENOENT' ? error : new Error(`cannot read ${path}: ${osReason(error)}`)
  })
}

/** The pair's certificate in a file of its own, to be handed out: it must not be one of an earlier pair. */
async function publishedCertificate(
  state: State,
  name: string,
  pair: StoredPair,
): Promise<string | undefined> {
  const path = await state.file(name, async () => pair.certificate)
  if (path === undefined) return undefined
  const [published] = readCertificates(await readText(path), `${path} (remove it to have it made again)`)
  if (published!.raw.equals(new X509Certificate(pair.certificate).raw)) return path
  throw new Error(
    `${path} does not hold the certificate of ${pair.path}; remove it to have it made again, and replace it wherever it was handed out`,
  )
}
