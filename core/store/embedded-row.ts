// A token as a row of the embedded store: what never changes as one text, what does in columns of its own. And all that is
// written there.

import { PROBE } from './embedded-file.ts'
import { type Bound, type KeptToken, REVOKED_MS, type Revocation, type TokenUse } from './token-store.ts'
import { fromText, toText } from './token-text.ts'

export interface Row {
  readonly id: string
  readonly token: string
  readonly used: number | null
  readonly until: number | null
  readonly session: string | null
  readonly revoked: string | null
}

/** What is to be written: the statement's name and its parameters. */
export interface Write {
  readonly statement: keyof typeof STATEMENTS
  readonly values: readonly (string | number | null)[]
  /** Of the account of a token that is added. */
  readonly room?: { readonly id: string; readonly account: string; readonly bound: Bound }
}

/** What a write gives that left no trace, since there was no room. */
export const NO_ROOM = -1

/** Each gives the number of rows that it changed: none for an id that is taken, gone or revoked, or leased to another. */
export const STATEMENTS = {
  add: `INSERT OR IGNORE INTO tokens (id, account, client, token, used, until, session, revoked, gone)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  use: `UPDATE tokens SET used = ?, until = ?, gone = ?, session = coalesce(?, session)
    WHERE id = ? AND revoked IS NULL`,
  revoke: `UPDATE tokens SET revoked = ?, gone = coalesce(until, ?) WHERE id = ? AND revoked IS NULL`,
  lease: `INSERT INTO leases (id, owner, gone) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, gone = excluded.gone
    WHERE leases.owner = excluded.owner OR leases.gone <= ?`,
  mark: `INSERT INTO marks (id, gone) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET gone = excluded.gone`,
  release: 'DELETE FROM leases WHERE id = ? AND owner = ?',
  probe: PROBE,
} as const

/** @example database.prepare(STATEMENTS.add).run(...toAdd(token).values) */
export function toAdd(token: KeptToken, bound?: Bound): Write {
  const { used, until, session, revoked, ...fixed } = token
  return {
    statement: 'add',
    ...(bound && { room: { id: fixed.id, account: fixed.account, bound } }),
    values: [
      fixed.id,
      fixed.account,
      fixed.client ?? null,
      toText(fixed),
      used ?? null,
      until ?? null,
      session ?? null,
      revoked ? JSON.stringify(revoked) : null,
      until ?? null,
    ],
  }
}

export function toUse(id: string, { used, until, session }: TokenUse): Write {
  const end = until ?? null
  return { statement: 'use', values: [used, end, end, session ?? null, id] }
}

export function toRevoke(id: string, revocation: Revocation): Write {
  return { statement: 'revoke', values: [JSON.stringify(revocation), revocation.at + REVOKED_MS, id] }
}

/** @param now milliseconds since the epoch */
export function toLease(id: string, owner: string, ms: number, now: number): Write {
  return { statement: 'lease', values: [id, owner, now + ms, now] }
}

export function toRelease(id: string, owner: string): Write {
  return { statement: 'release', values: [id, owner] }
}

export function toMark(id: string, until: number): Write {
  return { statement: 'mark', values: [id, until] }
}

/** Shows that the file can be written. */
export const TO_PROBE: Write = { statement: 'probe', values: [] }

/** @throws Error of any kind for a row that was not written here */
export function fromRow({ token, used, until, session, revoked }: Row): KeptToken {
  return {
    ...fromText(token),
    ...(used !== null && { used }),
    ...(until !== null && { until }),
    ...(session !== null && { session }),
    ...(revoked !== null && { revoked: JSON.parse(revoked) }),
  }
}
