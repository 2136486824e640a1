// The files of whoever connects with TLS: authorities to trust, a certificate to show and its key. One place for all that connect.
// They are read and tried at load: a bad one is an error there, not at a login.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Files } from '../contract/host.ts'
import { TLS_PAIR } from './options.ts'

/** Paths, as in the configuration. */
export interface TlsFiles {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

/** What node:tls takes. */
export interface TlsMaterial {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
}

/** What is wrong with a file, and the remedy. */
export interface TlsFault {
  /** Left out: with the certificate and the key together. */
  readonly option?: keyof TlsFiles
  readonly message: string
}

/**
 * Reads the files.
 *
 * @throws Error that names each option whose file can't be used, the file and the remedy
 * @example readTlsFiles({ ca: 'ca.pem' }, host.files)
 */
export function readTlsFiles(tls: TlsFiles | undefined, files: Files): TlsMaterial {
  const { material, faults } = tryTlsFiles(tls, files)
  if (faults.length === 0) return material
  const lines = faults.map(
    ({ option, message }) => `tls${option === undefined ? '' : `.${option}`}: ${message}`,
  )
  throw new Error(lines.join('; '))
}

/** The same for whoever tells each fault at its place: the material is of use only without faults. */
export function tryTlsFiles(
  tls: TlsFiles | undefined,
  files: Files,
): { readonly material: TlsMaterial; readonly faults: readonly TlsFault[] } {
  const { ca, certificate, key } = tls ?? {}
  const faults: TlsFault[] = []
  const read = <T>(
    option: keyof TlsFiles,
    path: string | undefined,
    of: (text: string) => T,
  ): T | undefined => {
    if (path === undefined) return undefined
    try {
      const text = files.readPem(path)
      return of(text)
    } catch (error) {
      const { message } = error as Error
      const where = error instanceof UnusableText ? `${files.resolve(path)} ` : ''
      faults.push({ option, message: `${where}${message}` })
      return undefined
    }
  }
  const authorities = read('ca', ca, certificatesIn)
  const chain = read('certificate', certificate, certificatesIn)
  const secret = read('key', key, keyIn)
  if ((certificate === undefined) !== (key === undefined)) faults.push({ message: TLS_PAIR })
  if (chain && secret && !fit(chain, secret)) {
    const [of, to] = [files.resolve(key!), files.resolve(certificate!)]
    faults.push({
      option: 'key',
      message: `${of} is not the private key of ${to}; name the two that were made together`,
    })
  }
  const material = {
    ...(authorities && { ca: authorities }),
    ...(chain && secret && { cert: chain.join('\n'), key: secret.text }),
  }
  if (faults.length === 0) {
    try {
      createSecureContext(material)
    } catch (error) {
      faults.push({ message: `OpenSSL does not take these files: ${(error as Error).message}` })
    }
  }
  return { material, faults }
}

/** What a file holds is of no use. The message goes on after its path. */
class UnusableText extends Error {}

const CERTIFICATE = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END \1?CERTIFICATE-----/g
const PRIVATE_KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]*?-----END \1?PRIVATE KEY-----/

/** The certificates of a PEM file. node:tls itself would ignore a file that holds none. */
function certificatesIn(text: string): string[] {
  const found = text.match(CERTIFICATE) ?? []
  if (found.length === 0) {
    const swapped = PRIVATE_KEY.test(text)
      ? ', but a private key: are the two swapped?'
      : '; export it as PEM'
    throw new UnusableText(`holds no PEM certificate${swapped}`)
  }
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch {
      throw new UnusableText(`is damaged: certificate ${index + 1} can not be read; export it again as PEM`)
    }
  }
  return found
}

interface Key {
  readonly text: string
  readonly object: KeyObject
}

function keyIn(text: string): Key {
  const [pem] = PRIVATE_KEY.exec(text) ?? []
  if (pem === undefined) {
    const swapped = text.match(CERTIFICATE)
      ? ', but a certificate: are the two swapped?'
      : '; export it as PEM'
    throw new UnusableText(`holds no PEM private key${swapped}`)
  }
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem))
    throw new UnusableText('is encrypted; store the key without a passphrase')
  try {
    return { text, object: createPrivateKey(pem) }
  } catch {
    throw new UnusableText('holds a private key that can not be read; export it again as PEM')
  }
}

/** OpenSSL itself compares the two only when they are of one type. */
function fit([certificate]: readonly string[], { object }: Key): boolean {
  return new X509Certificate(certificate!).checkPrivateKey(object)
}
