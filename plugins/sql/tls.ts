// The TLS options of a connection, read when it is opened: a bad file is an error at load, not at a login.
import { createSecureContext } from 'node:tls'
import type { Files } from '../../core/plugin.ts'
import type { Tls } from './tls-options.ts'

/** What node:tls takes. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** @throws Error naming the file and the remedy */
export function readTls({ ca, certificate, key }: Tls, files: Files): TlsMaterial {
  const material: TlsMaterial = {
    ...(ca !== undefined && { ca: certificates(ca, files) }),
    ...(certificate !== undefined && { cert: certificates(certificate, files) }),
    ...(key !== undefined && { key: files.readPem(key) }),
  }
  try {
    createSecureContext(material)
  } catch {
    const names = [ca, certificate, key].filter((path) => path !== undefined).map(files.resolve)
    throw new Error(
      `${names.join(', ')}: TLS can not use these; write PEM files, and the key that belongs to the certificate`,
    )
  }
  return material
}

/** node:tls itself ignores a file that holds none. */
function certificates(path: string, files: Files): string {
  const text = files.readPem(path)
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error(`${files.resolve(path)} holds no PEM certificate`)
  }
  return text
}
