// One line for whatever a person does on the pages of a sign-in. Never a secret.
import type { Log } from '../plugin.ts'
import { reasonOf } from '../request/audit.ts'
import { ClientGone } from '../request/errors.ts'

/** What a person does. */
export type Action = 'start' | 'sign-in' | 'view' | 'revoke' | 'sign-out'

export interface SignInFacts {
  readonly action: Action
  readonly id: string
  readonly authenticator: string
  readonly account?: string | undefined
  readonly ip: string | undefined
  /** The id of the password that was handed out, or revoked. */
  readonly token?: string | undefined
  /** What the provider said, when it was asked: `corp: accept`. */
  readonly asked: readonly string[]
  readonly status: number
  /** Milliseconds. */
  readonly duration: number
  readonly error?: unknown
}

/** To look at a page is no event, and a start becomes one when the browser comes back; their failures are. */
const SILENT: ReadonlySet<Action> = new Set(['start', 'view'])

/** Writes the audit line, if there is something to tell. */
export function auditSignIn(log: Log, facts: SignInFacts): void {
  const { action, id, authenticator, account, ip, token, asked, status, duration, error } = facts
  if (error === undefined && SILENT.has(action)) return
  const level = status >= 500 ? 'error' : 'info'
  const ms = Math.round(duration * 10) / 10
  log[level](
    {
      audit: 'sign-in',
      action,
      request: id,
      account,
      ip,
      authenticator,
      asked: asked.length > 0 ? asked : undefined,
      token,
      status,
      ms,
      ...reasonOf(error),
    },
    error instanceof ClientGone ? 'client gone' : `${action} ${error === undefined ? 'done' : 'refused'}`,
  )
}
