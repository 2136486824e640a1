// A token as a row of the embedded store: what never changes as one text, what does in columns of its own.
import type { KeptToken, Revocation, TokenUse } from './contract.ts'
import { fromText, toText } from './token-text.ts'

/** How long a revoked token that has no end is kept, so that it can be said who ended it, in milliseconds. */
const REVOKED_FOR = 90 * 86_400_000

export interface Row {
  readonly id: string
  readonly token: string
  readonly used: number | null
  readonly until: number | null
  readonly session: string | null
  readonly revoked: string | null
}

/** What is to be written: the statement's name and its parameters. */
export type Write =
  | { readonly statement: 'add'; readonly values: readonly (string | number | null)[] }
  | { readonly statement: 'use'; readonly values: readonly (string | number | null)[] }
  | { readonly statement: 'revoke'; readonly values: readonly (string | number | null)[] }

/** Each gives the number of rows that it changed: none for an id that is taken, gone or revoked. */
export const STATEMENTS = {
  add: `INSERT OR IGNORE INTO tokens (id, account, client, token, used, until, session, revoked, gone)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  use: `UPDATE tokens SET used = ?, until = ?, gone = ?, session = coalesce(?, session)
    WHERE id = ? AND revoked IS NULL`,
  revoke: `UPDATE tokens SET revoked = ?, gone = coalesce(until, ?) WHERE id = ? AND revoked IS NULL`,
} as const satisfies Record<Write['statement'], string>

/** @example database.prepare(STATEMENTS.add).run(...toAdd(token).values) */
export function toAdd(token: KeptToken): Write {
  const { used, until, session, revoked, ...fixed } = token
  return {
    statement: 'add',
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
  return { statement: 'revoke', values: [JSON.stringify(revocation), revocation.at + REVOKED_FOR, id] }
}

export function fromRow({ token, used, until, session, revoked }: Row): KeptToken {
  return {
    ...fromText(token),
    ...(used !== null && { used }),
    ...(until !== null && { until }),
    ...(session !== null && { session }),
    ...(revoked !== null && { revoked: JSON.parse(revoked) }),
  }
}
