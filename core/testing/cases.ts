// What a plugin's author hands to the conformance kit.

import type { AuthzOutcome, Client, Host, Labels, ResourceRequest } from '../plugin.ts'
import type { ProvidedValues } from './host.ts'

/** What a case says about the request around it; what is not given is empty. */
export interface RequestFacts {
  readonly client?: Partial<Client>
  readonly service?: string
  readonly scopes?: readonly ResourceRequest[]
  /** What the plugins before this one provided in the request: values by their tokens. */
  readonly shared?: ProvidedValues
}

/**
 * Credentials to try. An empty account with an empty password are the anonymous credentials; only a definition with
 * `anonymous: true` is asked with them.
 */
export interface AuthenticationCase extends RequestFacts {
  /** Empty in an exchange. */
  readonly account: string
  readonly password: string
  /** The password is the subject token of a token exchange; only a definition with `exchange: true` is asked with one. */
  readonly exchange?: boolean
}

/** Credentials that must be accepted. */
export interface AcceptedCase extends AuthenticationCase {
  /** Exactly the labels that must come; not compared when absent. */
  readonly labels?: Labels
  /** What must be handed on with `request.provide`: values by the names of their tokens. Not compared when absent. */
  readonly provides?: Readonly<Record<string, unknown>>
  /** The account that the outcome must name instead of the given one. Give a case for each kind of alias that a backend takes. */
  readonly as?: string
}

/** An identity, and exactly the labels that a labeler must answer for it. */
export interface LabelingCase extends RequestFacts {
  readonly identity: { readonly account: string; readonly labels?: Labels; readonly authenticator?: string }
  readonly expect: Labels
  /** As in `AcceptedCase`. */
  readonly provides?: Readonly<Record<string, unknown>>
}

/** One requested resource, and what an authorizer must answer. */
export interface DecisionCase extends RequestFacts {
  readonly account?: string
  readonly labels?: Labels
  readonly resource: ResourceRequest
  /** Made with `grant([...])`, `deny()` or `pass`. Its `rule` is compared only when it has one. */
  readonly expect: AuthzOutcome
}

/** Options that must be refused. */
export interface InvalidCase {
  readonly options: unknown
  /** Where the schema must find the fault: `users.bob.password`. Without it, `create` must throw. */
  readonly path?: string
  readonly message: RegExp
}

/** The two functions of a test runner that the kit calls; those of mocha and of node:test fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/** What `conformance` needs to know about a plugin. */
export interface ConformanceSuite {
  /** Valid options, as the configuration would hold them (`!env` and `!file` are Secrets). Asked anew for each test. */
  readonly options: () => unknown
  /** The host to lend to the instances; by default `testHost()`. */
  readonly host?: () => Host
  readonly invalid?: readonly InvalidCase[]
  readonly accepts?: readonly AcceptedCase[]
  readonly rejects?: readonly AuthenticationCase[]
  readonly passes?: readonly AuthenticationCase[]
  readonly labels?: readonly LabelingCase[]
  readonly decisions?: readonly DecisionCase[]
  /** Options whose backend can't be reached: each call must throw, not answer. */
  readonly unavailable?: { readonly options: () => unknown; readonly host?: () => Host }
  /** Where to register the tests; by default the global `describe` and `it`. */
  readonly runner?: TestRunner
}
