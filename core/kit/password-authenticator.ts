// Lets in whoever has an account's password: the one place for what all backends that give password hashes do with them.
import type { Host } from '../contract/host.ts'
import type { Labels } from '../contract/labels.ts'
import { accept, pass, reject } from '../contract/outcomes.ts'
import type { Authenticator } from '../contract/plugin.ts'
import type { Credentials, RequestScope } from '../contract/request.ts'
import type { Secret } from '../contract/secret.ts'

/** What an account must show. */
export type Credential =
  /** A bcrypt or argon2 hash of the password. */
  | { readonly hash: string }
  /** Nobody can log in; the reason is for the log. */
  | { readonly barred: string }
  | Unhashed

/** What costs no hash to check. */
export interface Unhashed {
  matches(password: Secret): boolean
  /** Changes when the credential does; the same in every process with the same configuration. */
  fingerprint(): Promise<string>
}

/** An account, as its backend has it. */
export interface StoredAccount {
  /** As the backend spells it; left out: as it was asked. */
  readonly name?: string
  readonly credential: Credential
  readonly labels: Labels
}

/** Where the accounts are. */
export interface PasswordBackend {
  /**
   * Whether the plugin has announced each hash that it knows, or they are in a backend, where nobody knows them yet: what a name that
   * nobody knows costs a client.
   */
  readonly hashes: 'announced' | 'in a backend'
  /** Looks an account up, at each login and at each use of what came of one. Undefined: there is none. */
  find(account: string, request: RequestScope): Promise<StoredAccount | undefined>
  /** Credentials that are passed without a look: whatever no account can have. */
  passes?(credentials: Credentials): boolean
  /** What is said of an account that was there and is not any more. @example 'the user is no longer in the file' */
  readonly gone: string
  /** True when what `find` gives depends on more of a request than the account. */
  readonly readsRequest?: boolean
}

/**
 * Makes the authenticator of such a backend, which may add `ready` and `close`. Who is refused waits as long as for a hash, whatever the
 * reason is: the time of an answer must not tell which names there are. A session is a fingerprint of the credential, so that a
 * login ends with the password that it was made with.
 *
 * @example
 * return { ...passwordAuthenticator({ hashes: 'in a backend', find, gone: 'the user was removed' }, host), close }
 */
export function passwordAuthenticator(
  { hashes, find, passes, gone, readsRequest = false }: PasswordBackend,
  { passwords }: Pick<Host, 'passwords'>,
): Authenticator {
  if (hashes === 'in a backend') passwords.announce()

  /** Waits as long as for a hash before it is false. */
  async function isRight(password: Secret, credential: Credential, signal: AbortSignal): Promise<boolean> {
    if ('matches' in credential && credential.matches(password)) return true
    const hash = 'hash' in credential ? credential.hash : undefined
    return await passwords.verify(hash, password, signal)
  }

  const fingerprint = (credential: Usable) =>
    'hash' in credential ? passwords.fingerprint(credential.hash) : credential.fingerprint

  return {
    ...(!readsRequest && { answersFrom: 'password', remembered: 'by default' }),

    async authenticate(credentials, request) {
      if (passes?.(credentials)) return pass
      const found = await find(credentials.account, request)
      if (!found) return pass
      const { credential } = found
      const right = await isRight(credentials.password, credential, request.signal)
      if ('barred' in credential) return reject(credential.barred)
      if (!right) return reject('wrong password')
      return accept({ ...identityOf(found), session: fingerprint(credential) })
    },

    async refresh({ account, session }, request) {
      const found = await find(account, request)
      if (!found) return reject(gone)
      const { credential } = found
      if ('barred' in credential) return reject(credential.barred)
      // Without a session it is not about a login with the password, but about the account alone.
      if (session !== undefined) {
        const current = fingerprint(credential)
        if (session !== (typeof current === 'string' ? current : await current()))
          return reject('the password has changed since')
      }
      return accept(identityOf(found))
    },
  }
}

type Usable = Exclude<Credential, { readonly barred: string }>

function identityOf({ name, labels }: StoredAccount): { account?: string; labels: Labels } {
  return { ...(name !== undefined && { account: name }), labels }
}
