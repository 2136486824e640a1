// One map of docker_auth's form, read as its YAML library (Go's yaml.v2) fills a struct: null is absent, text keeps its
// source (`007`), another type is a fault, an unknown key is not.
import { Secret, suggest } from '../../plugin.ts'
import { joinPath, type Problem, type Spot } from '../../yaml/problems.ts'
import type { Entry, YamlFile } from '../../yaml/yaml-file.ts'

/** Where a translation puts what it finds. */
export interface Sink {
  readonly problems: Problem[]
  readonly warnings: Problem[]
}

/** A value of the type that docker_auth wants, and where it stands. */
export interface Given<T> {
  readonly value: T
  readonly entry: Entry
  /** Set when the text came from `!env` or `!file`: what goes on is this, so that no message shows the text. */
  readonly secret?: Secret
}

/** Readers give undefined for what is absent, and for what they have reported. */
export class Section {
  readonly yaml: YamlFile
  /** Where the section stands in the map above it. */
  readonly at: Entry
  readonly #held: Record<string, unknown>
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #sink: Sink
  readonly #refused = new Set<string>()

  /** @param held a map of `yaml`; undefined for a struct that the file does not mention */
  constructor(yaml: YamlFile, sink: Sink, held: object | undefined, at: Entry) {
    this.yaml = yaml
    this.at = at
    this.#held = (held ?? Object.create(null)) as Record<string, unknown>
    this.#entries = (held && yaml.places.get(held)?.entries) ?? new Map()
    this.#sink = sink
  }

  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  /** Whether the key stands here with a value: docker_auth takes null for absent. */
  has(key: string): boolean {
    return this.#entries.has(key) && this.#held[key] !== null && this.#held[key] !== undefined
  }

  /** Whether nothing stands behind the key, not even `null`. */
  isEmpty(key: string): boolean {
    return this.#held[key] === null && this.#entries.get(key)?.text === ''
  }

  /** The value as the file has it, for keys of the native form. */
  raw(key: string): Given<unknown> | undefined {
    return this.has(key) ? { value: this.#held[key], entry: this.#entries.get(key)! } : undefined
  }

  /** @param wrong what to say of what is no text */
  text(key: string, wrong: (held: unknown) => string = () => NO_TEXT): Given<string> | undefined {
    if (!this.has(key)) return undefined
    const text = this.#text(this.#held[key], this.#entries.get(key)!)
    if (!text) this.refuse(key, wrong(this.#held[key]))
    return text
  }

  /** A whole number; as in Go, what follows a decimal point is cut off. */
  integer(key: string): Given<number> | undefined {
    if (!this.has(key)) return undefined
    const held = this.#held[key]
    const number = held instanceof Secret ? Number(held.reveal()) : (this.#octal(key) ?? held)
    if (typeof number === 'number' && Number.isFinite(number)) {
      return { value: Math.trunc(number), entry: this.entry(key) }
    }
    this.refuse(key, 'must be a whole number, without quotes')
    return undefined
  }

  /** `0o17`, which Go reads and YAML 1.1 has not. */
  #octal(key: string): number | undefined {
    const text = this.#entries.get(key)?.text ?? ''
    return /^0o[0-7]+$/.test(text) ? Number(text) : undefined
  }

  flag(key: string): Given<boolean> | undefined {
    if (!this.has(key)) return undefined
    const held = this.#held[key]
    if (typeof held === 'boolean') return { value: held, entry: this.entry(key) }
    this.refuse(key, 'must be true or false, without quotes')
    return undefined
  }

  /** @param onNull is told where null stands, which is left out then; without it, it is an empty text, as in docker_auth */
  texts(key: string, onNull?: (spot: Spot) => void): Given<readonly Given<string>[]> | undefined {
    const list = this.#list(key)
    if (!list) return undefined
    const value: Given<string>[] = []
    for (const [held, entry] of list) {
      if (onNull && held === null) {
        onNull(entry.value)
        continue
      }
      const text = this.#text(held ?? '', entry)
      if (text) value.push(text)
      else this.refuseAt(entry.value, NO_TEXT)
    }
    return { value, entry: this.entry(key) }
  }

  /** A section that may be missing. */
  section(key: string): Section | undefined {
    if (!this.has(key)) return undefined
    const section = this.#section(this.#held[key], this.entry(key))
    if (!section) this.refuse(key, NO_MAP)
    return section
  }

  /** A section that counts as empty when it is missing. */
  struct(key: string): Section | undefined {
    return this.has(key) ? this.section(key) : new Section(this.yaml, this.#sink, undefined, this.entry(key))
  }

  sections(key: string): Given<readonly Section[]> | undefined {
    const list = this.#list(key)
    if (!list) return undefined
    const value: Section[] = []
    for (const [held, entry] of list) {
      const section = this.#section(held, entry)
      if (section) value.push(section)
      else this.refuseAt(entry.value, NO_MAP)
    }
    return { value, entry: this.entry(key) }
  }

  /** Where a key stands; the section's own place for a key that is missing. */
  entry(key: string): Entry {
    const found = this.#entries.get(key)
    // Without the source text: the value has been read, and must not be read again in another way.
    if (found) return { key: found.key, value: found.value }
    const spot = { ...this.at.key, path: joinPath(this.at.key.path, key) }
    return { key: spot, value: spot }
  }

  /** Reports a fault in a key's value; only the first one of each key. */
  refuse(key: string, message: string): void {
    this.#refuseOnce(key, this.entry(key).value, message)
  }

  /** Reports that a key should not be here at all. */
  refuseKey(key: string, message: string): void {
    this.#refuseOnce(key, this.entry(key).key, message)
  }

  /** Whether the key holds something that can't be used. */
  refused(key: string): boolean {
    return this.#refused.has(key)
  }

  refuseAt(spot: Spot, message: string): void {
    this.#sink.problems.push({ file: this.yaml.file, ...spot, message })
  }

  warn(key: string, message: string): void {
    this.warnAt(this.entry(key).key, message)
  }

  warnAt(spot: Spot, message: string): void {
    this.#sink.warnings.push({ file: this.yaml.file, ...spot, message })
  }

  /**
   * Warns of each key that is not known.
   *
   * @param harm what comes of ignoring it, as the end of "which is ignored"
   * @param remedies what to do about keys that belong elsewhere
   */
  warnUnknown(known: readonly string[], harm = '', remedies: ReadonlyMap<string, string> = new Map()): void {
    for (const key of this.keys) {
      if (known.includes(key)) continue
      const remedy = remedies.get(key) ?? FORMER.get(key) ?? suggest(key, known)
      this.warn(key, `unknown key, which is ignored${harm}; ${remedy}`)
    }
  }

  #refuseOnce(key: string, spot: Spot, message: string): void {
    if (!this.#refused.has(key)) this.refuseAt(spot, message)
    this.#refused.add(key)
  }

  #text(held: unknown, found: Entry): Given<string> | undefined {
    const entry = { key: found.key, value: found.value }
    if (held instanceof Secret) return { value: held.reveal(), secret: held, entry }
    if (isCollection(held, this.yaml)) return undefined
    return { value: typeof held === 'string' ? held : (found.text ?? String(held)), entry }
  }

  #section(held: unknown, entry: Entry): Section | undefined {
    const isMap = isCollection(held, this.yaml) && !Array.isArray(held)
    return isMap ? new Section(this.yaml, this.#sink, held, entry) : undefined
  }

  #list(key: string): (readonly [unknown, Entry])[] | undefined {
    if (!this.has(key)) return undefined
    const held = this.#held[key]
    if (!Array.isArray(held)) {
      this.refuse(key, listHint(held))
      return undefined
    }
    const entries = this.yaml.places.get(held)!.entries
    return held.map((item, index) => [item, entries.get(String(index))!] as const)
  }
}

/** Keys that docker_auth once had, and what to do about them now. */
const FORMER: ReadonlyMap<string, string> = new Map([
  ['token_db', 'remove it: passwords are kept in server.state_dir, or in server.store'],
])

const NO_TEXT = 'must be text; put it in quotes'
const NO_MAP = 'must be a map (KEY: VALUE)'

function listHint(held: unknown): string {
  return typeof held === 'object' && !(held instanceof Secret)
    ? 'must be a list; begin each item with -'
    : 'must be a list; put it in [ ]'
}

function isCollection(held: unknown, yaml: YamlFile): held is object {
  return typeof held === 'object' && held !== null && yaml.places.has(held)
}
