// Authorities and what they issue, for tests of client certificates: also names that no decent authority would certify.
import 'reflect-metadata'
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonName,
  Name,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509'
import { newKey, type TestPair } from './key-pairs.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A distinguished name: as text, or attribute by attribute, where `#` begins a value that is given as DER in hexadecimal. */
export type Subject = string | JsonName

interface LeafOptions {
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** What the certificate is for; without it, for anything. */
  readonly usage?: 'client' | 'server'
  /** The subject alternative names, from `alternativeNames`; several make several extensions. */
  readonly names?: readonly Buffer[]
}

/** Issues certificates and revokes them. */
export interface Authority extends TestPair {
  /** A certificate with its key. */
  issue(subject: Subject, options?: LeafOptions): Promise<TestPair>
  /** An authority below this one. */
  authority(name: string, dates?: LeafOptions): Promise<Authority>
  /** This root with the same name and key, but other dates. */
  renewed(): Promise<Authority>
  /** A revocation list, as PEM text. */
  list(revoked: readonly TestPair[], more?: ListOptions): Promise<string>
}

interface ListOptions {
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  readonly extensions?: readonly Extension[]
}

/** Makes a root. */
export async function newAuthority(name: string, dates: LeafOptions = {}): Promise<Authority> {
  return authorityOf(await issue(`CN=${name}`, undefined, dates, [new BasicConstraintsExtension(true)]))
}

/** What issues with this certificate, whether it may or not. */
export function authorityOf(pair: TestPair): Authority {
  return {
    ...pair,
    issue: (subject, options = {}) => issue(subject, pair, options),
    authority: async (name, dates = {}) =>
      authorityOf(await issue(`CN=${name}`, pair, dates, [new BasicConstraintsExtension(true)])),
    renewed: async () => {
      const { subject } = new X509Certificate(pair.certificate)
      return authorityOf(await issue(subject, undefined, {}, [new BasicConstraintsExtension(true)], pair.key))
    },
    async list(revoked, more = {}) {
      const serials = revoked.map(({ certificate }) => new X509Certificate(certificate).serialNumber)
      const made = await X509CrlGenerator.create({
        issuer: new X509Certificate(pair.certificate).subject,
        thisUpdate: more.thisUpdate ?? new Date(Date.now() - 30 * DAY),
        nextUpdate: more.nextUpdate ?? new Date(Date.now() + DAY),
        entries: serials.map((serialNumber) => ({
          serialNumber,
          revocationDate: new Date(Date.now() - HOUR),
        })),
        extensions: [...(more.extensions ?? [])],
        signingAlgorithm: ALGORITHM,
        signingKey: signingKey(pair),
      })
      return pem('X509 CRL', made.rawData)
    },
  }
}

async function issue(
  subject: Subject,
  issuer: TestPair | undefined,
  { notBefore, notAfter, usage, names = [] }: LeafOptions,
  extensions: Extension[] = [],
  key = newKey('P-256'),
): Promise<TestPair> {
  const own: TestPair = { certificate: '', key }
  const made = await X509CertificateGenerator.create({
    subject: new Name(subject),
    issuer: issuer ? new X509Certificate(issuer.certificate).subjectName : new Name(subject),
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    notBefore: notBefore ?? new Date(Date.now() - 30 * DAY),
    notAfter: notAfter ?? new Date(Date.now() + 30 * DAY),
    publicKey: createPublicKey(key).toCryptoKey(ALGORITHM, true, ['verify']),
    signingKey: signingKey(issuer ?? own),
    signingAlgorithm: ALGORITHM,
    extensions: [
      ...extensions,
      ...(usage
        ? [
            new ExtendedKeyUsageExtension([
              usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth,
            ]),
          ]
        : []),
      ...names.map((value) => new Extension('2.5.29.17', false, value)),
    ],
  })
  return { ...own, certificate: pem('CERTIFICATE', made.rawData) }
}

function signingKey({ key }: TestPair): CryptoKey {
  return createPrivateKey(key).toCryptoKey(ALGORITHM, true, ['sign'])
}

/** Bytes as PEM text. */
export function pem(label: string, der: ArrayBuffer | Buffer): string {
  const lines = Buffer.from(der as ArrayBuffer)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** One value in DER: a tag, and its content of less than 16 MiB. */
export function der(tag: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string)
  const { length } = bytes
  const size = length < 128 ? [length] : [0x83, length >> 16, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), bytes])
}

/** An attribute's value as UTF8String, whatever it holds. */
export function utf8(content: Buffer | string): string {
  return `#${der(0x0c, content).toString('hex')}`
}

/** The tags of general names (RFC 5280, 4.2.1.6). */
const TAGS = { email: 0x81, dns: 0x82, dir: 0xa4, uri: 0x86, ip: 0x87, id: 0x88, other: 0xa0 } as const

/** The value of the extension: names by kind, each as its bytes. */
export function alternativeNames(
  ...names: readonly (readonly [kind: keyof typeof TAGS, value: Buffer | string])[]
): Buffer {
  return der(0x30, Buffer.concat(names.map(([kind, value]) => der(TAGS[kind], value))))
}
