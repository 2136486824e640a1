// Lets in whoever has an account's password: the one place for what all backends that give password hashes do with them.
import { explained, type KnownAccount, type Why } from '../contract/explain.ts'
import type { Host } from '../contract/host.ts'
import type { Labels } from '../contract/labels.ts'
import { type MaybePromise, whenThere } from '../contract/maybe-promise.ts'
import { type AuthnOutcome, accept, pass, reject } from '../contract/outcomes.ts'
import type { Authenticator, Held } from '../contract/plugin.ts'
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
  find(account: string, request: RequestScope): MaybePromise<StoredAccount | undefined>
  /** All accounts, where they can be listed. */
  list?(): Iterable<readonly [name: string, account: StoredAccount]>
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
  { hashes, find, list, passes, gone, readsRequest = false }: PasswordBackend,
  { passwords }: Pick<Host, 'passwords'>,
): Authenticator {
  if (hashes === 'in a backend') passwords.announce()

  /** Waits as long as for a hash before it is false. */
  function isRight(password: Secret, credential: Credential, request: RequestScope): MaybePromise<boolean> {
    if ('matches' in credential && credential.matches(password)) return true
    const hash = 'hash' in credential ? credential.hash : undefined
    return passwords.verify(hash, password, request.signal)
  }

  const fingerprint = (credential: Usable) =>
    'hash' in credential ? passwords.fingerprint(credential.hash) : credential.fingerprint

  function authenticate(
    credentials: Credentials,
    request: RequestScope,
    why?: Why,
  ): MaybePromise<AuthnOutcome> {
    if (passes?.(credentials)) {
      why?.say('it has no account for such credentials')
      return pass
    }
    return whenThere(find(credentials.account, request), (found) => {
      if (!found) {
        why?.say('it has no such account')
        return pass
      }
      const { credential } = found
      return whenThere(isRight(credentials.password, credential, request), (right) => {
        if ('barred' in credential) return isBarred(credential, why)
        why?.say(`it has the account, and the password is ${right ? 'right' : 'wrong'}`)
        if (!right) return reject('wrong password')
        return accept({ ...identityOf(found), session: fingerprint(credential) })
      })
    })
  }

  function refresh({ account, session }: Held, request: RequestScope, why?: Why): MaybePromise<AuthnOutcome> {
    return whenThere(find(account, request), (found) => {
      if (!found) {
        why?.say(`it has no such account: ${gone}`)
        return reject(gone)
      }
      const { credential } = found
      if ('barred' in credential) return isBarred(credential, why)
      // Without a session it is not about a login with the password, but about the account alone.
      if (session === undefined) return isThere(found, why)
      const current = fingerprint(credential)
      return whenThere(typeof current === 'string' ? current : current(), (name) => {
        if (session === name) return isThere(found, why)
        why?.say('it has the account, with another password than at the login')
        return reject('the password has changed since')
      })
    })
  }

  return {
    ...(!readsRequest && { answersFrom: 'password', remembered: 'by default' }),

    authenticate: (credentials, request) => authenticate(credentials, request),
    explain: (credentials, request) => explained((why) => authenticate(credentials, request, why)),
    refresh: (held, request) => refresh(held, request),
    explainRefresh: (held, request) => explained((why) => refresh(held, request, why)),
    ...(list && { accounts: async () => [...list()].flatMap(knownAs) }),
  }
}

function isBarred({ barred }: { readonly barred: string }, why: Why | undefined): AuthnOutcome {
  why?.say(`it has the account, but ${barred}`)
  return reject(barred)
}

function isThere(found: StoredAccount, why: Why | undefined): AuthnOutcome {
  why?.say('it has the account')
  return accept(identityOf(found))
}

/** Who is barred is as good as not there. */
function knownAs([account, { credential, labels }]: readonly [string, StoredAccount]): KnownAccount[] {
  return 'barred' in credential ? [] : [{ account, labels }]
}

type Usable = Exclude<Credential, { readonly barred: string }>

function identityOf({ name, labels }: StoredAccount): { account?: string; labels: Labels } {
  return { ...(name !== undefined && { account: name }), labels }
}
