// Keys and certificates for tests, made anew in each run: no private key lies in the repository.
import 'reflect-metadata'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'

/** A certificate and its private key, both PEM text. */
export interface TestPair {
  readonly certificate: string
  readonly key: string
}

/** How the private key of each type is made, and how it signs a certificate. */
const TYPES = {
  'RSA-1024': { algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, make: () => rsa(1024) },
  'RSA-2048': { algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, make: () => rsa(2048) },
  'P-256': { algorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }, make: () => ec('P-256') },
  'P-384': { algorithm: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }, make: () => ec('P-384') },
  'P-521': { algorithm: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' }, make: () => ec('P-521') },
  Ed25519: { algorithm: { name: 'Ed25519' }, make: () => generateKeyPairSync('ed25519') },
} as const

export type KeyType = keyof typeof TYPES

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })

/** A private key as PKCS#8 PEM text. */
export function newKey(type: KeyType): string {
  return pem(TYPES[type].make().privateKey)
}

/** A key and a self-signed certificate; by default valid from an hour ago for a year. */
export async function newPair(
  type: KeyType,
  given: { notBefore?: Date; notAfter?: Date; name?: string } = {},
): Promise<TestPair> {
  const { algorithm, make } = TYPES[type]
  const { privateKey, publicKey } = make()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${given.name ?? 'test'}`,
    notBefore: given.notBefore ?? new Date(Date.now() - 3_600_000),
    notAfter: given.notAfter ?? new Date(Date.now() + 365 * 86_400_000),
    signingAlgorithm: algorithm,
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    },
  })
  return { key: pem(privateKey), certificate: `${certificate.toString('pem')}\n` }
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
