// What `dockwarden explain` is asked, read from its command line.
import { existsSync } from 'node:fs'
import type { DependencyContainer } from 'tsyringe'
import { faultOfAccount, MAX_ACCOUNT } from '../../contract/account.ts'
import { type Labels, mergeLabels, NO_LABELS, parseAddress, type Secret } from '../../plugin.ts'
import type { Audited } from '../../policy/audit-lines.ts'
import { NO_TIME, readTime } from '../../policy/time.ts'
import { readLabel } from '../token-order.ts'

/** As commander gives them. */
export interface ExplainOptions {
  readonly account?: string
  readonly label: readonly string[]
  readonly authenticator?: string
  readonly ask?: true
  readonly ip?: string
  readonly service?: string
  readonly client?: string
  readonly at?: string
  readonly request?: string
  readonly log?: string
  readonly who?: string
  readonly json?: true
}

/** Who asks from where for what. */
export interface Question {
  /** Empty: a client without credentials. */
  readonly account: string
  /** Labels that the account is taken to have, and who says so. */
  readonly labels: Labels
  readonly labelsFrom: '--label' | 'the audit line'
  /** The id of the authenticator that is taken to have accepted it, or is the only one to be asked. */
  readonly authenticator: string | undefined
  readonly ask: boolean
  readonly ip: string | undefined
  readonly service: string
  readonly client: string | undefined
  /** Milliseconds since the epoch; undefined: now. */
  readonly at: number | undefined
  /** As they were written. */
  readonly scopes: readonly string[]
}

/** How the question is put. */
export interface Asking {
  readonly container: DependencyContainer
  /** How many scopes a request may have. */
  readonly mostScopes: number
  /** Those that may accept clients without credentials. */
  readonly anonymous: ReadonlySet<string>
  /** Undefined: there is none. */
  readonly password: Secret | undefined
  /** Names the request in the log. */
  readonly id?: string
}

const SCOPE = /^[a-z0-9]+(\([a-z0-9]+\))?:.*:/

/**
 * Tells the configuration from the scopes: it stands first, if it is there.
 *
 * @example splitWords(['acl.yml', 'repository:a:pull']) // { file: 'acl.yml', scopes: ['repository:a:pull'] }
 */
export function splitWords(words: readonly string[]): {
  file: string | undefined
  scopes: readonly string[]
} {
  const [first, ...rest] = words
  if (first === undefined || SCOPE.test(first)) return { file: undefined, scopes: words }
  // A scope with a slip of the pen gets the message of one.
  const isFile = existsSync(first) || !first.includes(':')
  return isFile ? { file: first, scopes: rest } : { file: undefined, scopes: words }
}

/**
 * Reads the options.
 *
 * @param audited what an audit line says; the options go before it
 * @throws Error that names the option and the remedy
 */
export function readQuestion(
  scopes: readonly string[],
  options: ExplainOptions,
  audited: Audited = {},
): Question {
  const { account = audited.account ?? '', ip = audited.ip, service = audited.service ?? '' } = options
  const fault = faultOfAccount(account)
  if (fault !== undefined) throw new Error(`--account ${fault}; no account can have such a name`)
  if (account.length > MAX_ACCOUNT) throw new Error(`--account has more than ${MAX_ACCOUNT} characters`)
  if (ip !== undefined && !parseAddress(ip))
    throw new Error(`--ip ${JSON.stringify(ip)} is no address; write for example 192.0.2.1`)
  const given = options.label.map(readLabel)
  return {
    account,
    labels: given.length > 0 ? mergeLabels(NO_LABELS, ...given) : (audited.labels ?? NO_LABELS),
    labelsFrom: given.length > 0 ? '--label' : 'the audit line',
    authenticator: options.authenticator ?? audited.authenticator,
    ask: options.ask === true,
    ip,
    service,
    client: options.client ?? audited.client,
    at: options.at === undefined ? audited.at : timeOf(options.at),
    scopes: scopes.length > 0 ? scopes : (audited.scopes ?? []),
  }
}

function timeOf(text: string): number {
  const time = readTime(text)
  if (time === undefined) throw new Error(`--at ${JSON.stringify(text)} ${NO_TIME}`)
  return time
}
