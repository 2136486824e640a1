// The authorities that the configuration trusts for client certificates, and their revocation lists.
import { constants, type X509Certificate } from 'node:crypto'
import { createSecureContext, type TlsOptions } from 'node:tls'
import type { Config, Spots } from '../config/config.ts'
import { METRICS_TLS } from '../config/native/listeners.ts'
import { type ClientVerdict, createClientVerdict } from '../request/client-verdict.ts'
import { verdictFault } from '../request/client-verdict-check.ts'
import type { HostServices } from '../services/host.ts'
import { expiryWarning } from '../x509/expiry.ts'
import { readCertificates, readRevocationLists } from '../x509/pem.ts'
import { type RevocationList, readRevocationList } from '../x509/revocation-list.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'
import type { ServedTls } from './certificate-choice.ts'

/** Whom to trust for client certificates, and how the listener asks for them. */
export interface ClientTrust {
  readonly options: TlsOptions
  /** The same verdict as that of the listener, on certificates that a proxy passes on. */
  readonly verdict: ClientVerdict
  /** The files that it was read from. */
  readonly paths: readonly string[]
  /** When an authority or a list ends, in milliseconds since the epoch: verdicts of before may be other ones then. */
  readonly ends: readonly number[]
  /** What an operator should know at a time, in milliseconds since the epoch. */
  warnings(now: number): string[]
}

/** What a section of TLS is served with: whom to trust for clients' certificates, but where the metrics are. */
export function withTrust(at: string, tls: ServedTls, trust: ClientTrust | undefined): ServedTls {
  return at === METRICS_TLS ? tls : { ...tls, ...trust?.options }
}

/** The same as it is now. */
export interface LiveClientTrust {
  current: ClientTrust
}

/**
 * Nobody is turned away in the handshake: whoever has no certificate, or none of ours, may have a password. Sessions are not
 * resumed: they would carry the verdict of an earlier handshake past a revocation. Nor are they renegotiated: a client could show
 * another certificate, for which the verdict on the first would still stand.
 */
const ASKING: TlsOptions = {
  requestCert: true,
  rejectUnauthorized: false,
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
}

const HARM = 'its client certificates are refused'
const OTHER_NODE = 'run the newest Node of the versions that README.md names, or end TLS here'
const REMEDY = 'renew the file; it is read again when it changes'

/**
 * Loads `server.client_ca` and `server.client_crl`.
 *
 * @returns undefined when the configuration asks for no certificates
 * @throws ConfigError with what is wrong in either file
 */
export async function loadClientTrust(
  config: Spots & Pick<Config, 'server'>,
  { files }: Pick<HostServices, 'files'>,
): Promise<ClientTrust | undefined> {
  const { client_ca: caPath, client_crl: crlPath, client_certificate: proxies } = config.server
  if (caPath === undefined) return undefined
  const problems: Problem[] = []
  const placeOf = (key: Key | 'client_certificate') => config.spotOf(`server.${key}`).path
  const open = <T>(key: Key, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      const spot = config.spotOf(`server.${key}`)
      const message = (error as Error).message.replace(`${key}: `, '')
      problems.push({ file: config.file, ...spot, message })
      return undefined
    }
  }
  const authorities = open('client_ca', () => readAuthorities(files.readPem(caPath)))
  const lists = open('client_crl', () =>
    crlPath === undefined ? [] : readLists(files.readPem(crlPath), authorities ?? []),
  )
  if (!authorities || !lists) throw new ConfigError(problems)
  const trust = {
    ca: authorities.map(String),
    ...(lists.length > 0 && { crl: lists.map(({ pem }) => pem) }),
  }
  const fault = proxies && (await verdictFault())
  return {
    options: { ...ASKING, ...trust },
    verdict: fault === undefined ? createClientVerdict(trust) : async () => fault,
    ends: [
      ...authorities.map(({ validToDate }) => validToDate.getTime()),
      ...lists.flatMap(({ nextUpdate }) => nextUpdate?.getTime() ?? []),
    ],
    paths: [caPath, crlPath].flatMap((path) => (path === undefined ? [] : files.resolve(path))),
    warnings: (now) => [
      ...(fault === undefined
        ? []
        : [`${placeOf('client_certificate')}: ${fault}; they are refused: ${OTHER_NODE}`]),
      ...authorities.flatMap((authority, index) => {
        const which = `${placeOf('client_ca')}: certificate ${index + 1} (${nameOf(authority)})`
        return expiryWarning(authority, { which, harm: HARM, remedy: REMEDY }, now) ?? []
      }),
      ...lists.flatMap(({ nextUpdate, issuers }) =>
        nextUpdate !== undefined && nextUpdate.getTime() < now
          ? `${placeOf('client_crl')}: the list of ${issuers.join(' and ')} expired on ${nextUpdate.toISOString()}; ${HARM}: ${REMEDY}`
          : [],
      ),
    ],
  }
}

type Key = 'client_ca' | 'client_crl'

/** @throws Error when a certificate is no authority, or the one above it is missing: OpenSSL wants the way to a root */
function readAuthorities(text: string): X509Certificate[] {
  const certificates = readCertificates(text, 'client_ca')
  for (const [index, certificate] of certificates.entries()) {
    const which = `certificate ${index + 1} (${nameOf(certificate)})`
    if (!certificate.ca) {
      throw new Error(
        `${which} is no authority; name the file with the certificates that issue those of the clients`,
      )
    }
    if (!certificates.some((other) => isIssuedBy(certificate, other))) {
      throw new Error(
        `${which} was issued by an authority that is not in the file; add those above it, up to the root`,
      )
    }
  }
  return certificates
}

/** Whether one made the other's signature, and may have. */
function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

interface List extends RevocationList {
  readonly pem: string
  /** The authorities that it is of. */
  readonly issuers: readonly string[]
}

/** @throws Error when a list can't be used, or an authority has none: all below it would be refused */
function readLists(text: string, authorities: readonly X509Certificate[]): List[] {
  const lists = readRevocationLists(text, 'client_crl').map((pem, index) => {
    const which = `list ${index + 1}`
    const list = readList(pem, which)
    const issuers = authorities.filter(list.isOf).map(nameOf)
    const named = authorities.find(list.isNamedAfter)
    if (issuers.length === 0 && named) {
      throw new Error(
        `${which} is in the name of ${nameOf(named)}, but not signed with the key of that authority; get it from there`,
      )
    }
    return { ...list, pem, issuers }
  })
  const without = authorities.find((authority) => !lists.some(({ isOf }) => isOf(authority)))
  if (without) {
    throw new Error(
      `there is no revocation list of ${nameOf(without)}, and every certificate below it would be refused; add its list, or remove client_crl`,
    )
  }
  return lists
}

function readList(pem: string, which: string): RevocationList {
  try {
    createSecureContext({ crl: pem })
  } catch {
    throw new Error(`${which} is damaged; take a fresh copy of the file`)
  }
  try {
    return readRevocationList(pem)
  } catch (error) {
    throw new Error(`${which} can't be used: ${(error as Error).message}`)
  }
}

function nameOf({ subject, serialNumber }: X509Certificate): string {
  return subject?.replaceAll('\n', ', ') || `serial ${serialNumber}`
}
