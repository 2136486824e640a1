// Whether a part of a configuration is the same as in another one. What tells is what was written, not what a schema has made of it: that
// may be anything, such as a compiled expression.
import { hash, randomUUID } from 'node:crypto'
import { Secret } from '../plugin.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'

/**
 * A digest of plain values, which tells nothing about the secrets among them.
 *
 * @param places of the file that they stand in: `007` and `7` are the same number, and may become two texts
 * @returns the same for two only when they are the same; undefined when that can't be known
 */
export function fingerprintOf(value: unknown, places?: YamlFile['places']): string | undefined {
  try {
    return hash('sha256', JSON.stringify([value], replacing(places)), 'base64')
  } catch {
    return undefined
  }
}

/** Nothing in a file is called so. */
const MARK = randomUUID()

function marked(kind: string, value: unknown): object {
  return { [MARK]: [kind, value] }
}

function replacing(places: YamlFile['places'] | undefined) {
  return function (this: object, key: string, shown: unknown): unknown {
    // Before its `toJSON`, which hides a secret.
    const value = (this as Record<string, unknown>)[key]
    if (typeof value === 'string') return value
    if (typeof value !== 'object' || value === null) {
      const text = places?.get(this)?.entries.get(key)?.text
      return text === undefined ? scalar(value) : marked(typeof value, text)
    }
    if (value instanceof Secret) return marked('secret', value.reveal())
    if (value instanceof Map) return marked('map', [...value])
    if (value instanceof Date) return marked('time', value.getTime())
    if (value instanceof URL || value instanceof RegExp) return marked(value.constructor.name, String(value))
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === null || prototype === Object.prototype || Array.isArray(value)) return shown
    throw new TypeError('a value of another kind')
  }
}

/** What JSON would drop, or make null of. */
function scalar(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('a value of another kind')
  const isJson = typeof value === 'boolean' || value === null || Number.isFinite(value)
  return isJson ? value : marked(typeof value, String(value))
}
