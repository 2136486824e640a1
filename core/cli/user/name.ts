// Which names a password file can hold.
import { faultOfAccount, MAX_ACCOUNT, TOKEN_USER } from '../../contract/account.ts'
import { Secret } from '../../plugin.ts'
import { readSecretToken } from '../../token/secret-token.ts'

/**
 * @returns why nobody could log in by this name; undefined for a good one
 * @example whyNoName('a:b') // 'has a colon in it, ...'
 */
export function whyNoName(name: string): string | undefined {
  if (name === '') return 'is empty'
  const fault = faultOfAccount(name)
  if (fault !== undefined) return `${fault}, which no account can have`
  if (name.includes(':')) return 'has a colon in it, which ends the name in the file and in what clients send'
  if (name.startsWith('#')) return 'begins with #, which makes the line a comment'
  if (name.length > MAX_ACCOUNT) return `has more than ${MAX_ACCOUNT} characters`
  if (name === TOKEN_USER) return 'is what docker calls whoever comes with an identity token'
  if (readSecretToken(new Secret(name))) return 'is a token'
  return undefined
}
