// What is kept, sealed, with the personal access token of a browser sign-in: the provider's last answer, and what is needed to ask
// again.
import type { TokenTable } from '../kit/token-table.ts'
import { type JsonValue, type Labels, toLabels } from '../plugin.ts'
import type { KeptToken } from '../store/token-store.ts'
import type { SecretToken } from '../token/secret-token.ts'
import type { AuthnAnswer } from './authn-answer.ts'
import type { Instance } from './instance.ts'
import { openProvided, type SealedValue } from './sealed-provided.ts'

/** The personal access token of a sign-in. */
export interface SessionHolder {
  readonly token: SecretToken
  readonly kept: KeptToken
}

export type SealedSession = {
  /** Counts the changes: of two, the higher one is newer. */
  version: number
  /** When the provider last said yes, in milliseconds since the epoch. */
  checked: number
  /** Pairs: see core/store/token-text.ts. */
  labels: [string, string[]][]
  /** What the authenticator handed on. */
  provided?: SealedValue[]
  /** The plugin's own; left out when it can't look again. */
  session?: JsonValue
  /** Why the provider said no when it was asked last. */
  refused?: string
}

/** @param checked when the provider answered, in milliseconds since the epoch */
export function newSession(
  checked: number,
  labels: Labels,
  session: JsonValue | undefined,
  provided: SealedValue[],
): SealedSession {
  return {
    version: 1,
    checked,
    labels: pairsOf(labels),
    ...(provided.length > 0 && { provided }),
    ...(session !== undefined && { session }),
  }
}

/** After a yes. @param session in the place of the one before; undefined = that stays */
export function renewedSession(
  before: SealedSession,
  checked: number,
  labels: Labels,
  session: JsonValue | undefined,
  provided: SealedValue[],
): SealedSession {
  return { ...newSession(checked, labels, session ?? before.session, provided), version: before.version + 1 }
}

/** After a no: the rest stays, for it may be asked again. */
export function refusedSession(before: SealedSession, reason: string): SealedSession {
  return { ...before, version: before.version + 1, refused: reason }
}

/** What the provider said last. */
export function lastAnswer(
  { labels, refused, provided }: SealedSession,
  { kept: { account } }: SessionHolder,
  { id: authenticator }: Instance,
  table: TokenTable,
): AuthnAnswer {
  if (refused !== undefined) return { outcome: 'reject', reason: refused }
  const identity = Object.freeze({ account, labels: labelsOf(labels), authenticator })
  return Object.freeze({
    outcome: 'accept',
    identity,
    session: undefined,
    provided: openProvided(provided, table),
  })
}

/** The labels of a session's pairs. */
export function labelsOf(pairs: SealedSession['labels']): Labels {
  return toLabels(Object.fromEntries(pairs))
}

function pairsOf(labels: Labels): [string, string[]][] {
  return Object.entries(labels).map(([name, values]) => [name, [...values]])
}
