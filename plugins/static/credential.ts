// What a configured user must show, and the fingerprint of it that a session holds.
import { isPasswordHash, type Passwords, type Secret } from '../../core/plugin.ts'
import type { User } from './options.ts'

/** One user's way to log in. */
export interface Credential {
  /** Why the password is refused, for the log; undefined when it is right. */
  refuses(password: Secret, signal: AbortSignal): Promise<string | undefined>
  /** Changes when the credential does; the same in every process with the same configuration. Undefined: no session. */
  fingerprint(): Promise<string | undefined>
}

/**
 * The credential of the user with this account name.
 *
 * @throws Error that names the user whose hash can't be checked on this server
 */
export function credentialOf(account: string, user: User, passwords: Passwords): Credential {
  if (user.disabled) return disabled(passwords)
  if (!user.password) return ANY
  const text = user.password.reveal()
  if (!isPasswordHash(text)) return plain(account, user.password, passwords)
  const unfit = passwords.announce(text)
  if (unfit) throw new Error(`the password hash of ${JSON.stringify(account)} ${unfit}`)
  return hashed(text, passwords)
}

// Whoever is refused waits as long as for a hash: the time of an answer must not tell which names there are.
function disabled(passwords: Passwords): Credential {
  return {
    async refuses(given, signal) {
      await passwords.verify(undefined, given, signal)
      return 'the user is disabled'
    },
    fingerprint: async () => undefined,
  }
}

/** Without a password: requests without credentials, and users with any_password. */
const ANY: Credential = { refuses: async () => undefined, fingerprint: async () => 'any' }

function hashed(hash: string, passwords: Passwords): Credential {
  return {
    refuses: async (given, signal) => ((await passwords.verify(hash, given, signal)) ? undefined : WRONG),
    fingerprint: async () => passwords.fingerprint(hash),
  }
}

function plain(account: string, secret: Secret, passwords: Passwords): Credential {
  let fingerprint: Promise<string> | undefined
  return {
    async refuses(given, signal) {
      if (secret.equals(given)) return undefined
      await passwords.verify(undefined, given, signal)
      return WRONG
    },
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

const WRONG = 'wrong password'
