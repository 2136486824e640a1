// Which account names can exist at all.

/** How long a name may be, in characters. */
export const MAX_ACCOUNT = 256
/** Docker's way to say that the secret is an identity token, which is what it calls a refresh token. */
export const TOKEN_USER = '<token>'

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

/**
 * Whether somebody can have this name, for plugins that make it from what others wrote.
 *
 * @example isAccountName('system:serviceaccount:ci:builder') // true
 */
export function isAccountName(account: string): boolean {
  return (
    account !== '' && account.length <= MAX_ACCOUNT && account !== TOKEN_USER && !isForbiddenAccount(account)
  )
}

/**
 * Whether registry clients can send this name with a password: Basic credentials end it at the first colon.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function isUserName(account: string): boolean {
  return isAccountName(account) && !account.includes(':')
}
