// Which account names can exist at all.

/** How long a name may be, in characters. */
export const MAX_ACCOUNT = 256

const FORBIDDEN = /[\p{Cc}\u2028\u2029\ufffd]|^\s|\s$/u

/**
 * True for a name that no backend may see: with control characters, or with white space at an end. A shell script reads
 * `ok\n` as `ok`: the same name would be two identities.
 *
 * @example isForbiddenAccount('ok\n') // true
 */
export function isForbiddenAccount(account: string): boolean {
  return FORBIDDEN.test(account)
}
