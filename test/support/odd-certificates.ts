// Certificates byte by byte, for those that no decent library makes: weak, malformed, or with extensions of any kind.
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { X509Certificate } from '@peculiar/x509'
import { der, pem } from './client-certificates.ts'
import type { TestPair } from './key-pairs.ts'

export interface OddExtension {
  /** Object identifier. */
  readonly id: string
  readonly critical?: boolean
  readonly value: Buffer
}

interface OddOptions {
  /** Who signs; without it the certificate signs itself. */
  readonly issuer?: TestPair
  readonly key: KeyObject
  readonly extensions?: readonly OddExtension[]
  /** The signature's; by default what goes with the issuer's key. */
  readonly hash?: 'md5' | 'sha1' | 'sha256'
  readonly version?: 1 | 3
  readonly serial?: Buffer
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const DAY = 86_400_000

const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['rsa md5', '1.2.840.113549.1.1.4'],
  ['rsa sha1', '1.2.840.113549.1.1.5'],
  ['rsa sha256', '1.2.840.113549.1.1.11'],
  ['ec sha1', '1.2.840.10045.4.1'],
  ['ec sha256', '1.2.840.10045.4.3.2'],
])

/** Issues a certificate for the subject `CN=name`. */
export function oddCertificate(name: string, options: OddOptions): TestPair {
  const { issuer, key, extensions = [], hash = 'sha256', version = 3 } = options
  const signer = issuer ? createPrivateKey(issuer.key) : key
  const type = signer.asymmetricKeyType!
  const id = oid(ALGORITHMS.get(`${type} ${hash}`)!)
  const algorithm = sequence(id, ...(type === 'rsa' ? [der(0x05, '')] : []))
  const subject = sequence(der(0x31, sequence(oid('2.5.4.3'), der(0x0c, name))))
  const issuerName = issuer
    ? Buffer.from(new X509Certificate(issuer.certificate).subjectName.toArrayBuffer())
    : subject
  const signed = sequence(
    ...(version === 3 ? [der(0xa0, der(0x02, Buffer.from([2])))] : []),
    der(0x02, options.serial ?? Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    issuerName,
    sequence(
      time(options.notBefore ?? new Date(Date.now() - DAY)),
      time(options.notAfter ?? new Date(Date.now() + 30 * DAY)),
    ),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions.map(extension)))] : []),
  )
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign(hash, signed, signer)]))
  return {
    certificate: pem('CERTIFICATE', sequence(signed, algorithm, signature)),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

/** An object identifier whose first number is below 2, or second below 48. @example oid('2.5.29.15') */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(number: number): number[] {
  const low = number & 127
  const high = []
  for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) {
    high.unshift((left & 127) | 128)
  }
  return [...high, low]
}

function extension({ id, critical = false, value }: OddExtension): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([255]))] : []), der(0x04, value))
}

/** UTCTime. */
function time(date: Date): Buffer {
  return der(0x17, `${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`)
}
