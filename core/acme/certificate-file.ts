// The certificate and its key in one file, as autocert of Go keeps them: what docker_auth had is found and used on.
import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changeFile } from '../kit/change-file.ts'
import { osReason } from '../kit/os-errors.ts'
import { makeStateFolder } from '../kit/state.ts'
import { alternativeNames } from '../x509/certificate-names.ts'
import { readCertificates, readPrivateKey } from '../x509/pem.ts'
import type { AcmeSettings } from './settings.ts'

/** A certificate that was issued. */
export interface Issued {
  /** The key and the chain, PEM. */
  readonly pem: string
  /** PKCS#8 PEM. */
  readonly key: string
  /** The chain, PEM. */
  readonly certificate: string
  readonly leaf: X509Certificate
}

/** @example certificatePath({ folder: '/var/lib/dockwarden/acme', domains: ['registry.example.com'] }) */
export function certificatePath({ folder, domains }: Pick<AcmeSettings, 'folder' | 'domains'>): string {
  return join(folder, domains[0]!)
}

/**
 * The certificate that is there.
 *
 * @returns undefined when there is none
 * @throws Error that names the file and the remedy
 */
export async function readIssued(
  settings: Pick<AcmeSettings, 'folder' | 'domains'>,
): Promise<Issued | undefined> {
  const path = certificatePath(settings)
  let pem: string
  try {
    pem = await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw new Error(`cannot read ${path}: ${osReason(error)}`, { cause: error })
  }
  return parseIssued(pem, `${path} (remove it to have a new certificate issued)`)
}

/** @throws Error when the text holds no key and certificate that belong together */
export function parseIssued(pem: string, source: string): Issued {
  const key = readPrivateKey(pem, source)
  const chain = readCertificates(pem, source)
  const [leaf] = chain as [X509Certificate]
  if (!leaf.checkPrivateKey(key)) throw new Error(`${source}: the certificate does not belong to the key`)
  return {
    pem,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: chain.join(''),
    leaf,
  }
}

/** Puts a certificate in the place of the one before, in one step. @throws Error that names the file and the remedy */
export async function writeIssued(
  settings: Pick<AcmeSettings, 'folder' | 'domains'>,
  { pem }: Issued,
): Promise<void> {
  await makeStateFolder(settings.folder, settings.domains[0]!)
  await changeFile(certificatePath(settings), () => Buffer.from(pem))
}

/** Whether a certificate is for all the names. */
export function isFor({ leaf }: Issued, domains: readonly string[]): boolean {
  const names = new Set(alternativeNames(leaf.subjectAltName)?.dns.map((name) => name.toLowerCase()))
  return domains.every((domain) => names.has(domain))
}

/** When it should be renewed, in milliseconds since the epoch: a third of its life is left for what may fail. */
export function renewalOf({ leaf }: Issued): number {
  const from = leaf.validFromDate.getTime()
  return from + ((leaf.validToDate.getTime() - from) * 2) / 3
}

/** The key of the account, made when there is none; in autocert's file. @returns PKCS#8 PEM */
export async function accountKey(folder: string, make: () => string): Promise<string> {
  await makeStateFolder(folder, ACCOUNT_FILE)
  const path = join(folder, ACCOUNT_FILE)
  let key = ''
  await changeFile(path, (bytes) => {
    key = bytes?.toString('utf8') ?? make()
    return bytes ? undefined : Buffer.from(key)
  })
  try {
    return createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch {
    throw new Error(
      `${path} holds no private key; put back the one that was there, or remove the file for a new account`,
    )
  }
}

const ACCOUNT_FILE = 'acme_account+key'
