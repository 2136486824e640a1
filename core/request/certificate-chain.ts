// From a certificate that a proxy has verified to an authority of ours: once more, in case that the proxy only passes on what
// it was shown. Of what OpenSSL checks in a handshake, the limits of authorities (path length, name constraints) are left to
// the proxy.
import type { X509Certificate } from 'node:crypto'
import type { RevocationList } from '../token/revocation-list.ts'
import {
  EXPIRED,
  LIST_EXPIRED,
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
const MAX_DEPTH = 10

/**
 * Why a certificate is not trusted.
 *
 * @param now milliseconds since the epoch
 * @returns undefined when it is
 */
export function chainProblem(
  leaf: X509Certificate,
  { certificates, lists }: Authorities,
  now: number,
): string | undefined {
  if (leaf.keyUsage && !leaf.keyUsage.includes(CLIENT_AUTH)) return WRONG_PURPOSE
  let below = leaf
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const above = certificates.find((other) => below.checkIssued(other) && below.verify(other.publicKey))
    if (!above) return UNKNOWN
    const problem =
      timeProblem(below, now) ?? (lists.length > 0 ? revocation(below, above, lists, now) : undefined)
    if (problem !== undefined) return problem
    if (above.checkIssued(above)) return timeProblem(above, now)
    below = above
  }
  return UNKNOWN
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
  const current = own.some(({ nextUpdate }) => nextUpdate === undefined || nextUpdate.getTime() >= now)
  return current ? undefined : LIST_EXPIRED
}
