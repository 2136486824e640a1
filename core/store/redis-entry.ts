// One token as a Redis hash: what never changes as one text, what does in fields of its own.
import type { KeptToken } from './token-store.ts'
import { fromText, toText } from './token-text.ts'

/** @returns field, value, field, value, ... */
export function toFields({ used, until, session, revoked, ...fixed }: KeptToken): string[] {
  return [
    ...['token', toText(fixed)],
    ...(used === undefined ? [] : ['used', String(used)]),
    ...(until === undefined ? [] : ['until', String(until)]),
    ...(session === undefined ? [] : ['session', session]),
    ...(revoked === undefined ? [] : ['revoked', JSON.stringify(revoked), 'revoker', '']),
  ]
}

/** @returns undefined for an empty hash, which is how Redis says that there is none */
export function fromFields(fields: Readonly<Record<string, string>>): KeptToken | undefined {
  const { token, used, until, session, revoked } = fields
  if (token === undefined) return undefined
  return {
    ...fromText(token),
    ...(used !== undefined && { used: Number(used) }),
    ...(until !== undefined && { until: Number(until) }),
    ...(session !== undefined && { session }),
    ...(revoked !== undefined && { revoked: JSON.parse(revoked) }),
  }
}
