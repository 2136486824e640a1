// Which account names can exist at all.

/** How long a name may be, in characters. */
export const MAX_ACCOUNT = 256
/** Docker's way to say that the secret is an identity token, which is what it calls a refresh token. */
export const TOKEN_USER = '<token>'

/**
 * Controls, and whatever shows nothing or turns the text around it: format characters, default ignorables, the blank
 * Braille pattern, and what is no character at all (half a surrogate pair, noncharacters, the replacement character).
 * Private and unassigned characters are let through: they show as a box, and which are assigned depends on Node's version.
 *
 * @see https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufffd\u2800]/u
const SPACE_AT_AN_END = /^\s|\s$/u

/**
 * Why no backend may see a name: with characters that can't be seen, or with white space at an end. A shell script reads
 * `ok\n` as `ok`, and people read `ok\u200b` as `ok`: the same name would be two identities.
 *
 * @returns undefined for a name that may be, else what follows "the name "
 * @example faultOfAccount('ok\u200b') // 'has U+200B in it'
 */
export function faultOfAccount(account: string): string | undefined {
  const [hidden] = FORBIDDEN.exec(account) ?? []
  if (hidden !== undefined) return `has ${codePoint(hidden)} in it`
  const [space] = SPACE_AT_AN_END.exec(account) ?? []
  return space === undefined ? undefined : `has white space at an end (${codePoint(space)})`
}

/** As Unicode writes a character that can't be shown. */
function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * Whether somebody can have this name, for plugins that make it from what others wrote.
 *
 * @example isAccountName('system:serviceaccount:ci:builder') // true
 */
export function isAccountName(account: string): boolean {
  return account !== '' && account.length <= MAX_ACCOUNT && account !== TOKEN_USER && !faultOfAccount(account)
}

/**
 * Whether registry clients can send this name with a password: Basic credentials end it at the first colon.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function isUserName(account: string): boolean {
  return isAccountName(account) && !account.includes(':')
}
