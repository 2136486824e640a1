// What an authenticator handed on, as it is kept with the session of a sign-in: rules must be able to read the same while the
// provider is not asked again.
import type { InjectionToken } from 'tsyringe'
import { deepFreeze } from '../contract/frozen.ts'
import { NOTHING_PROVIDED, type Provided, type TokenTable } from '../kit/token-table.ts'
import type { JsonValue } from '../plugin.ts'

/** Name, version and value of a token. */
export type SealedValue = [name: string, version: number, value: JsonValue]

/** Characters of JSON: four times the claims of any provider that was met. */
const MOST = 12_000

/**
 * @returns what is plain JSON of it; what is not lives in this process alone
 * @throws RangeError when it is too much to be kept
 */
export function sealProvided(provided: Provided, table: TokenTable): SealedValue[] {
  const sealed: SealedValue[] = []
  for (const [key, value] of provided) {
    const { name, version } = table.tokenOf(key)
    if (isJson(value)) sealed.push([name, version, value])
  }
  if (JSON.stringify(sealed).length > MOST)
    throw new RangeError(`what the provider says of the account has more than ${MOST} characters`)
  return sealed
}

export function openProvided(sealed: readonly SealedValue[] = [], table: TokenTable): Provided {
  if (sealed.length === 0) return NOTHING_PROVIDED
  const provided = new Map<InjectionToken<unknown>, unknown>()
  for (const [name, version, value] of sealed) {
    try {
      provided.set(table.keyOf({ name, version }), deepFreeze(value))
    } catch {
      // Of another version than the plugins have now: nobody could read it.
    }
  }
  return provided
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === null || prototype === Object.prototype) && Object.values(value).every(isJson)
}
