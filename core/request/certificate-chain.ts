// From a certificate that a proxy has verified to an authority of ours: once more, in case that the proxy only passes on what
// it was shown. Of what OpenSSL checks in a handshake, the limits of authorities (path length, name constraints) are left to
// the proxy.
import type { X509Certificate } from 'node:crypto'
import type { RevocationList } from '../token/revocation-list.ts'
import {
  EXPIRED,
  LIST_EXPIRED,
  LIST_NOT_YET_VALID,
  NO_LIST,
  NOT_YET_VALID,
  REVOKED,
  UNKNOWN,
  WRONG_PURPOSE,
} from './certificate-problems.ts'

/** Whom the configuration trusts for client certificates. */
export interface Authorities {
  /** Up to the roots. */
  readonly certificates: readonly X509Certificate[]
  /** None: nobody looks whether a certificate was revoked. */
  readonly lists: readonly RevocationList[]
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/**
 * Why a certificate is not trusted.
 *
 * @param now milliseconds since the epoch
 * @returns undefined when it is
 */
export function chainProblem(
  leaf: X509Certificate,
  authorities: Authorities,
  now: number,
): string | undefined {
  if (leaf.keyUsage && !leaf.keyUsage.includes(CLIENT_AUTH)) return WRONG_PURPOSE
  return problemAbove(leaf, authorities, now, [])
}

/** Whether one made the other's signature, and may have. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

/**
 * An authority that was renewed under its old name and key is there twice: one good way is enough.
 *
 * @param below the way so far: no authority is on it twice
 */
function problemAbove(
  certificate: X509Certificate,
  authorities: Authorities,
  now: number,
  below: readonly X509Certificate[],
): string | undefined {
  const own = timeProblem(certificate, now)
  if (own !== undefined || (below.length > 0 && isIssuedBy(certificate, certificate))) return own
  const way = [...below, certificate]
  const issuers = authorities.certificates.filter(
    (authority) => !way.includes(authority) && isIssuedBy(certificate, authority),
  )
  if (issuers.length === 0) return UNKNOWN
  const { lists } = authorities
  let first: string | undefined
  for (const issuer of issuers) {
    const problem =
      (lists.length > 0 ? revocation(certificate, issuer, lists, now) : undefined) ??
      problemAbove(issuer, authorities, now, way)
    if (problem === undefined) return undefined
    first ??= problem
  }
  return first
}

function timeProblem({ validFromDate, validToDate }: X509Certificate, now: number): string | undefined {
  if (now < validFromDate.getTime()) return NOT_YET_VALID
  return now > validToDate.getTime() ? EXPIRED : undefined
}

function revocation(
  { serialNumber }: X509Certificate,
  authority: X509Certificate,
  lists: readonly RevocationList[],
  now: number,
): string | undefined {
  const own = lists.filter((list) => list.isOf(authority))
  if (own.length === 0) return NO_LIST
  if (own.some((list) => list.revokes(serialNumber))) return REVOKED
  const begun = own.filter(({ thisUpdate }) => thisUpdate.getTime() <= now)
  if (begun.length === 0) return LIST_NOT_YET_VALID
  const current = begun.some(({ nextUpdate }) => nextUpdate === undefined || nextUpdate.getTime() >= now)
  return current ? undefined : LIST_EXPIRED
}
