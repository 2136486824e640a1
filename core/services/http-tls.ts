// The TLS files of an HTTP client, read and checked when it is opened: a bad one is an error at load, not at a login.
import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Files, HttpClientOptions } from '../plugin.ts'

/** What node:tls takes. */
interface TlsMaterial {
  readonly ca?: string[]
  readonly cert?: string
  readonly key?: string
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/**
 * Reads the certificates and the key.
 *
 * @throws Error naming the file and the remedy
 */
export function readTls(tls: HttpClientOptions['tls'], files: Files): TlsMaterial {
  if (!tls) return {}
  const { certificate, key } = tls
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error('tls.certificate and tls.key belong together; name both or none')
  }
  return {
    ...(tls.ca !== undefined && { ca: certificates(tls.ca, files) }),
    ...(certificate !== undefined && key !== undefined && pair(certificate, key, files)),
  }
}

/** The certificates of a PEM file. node:tls itself would ignore a file that holds none. */
function certificates(path: string, files: Files): string[] {
  const found = files.readPem(path).match(PEM_CERTIFICATE) ?? []
  if (found.length === 0) throw new Error(`${files.resolve(path)} holds no PEM certificate`)
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch {
      throw new Error(`certificate ${index + 1} in ${files.resolve(path)} is damaged; export it again as PEM`)
    }
  }
  return found
}

function pair(certificate: string, key: string, files: Files): TlsMaterial {
  const cert = certificates(certificate, files).join('\n')
  const material = { cert, key: files.readPem(key) }
  try {
    createSecureContext(material)
  } catch {
    const names = `${files.resolve(certificate)} and ${files.resolve(key)}`
    throw new Error(
      `${names} do not fit together; the key must be the certificate's own, as PEM without a passphrase`,
    )
  }
  return material
}
