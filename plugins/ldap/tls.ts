// The TLS files, read and checked at load: a bad one is an error there, not at a login.
import { X509Certificate } from 'node:crypto'
import { createSecureContext, type ConnectionOptions as TlsOptions } from 'node:tls'
import type { Files } from '../../core/plugin.ts'
import type { ConnectionOptions } from './options.ts'

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/**
 * Reads the authorities, the client certificate and its key.
 *
 * @throws Error naming the file and the remedy
 */
export function readTls(tls: ConnectionOptions['tls'], files: Files): TlsOptions {
  const { ca, certificate, key } = tls
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error('tls.certificate and tls.key belong together; name both or none')
  }
  const options: TlsOptions = { rejectUnauthorized: !tls.insecure_skip_verify }
  if (ca !== undefined) options.ca = certificatesIn(ca, files)
  if (certificate !== undefined && key !== undefined) {
    options.cert = certificatesIn(certificate, files).join('\n')
    options.key = files.readPem(key)
    try {
      createSecureContext({ cert: options.cert, key: options.key })
    } catch {
      throw new Error(`${files.resolve(key)} is not the private key of ${files.resolve(certificate)}`)
    }
  }
  return options
}

/** The certificates of a PEM file. node:tls itself would ignore a file that holds none. */
function certificatesIn(path: string, files: Files): string[] {
  const found = files.readPem(path).match(PEM_CERTIFICATE) ?? []
  try {
    for (const pem of found) new X509Certificate(pem)
  } catch {
    throw new Error(`a certificate in ${files.resolve(path)} is damaged; export it again as PEM`)
  }
  if (found.length === 0) throw new Error(`${files.resolve(path)} holds no PEM certificate`)
  return found
}
