// Tokens that are good for one login: their names (`jti`, RFC 7519 section 4.1.7) are kept until they end, for all nodes.
import type { JWTPayload } from 'jose'
import type { Host } from '../../core/plugin.ts'
import type { IssuerOptions } from './options.ts'
import { WrongToken } from './verify.ts'

/**
 * @returns says of a token that is good whether it has not been shown before; from then on it has. Throws WrongToken for one
 *   without a name, Error when nobody can say
 * @throws Error when the configuration has no store
 */
export function openFirstUse(
  { issuer, clock_tolerance }: Pick<IssuerOptions, 'issuer' | 'clock_tolerance'>,
  { store }: Pick<Host, 'store'>,
): (claims: JWTPayload) => Promise<boolean> {
  return async ({ jti, exp }) => {
    if (typeof jti !== 'string' || jti === '') throw new WrongToken('has no jti, which once needs')
    // A token without an end is refused.
    return await store.setIfAbsent(['jti', issuer, jti], true, exp! * 1_000 + clock_tolerance)
  }
}
