// Keys that the server makes for itself and keeps in the state directory.
//
//   signing-ca.pem   the signing CA, key and certificate     signing-ca.crt   its certificate: the registry's bundle
//   signing.pem      the leaf that signs tokens, both
//   tls.pem          the TLS certificate and key             tls.crt          the certificate, for clients to trust
//
// A key and its certificate share one file, since two processes may start at once: of a file, one of the two versions
// stays and both processes read that one, but of two files each could come from another process. For the same reason
// everything further is made from what stands in the file, not from what was just made.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock, State } from '../contract/index.ts'
import type { PemPair } from './certificates.ts'
import { readCertificates, readPrivateKey } from './pem.ts'

/** The key that signs tokens when the configuration names none. */
export interface StateKeys extends PemPair {
  /** The file with the CA's certificate: the registry's `rootcertbundle`. */
  readonly caPath: string
}

/** The TLS certificate and key for when the configuration names none. */
export interface StateTls extends PemPair {
  /** The file with the certificate alone, which clients must trust. */
  readonly certificatePath: string
}

/**
 * The signing CA and the leaf under it, made when missing.
 *
 * @returns undefined when something is missing and nothing may be made (`dockwarden check`)
 * @throws Error when a file is damaged, or the files are not of one CA; it names them and the remedy
 */
export async function stateKeys(state: State, clock: Clock): Promise<StateKeys | undefined> {
  const ca = await storedPair(state, 'signing-ca.pem', async () =>
    (await maker()).createSigningCa(clock.now()),
  )
  if (!ca) return undefined
  const leaf = await storedPair(state, 'signing.pem', async () =>
    (await maker()).issueSigningLeaf(ca, clock.now()),
  )
  const caPath = await publishedCertificate(state, 'signing-ca.crt', ca)
  if (!leaf || !caPath) return undefined
  if (!new X509Certificate(leaf.certificate).verify(new X509Certificate(ca.certificate).publicKey)) {
    throw new Error(
      `${leaf.path} was not issued by the CA in ${ca.path}, so that registries would refuse every token; put back the files that belong together, or remove ${leaf.path} to have a new one issued`,
    )
  }
  return { certificate: leaf.certificate, key: leaf.key, caPath }
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
  const pair = await storedPair(state, 'tls.pem', async () =>
    (await maker()).createTlsCertificate(names, clock.now()),
  )
  if (!pair) return undefined
  const certificatePath = await publishedCertificate(state, 'tls.crt', pair)
  if (!certificatePath) return undefined
  return { certificate: pair.certificate, key: pair.key, certificatePath }
}

/** Loaded only when something is to be made: a start that finds its files doesn't pay for it. */
const maker = () => import('./certificates.ts')

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
  if (path === undefined) return undefined
  const text = await readFile(path, 'utf8')
  const source = `${path} (put back a good copy, or remove the file to have a new one made)`
  return {
    path,
    key: readPrivateKey(text, source).export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: readCertificates(text, source).join(''),
  }
}

/** The pair's certificate in a file of its own, to be handed out: it must not be one of an earlier pair. */
async function publishedCertificate(
  state: State,
  name: string,
  pair: StoredPair,
): Promise<string | undefined> {
  const path = await state.file(name, async () => pair.certificate)
  if (path === undefined) return undefined
  const [published] = readCertificates(
    await readFile(path, 'utf8'),
    `${path} (remove it to have it made again)`,
  )
  if (published!.raw.equals(new X509Certificate(pair.certificate).raw)) return path
  throw new Error(
    `${path} does not hold the certificate of ${pair.path}; remove it to have it made again, and replace it wherever it was handed out`,
  )
}
