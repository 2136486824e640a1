// How a plugin is written: one call of definePlugin, exported as the module's default.
import type { z } from 'zod'
import type { Candidates, Explained, KnownAccount, ListedRules } from './explain.ts'
import type { Host } from './host.ts'
import type { JsonValue } from './json.ts'
import type { Labels } from './labels.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { AuthnOutcome, AuthzOutcome } from './outcomes.ts'
import type { Credentials, Identity, RequestScope, ResourceRequest } from './request.ts'
import type { Needed, ProvidedToken } from './sharing.ts'
import type { Routes } from './sign-in.ts'

/**
 * What every plugin instance may have besides its one method, which gives its answer or a promise of it: what has it at once, as from memory,
 * spares each request a promise and a timer.
 */
interface Lifecycle {
  /** Rejects while the instance can't work: its backend can't be reached, or was never read. Asked at start and by /readyz. */
  ready?(): Promise<void>
  /** Frees what the instance holds; no request is in flight any more. */
  close?(): Promise<void>
}

/** What is known of an account that was accepted earlier. */
export interface Held {
  readonly account: string
  readonly labels: Labels
  readonly session?: JsonValue
  /**
   * Keeps another session at once, whatever comes of this call: what the old one holds may be used up (a refresh token that
   * the provider has replaced) before the rest is known. There for what a browser sign-in handed out.
   */
  saveSession?(session: JsonValue): Promise<void>
}

/** Says who an account is. */
export interface Authenticator extends Lifecycle {
  /**
   * `password` says that an outcome depends on account and password alone, and on nothing else of the request: not on the client's
   * address, not on the service. Only then those who ask the same at the same time share one answer. Left out: never.
   */
  readonly answersFrom?: 'password'
  /**
   * With `answersFrom: 'password'`, the host may remember a password that was proved, and let the next login with it in without asking
   * `authenticate`; where there is a `refresh` it asks that at each use, with the session of the proof. `by default`: because
   * `refresh` compares what is stored of the password (its hash) with the session. An object: never, and why. Left out: only where
   * the configuration asks for it (`remember`).
   */
  readonly remembered?: 'by default' | { readonly never: string }
  authenticate(credentials: Credentials, request: RequestScope): MaybePromise<AuthnOutcome>
  /**
   * Looks again at an account: accept = still good, with fresh labels; reject or pass = not any more. Asked at each use of a
   * refresh token, with the `session` of its login, which a `session` in the accept replaces; of a personal access token that
   * names this authenticator, which has no session: then only the account counts; and of what a browser sign-in handed out,
   * with the session of that.
   *
   * Names the account as `authenticate` does: a token is of the account that is named here, and another name beside it is good
   * when this finds the token's account by it. A backend that takes several spellings for one account says `accept({ account })`.
   */
  refresh?(held: Held, request: RequestScope): MaybePromise<AuthnOutcome>
  /**
   * Answers as `authenticate` does, and says why: for `dockwarden explain`, never for a request of a client. It is asked in the
   * place of `authenticate`, so that nothing is asked twice. The easiest way is `explained`.
   */
  explain?(credentials: Credentials, request: RequestScope): Promise<Explained<AuthnOutcome>>
  /** The same for `refresh`. */
  explainRefresh?(held: Held, request: RequestScope): Promise<Explained<AuthnOutcome>>
  /** All accounts that it would accept, for `dockwarden explain --who`. Left out: they can't be listed. */
  accounts?(): Promise<readonly KnownAccount[]>
  /** Adds a way to sign in; called once, after `create`, and not async. Needs `refresh`. */
  routes?(routes: Routes): void
}

/** Adds labels to an accepted identity. */
export interface Labeler extends Lifecycle {
  /** As an authorizer's. */
  readonly answersFrom?: 'files'
  label(identity: Identity, request: RequestScope): MaybePromise<Labels>
  /** Answers as `label` does, and says why; asked in its place. */
  explain?(identity: Identity, request: RequestScope): Promise<Explained<Labels>>
}

/** Says what an account may do with one resource. */
export interface Authorizer extends Lifecycle {
  /**
   * `files` says that an outcome depends on the configuration, its files and the request alone: nothing is asked over a network, and no
   * program is run. Only such ones are asked by `dockwarden policy`. Left out: what it would answer is not known there.
   */
  readonly answersFrom?: 'files'
  /** Asked about several scopes of a request at the same time; about one scope, after the authorizers before it. */
  authorize(resource: ResourceRequest, request: RequestScope): MaybePromise<AuthzOutcome>
  /** Answers as `authorize` does, and says why; asked in its place. */
  explain?(resource: ResourceRequest, request: RequestScope): Promise<Explained<AuthzOutcome>>
  /** Turned round, for `dockwarden explain --who`: whom to try. Left out: it can only be asked about somebody. */
  who?(resource: ResourceRequest, request: RequestScope): Promise<Candidates>
  /** Its rules, for `dockwarden policy`, which makes requests of them. `rule` of its answers is their name and comment. */
  rules?(): ListedRules | Promise<ListedRules>
}

/** Each kind of plugin and what its `create` returns. */
export interface PluginKinds {
  authenticator: Authenticator
  labeler: Labeler
  authorizer: Authorizer
}

/** In which list of the configuration a plugin stands. */
export type PluginKind = keyof PluginKinds

/** A plugin: its kind, its name, its options and how to make an instance. */
export interface PluginDefinition<K extends PluginKind = PluginKind, S extends z.ZodType = z.ZodType> {
  readonly kind: K
  /** The version of the contract that the plugin was written for; this is 1. Another number is refused with a sentence. */
  readonly api?: 1
  /** Lower case letters, digits and dashes. */
  readonly name: string
  /** The options' schema: the one source for types, validation, documentation and the editor's help. */
  readonly options: S
  /** Authenticators only: true = also asked when no credentials came. */
  readonly anonymous?: boolean
  /** Authenticators only: true = who somebody is shows in the client's TLS certificate, without credentials. */
  readonly byCertificate?: boolean
  /**
   * Authenticators only: true = also asked with the subject token of a token exchange (RFC 8693). Such credentials have kind `token`
   * and an empty account: `pass` what is not yours, and name the `account` in the accept.
   */
  readonly exchange?: boolean
  /** What an instance hands to others: with `host.provide` in `create`, or with `request.provide` while a request is under way. */
  readonly provides?: readonly ProvidedToken[]
  /**
   * What an instance takes from others in `create`. Where several provide it, the configuration says by the key whose is meant:
   * `uses: { directory: corp }`.
   */
  readonly needs?: Readonly<Record<string, Needed>>
  /**
   * Makes an instance from checked options. It may open the files that the options name; it must not touch the
   * network or start processes (`dockwarden check` runs it too): connect at the first use or in `ready`.
   */
  create(options: z.output<S>, host: Host): PluginKinds[K] | Promise<PluginKinds[K]>
}

/**
 * Defines a plugin. Export the result as default; the host does the rest.
 *
 * @param definition kind, name, options schema and factory
 * @returns the same definition, frozen
 * @example
 * export default definePlugin({
 *   kind: 'labeler',
 *   name: 'office-hours',
 *   options: z.strictObject({ label: z.string().default('shift') }),
 *   create: (options, host) => ({
 *     async label() {
 *       const hour = new Date(host.clock.now()).getUTCHours()
 *       return { [options.label]: [hour >= 8 && hour < 18 ? 'day' : 'night'] }
 *     },
 *   }),
 * })
 */
export function definePlugin<K extends PluginKind, S extends z.ZodType>(
  definition: PluginDefinition<K, S>,
): PluginDefinition<K, S> {
  return Object.freeze({ ...definition })
}
