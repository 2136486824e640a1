// One line a token request: who asked from where for what, what was granted, and who decided. Never a secret.
import type { Log, ResourceRequest } from '../contract/index.ts'
import type { DecidedBy } from './authenticate.ts'
import type { ScopeDecision } from './authorize.ts'
import { ClientGone, RequestError } from './errors.ts'
import type { TokenRequest } from './parse.ts'

/** What is known of a request when it is over. */
export interface AuditFacts extends DecidedBy {
  readonly id: string
  /** Undefined on a unix socket, or when it could not be found out. */
  readonly ip: string | undefined
  readonly status: number
  /** Milliseconds. */
  readonly duration: number
  /** Undefined when the request could not be understood. */
  readonly request?: TokenRequest
  /** The account of the token; before that, the one that was claimed. */
  readonly account?: string
  readonly decisions?: readonly ScopeDecision[]
  /** The id of the refresh token that was handed out. */
  readonly issued?: string | undefined
  readonly error?: unknown
}

/** How the client said who it is. */
const GRANTS = {
  anonymous: 'anonymous',
  password: 'password',
  refresh: 'refresh_token',
  personal: 'personal_token',
  token: 'token_exchange',
} as const

/** Writes the audit line. */
export function audit(log: Log, facts: AuditFacts): void {
  const { request, decisions, error } = facts
  const level = facts.status >= 500 ? 'error' : 'info'
  log[level](
    {
      audit: 'token',
      request: facts.id,
      account: facts.account ?? request?.credentials.account,
      ip: facts.ip,
      client: request?.client.id,
      service: request?.service,
      scopes: request?.scopes.map(scopeText),
      access: decisions?.map(({ resource, actions }) => scopeText({ ...resource, actions })),
      authenticator: facts.authenticator,
      // Looked at by whoever is asked without credentials.
      certificate:
        request?.credentials.kind === 'anonymous' ? request.client.certificate?.fingerprint : undefined,
      grant: request && GRANTS[request.credentials.kind],
      token: facts.token,
      refresh_token: facts.issued,
      rules: decisions?.map(({ authorizer, rule }) =>
        authorizer ? `${authorizer}: ${rule ?? '-'}` : 'none matched',
      ),
      status: facts.status,
      ms: Math.round(facts.duration * 10) / 10,
      ...reasonOf(error),
    },
    outcomeOf(error),
  )
}

function outcomeOf(error: unknown): string {
  if (error === undefined) return 'token issued'
  return error instanceof ClientGone ? 'client gone' : 'token refused'
}

function scopeText({ type, name, actions }: ResourceRequest): string {
  return `${type}:${name}:${actions.join(',')}`
}

/** A fault of ours is logged whole; what the client did wrong in one sentence. */
function reasonOf(error: unknown): { reason?: string; err?: unknown } {
  if (error === undefined) return {}
  if (error instanceof ClientGone) return { reason: error.message }
  if (!(error instanceof RequestError)) return { err: error }
  const { cause } = error
  return { reason: cause instanceof Error ? `${error.message} (${cause.message})` : error.message }
}
