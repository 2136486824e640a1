// Parts of the native form in the making. Each entry remembers where docker_auth's form says it, so that a later message
// names the operator's own line and key.
import type { Spot } from '../../yaml/problems.ts'
import type { Entry, YamlFile } from '../../yaml/yaml-file.ts'
import type { Given } from './section.ts'

/** A map of the native form. */
export class Draft {
  readonly value: Record<string, unknown> = Object.create(null)
  readonly #entries = new Map<string, Entry>()

  /** @param self what the map as a whole comes from */
  constructor(yaml: YamlFile, self: Spot) {
    yaml.places.set(this.value, { self, entries: this.#entries })
  }

  put(key: string, value: unknown, entry: Entry): this {
    this.value[key] = value
    this.#entries.set(key, entry)
    return this
  }

  /** Puts what the file gives, if it gives it. */
  take(key: string, given: Given<unknown> | undefined): this {
    return given ? this.put(key, given.secret ?? given.value, given.entry) : this
  }
}

/** A list of the native form. */
export function draftList(yaml: YamlFile, self: Spot, items: readonly Given<unknown>[]): unknown[] {
  const value = items.map((item) => item.secret ?? item.value)
  const entries = new Map(items.map((item, index) => [String(index), item.entry]))
  yaml.places.set(value, { self, entries })
  return value
}
