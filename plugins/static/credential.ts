// What a configured user must show.
import {
  type Credential,
  isPasswordHash,
  type Passwords,
  type Secret,
  type Unhashed,
} from '../../core/plugin.ts'
import type { User } from './options.ts'

/**
 * The credential of the user with this account name.
 *
 * @throws Error that names the user whose hash can't be checked on this server
 */
export function credentialOf(account: string, user: User, passwords: Passwords): Credential {
  if (user.disabled) return { barred: 'the user is disabled' }
  if (!user.password) return ANY
  const text = user.password.reveal()
  if (!isPasswordHash(text)) return plain(account, user.password, passwords)
  const unfit = passwords.announce(text)
  if (unfit) throw new Error(`the password hash of ${JSON.stringify(account)} ${unfit}`)
  return { hash: text }
}

/** Without a password: requests without credentials, and users with any_password. */
const ANY: Unhashed = { matches: () => true, fingerprint: async () => 'any' }

function plain(account: string, secret: Secret, passwords: Passwords): Unhashed {
  let fingerprint: Promise<string> | undefined
  return {
    matches: (given) => secret.equals(given),
    fingerprint() {
      fingerprint ??= passwords
        .fingerprintOfPlain(secret, `dockwarden static ${account}`)
        .catch((error: unknown) => {
          // The next one tries again.
          fingerprint = undefined
          throw error
        })
      return fingerprint
    },
  }
}
