// Signing in with a browser: the plugin talks to the identity provider, the host does all the rest (pages, cookies, state,
// the password that is handed out, when it is looked at again).

import type { JsonValue } from './json.ts'
import type { Log } from './log.ts'
import type { AuthnOutcome } from './outcomes.ts'
import type { RequestScope } from './request.ts'

/** What an authenticator can add to the server's pages. */
export interface Routes {
  /** Adds a way to sign in with a browser. At most one for each instance. */
  signIn(signIn: SignIn): void
}

/** Where the provider sends the browser back to. */
export interface RedirectUrl {
  /** As registered at the provider; undefined = the page's address as the browser has it. */
  readonly url: string | undefined
  /** Its last segment, with the slash: where this server answers, behind whatever prefix. */
  readonly path: string
}

/**
 * A way to sign in. Whoever comes back accepted gets a personal access token, the password for `docker login`. It is bound to
 * the `session` of that accept: once it is older than `revalidateAfter`, the authenticator's `refresh` is asked with the session,
 * one request at a time on all nodes, and the session that it gives takes the old one's place.
 */
export interface SignIn {
  /** The provider's name as people know it: `Example Corp`, `GitHub`. */
  readonly title: string
  readonly redirect: RedirectUrl
  /** The registry to log in to, for the commands on the page: `registry.example.com`. */
  readonly registry: string | undefined
  /** Milliseconds for which an answer of the provider holds. */
  readonly revalidateAfter: number
  /** Milliseconds for which it holds beyond that, while the provider can't be asked. */
  readonly grace: number
  /** Milliseconds after which a password ends, whatever the provider says; undefined = never. */
  readonly passwordLifetime: number | undefined
  /** Makes the URL that the browser is sent to. @throws Error when the provider can't be asked */
  begin(attempt: SignInAttempt): Promise<SignInStart>
  /**
   * The browser is back, with the state that was given to `begin`. An accept without a `session` can't be looked at again: what
   * is handed out for it ends after `revalidateAfter`. The `message` of a reject is shown to the person.
   *
   * @throws Error when the provider can't be asked
   */
  finish(answer: SignInAnswer): Promise<AuthnOutcome>
  /** Where a person signs out at the provider; undefined = nowhere. */
  endUrl?(signal: AbortSignal): Promise<string | undefined>
}

/** A sign-in that begins: what the host gives to `begin`. */
export interface SignInAttempt {
  /**
   * Random. The browser must come back to `address` by GET with it in the query parameter `state`: the host finds the attempt by
   * that. A protocol without a state puts it into the return address.
   */
  readonly state: string
  /** Where the provider sends the browser back to: `redirect.url`, or the page's address as the browser has it. */
  readonly address: string
  /** Whether the person wants to come as somebody else: the provider shall ask, whoever is signed in there. */
  readonly another?: boolean
  readonly signal: AbortSignal
}

/** Where the browser is sent, and what is kept for its return. */
export interface SignInStart {
  readonly url: string
  /** What `finish` needs: a nonce, a PKCE verifier. Kept in the browser, at most 2,500 characters of JSON. */
  readonly keep: JsonValue
}

/** What the browser brought back from the provider. */
export interface SignInAnswer {
  /** The `address` of the attempt with the parameters that the provider added. */
  readonly url: URL
  readonly state: string
  readonly keep: JsonValue
  readonly signal: AbortSignal
  /** A log whose lines carry the request's id. */
  readonly log: Log
  /** Hands on what was found, as in a request: it is kept with what is handed out. */
  readonly provide: RequestScope['provide']
}
