// One line a token request: who asked from where for what, what was granted, and who decided. Never a secret.
import { logPlainly, written } from '../kit/plain-line.ts'
import { secretsFor } from '../kit/request-secrets.ts'
import type { Labels, Log } from '../plugin.ts'
import type { ScopeDecision } from './authorize.ts'
import type { DecidedBy } from './decided.ts'
import { ClientGone, RequestError } from './errors.ts'
import { scopeText } from './scope.ts'
import type { Understood } from './understood.ts'

/** What is known of a request when it is over. */
export interface AuditFacts extends DecidedBy {
  readonly id: string
  /** Undefined on a unix socket, or when it could not be found out. */
  readonly ip: string | undefined
  readonly status: number
  /** Milliseconds. */
  readonly duration: number
  /** As far as it could be understood. */
  readonly request?: Understood | undefined
  /** Who was accepted. */
  readonly account?: string
  readonly decisions?: readonly ScopeDecision[]
  /** The id of the token that was handed out. */
  readonly jti?: string
  /** The id of the refresh token that was handed out. */
  readonly issued?: string | undefined
  readonly error?: unknown
  /** Who wanted to know, when no client asked: then no token was issued. */
  readonly explainedTo?: string
}

/** How the client said who it is. */
export const GRANTS = {
  anonymous: 'anonymous',
  password: 'password',
  refresh: 'refresh_token',
  personal: 'personal_token',
  token: 'token_exchange',
} as const

/**
 * Writes the audit line.
 *
 * @param logLabels whether labels stand in it
 * @returns what ends once it is written, where the log can tell: until then nobody is answered
 */
export function audit(log: Log, facts: AuditFacts, logLabels: boolean): Promise<void> | undefined {
  const { request, decisions, error, owner } = facts
  const kind = request?.credentials?.kind
  const account = facts.account ?? (request?.credentials?.account || (owner ?? request?.credentials?.account))
  const labels = logLabels && facts.labels ? labelsWithin(facts.labels) : undefined
  const rules = decisions?.map(({ authorizer, rule }) =>
    authorizer ? `${authorizer}: ${rule ?? '-'}` : 'none matched',
  )
  const { reason, err } = reasonOf(error)
  const line = {
    audit: 'token',
    request: facts.id,
    explained_to: facts.explainedTo,
    account,
    owner: owner === account ? undefined : owner,
    ip: facts.ip,
    client: request?.client?.id,
    service: request?.service,
    scopes: request?.scopes?.map(scopeText),
    access: decisions?.map(({ resource: { type, name }, actions }) => scopeText({ type, name, actions })),
    authenticator: facts.authenticator,
    asked: facts.asked,
    throttled: facts.throttled,
    ...labels,
    // Looked at by whoever is asked without credentials.
    certificate: kind === 'anonymous' ? request?.client?.certificate?.fingerprint : undefined,
    grant: kind && GRANTS[kind],
    token: facts.token,
    jti: facts.jti,
    refresh_token: facts.issued,
    rules,
    status: facts.status,
    ms: Math.round(facts.duration * 10) / 10,
    reason,
    err,
  }
  const level = facts.status >= 500 ? 'error' : 'info'
  const message = facts.explainedTo === undefined ? outcomeOf(error) : 'login explained'
  // What plugins say may hold what the client has shown: then the logger searches the line. In the rest a client could hide.
  const isPlain = err === undefined && !secretsFor(JSON.stringify([labels?.labels, rules, reason]))
  if (isPlain) logPlainly(log, level, line, message)
  else log[level](line, message)
  return written(log)
}

function outcomeOf(error: unknown): string {
  if (error === undefined) return 'token issued'
  return error instanceof ClientGone ? 'client gone' : 'token refused'
}

const MAX_LABELS = 2048

/** As many labels as fit into 2 KB, and how many values are left out. */
function labelsWithin(labels: Labels): { labels: Labels; labels_left_out?: number } {
  const kept: Record<string, readonly string[]> = Object.create(null)
  let [size, leftOut] = [2, 0]
  for (const [name, values] of Object.entries(labels)) {
    let fitting = 0
    for (const value of values) {
      // With commas, colon and brackets.
      if (leftOut === 0) size += jsonSize(value) + 1 + (fitting > 0 ? 0 : jsonSize(name) + 4)
      if (size > MAX_LABELS) leftOut += 1
      else fitting += 1
    }
    if (fitting > 0) kept[name] = fitting === values.length ? values : values.slice(0, fitting)
  }
  return { labels: kept, ...(leftOut > 0 && { labels_left_out: leftOut }) }
}

function jsonSize(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}

/** A fault of ours is logged whole; what the client did wrong in one sentence. */
export function reasonOf(error: unknown): { reason?: string; err?: unknown } {
  if (error === undefined) return {}
  if (error instanceof ClientGone) return { reason: error.message }
  if (!(error instanceof RequestError)) return { err: error }
  const { cause } = error
  return { reason: cause instanceof Error ? `${error.message} (${cause.message})` : error.message }
}
