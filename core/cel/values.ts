// Values on their way into and out of CEL expressions.
//
// CEL tells integers from doubles; JSON does not. Whole numbers go in as integers, so that `body.code == 0` and
// `string(body.id)` mean what they say. Objects go in as Maps: a field named `constructor` or `__proto__` is then a
// field like any other.

/** Deeper values are refused: no sane answer nests so far, and every level costs the stack. */
const MAX_DEPTH = 32

/**
 * Parses JSON without losing digits: whole numbers beyond 2^53 come as BigInt, so that two long ids stay two ids.
 *
 * @throws SyntaxError when the text is not JSON
 * @example parseJson('{"id": 9007199254740993}') // { id: 9007199254740993n }
 */
export function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  return JSON.parse(text, exactInteger as (key: string, value: unknown) => unknown)
}

/** @see https://tc39.es/proposal-json-parse-with-source/ */
function exactInteger(_key: string, value: unknown, context: { source?: string }): unknown {
  const { source } = context
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return source !== undefined && /^-?\d{1,20}$/.test(source) ? BigInt(source) : value
}

/**
 * A JSON-like value as CEL knows it: whole numbers as BigInt, objects as Maps. Fields that are undefined are left out. A Date
 * is a timestamp.
 *
 * @throws RangeError when it nests deeper than 32 levels
 */
export function toCel(value: unknown, depth = 0): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth === MAX_DEPTH) throw new RangeError(`the value nests deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(value)) return value.map((item) => toCel(item, depth + 1))
  const map = new Map<string, unknown>()
  for (const [name, held] of Object.entries(value)) {
    if (held !== undefined) map.set(name, toCel(held, depth + 1))
  }
  return map
}

/**
 * What an expression gave, as plain JSON. Integers that a number can't hold exactly come as text; objects have no
 * prototype.
 *
 * @throws TypeError for what JSON has no form for (bytes, durations, types)
 */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromCel)
  const entries = entriesOf(value)
  if (!entries) throw new TypeError('it gives a value that JSON has no form for; convert it with string()')
  const plain: Record<string, unknown> = Object.create(null)
  for (const [name, held] of entries) plain[String(name)] = fromCel(held)
  return plain
}

/** The entries of a map: a Map, or the plain object that a map literal makes. */
function entriesOf(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  if (value instanceof Map) return value
  return Object.getPrototypeOf(value) === Object.prototype ? Object.entries(value) : undefined
}
