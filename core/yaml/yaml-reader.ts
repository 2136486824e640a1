// Turns the nodes of a YAML document into values with places. It goes through them once, in the order of the text: an alias means
// the last anchor of that name before it, and what it means is not walked over again.
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  type LineCounter,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { Secret } from '../plugin.ts'
import { joinPath, type Spot } from './problems.ts'
import type { Fault } from './yaml-faults.ts'
import type { Entry, Place, YamlOptions } from './yaml-file.ts'
import { YamlLimits } from './yaml-limits.ts'
import { isEmpty, isMergeKey, offsetOf } from './yaml-nodes.ts'
import { readSecret, SECRET_TAGS, type SecretSource } from './yaml-secret.ts'

/** A map that is being filled. */
interface Filling {
  readonly value: Record<string, unknown>
  readonly place: Place
  readonly path: string
}

export class YamlReader {
  readonly places = new WeakMap<object, Place>()
  readonly faults: Fault[] = []
  readonly warnings: Fault[] = []
  readonly #lines: LineCounter
  readonly #options: YamlOptions
  readonly #secrets: SecretSource
  readonly #limits = new YamlLimits()
  readonly #anchors = new Map<string, Node>()
  /** What nodes with an anchor have become. */
  readonly #values = new Map<Node, unknown>()
  readonly #open = new Set<Node>()

  constructor(lines: LineCounter, options: YamlOptions) {
    this.#lines = lines
    this.#options = options
    this.#secrets = options.secrets ?? readSecret
  }

  spot(offset: number, path: string): Spot {
    const { line, col } = this.#lines.linePos(offset)
    return { line, column: col, path }
  }

  /** @throws TooMuch */
  fault({ offset, path = '', message }: Fault): void {
    this.#limits.faults(this.faults.length, offset, path)
    this.faults.push({ offset, path, message })
  }

  #fault(offset: number, path: string, message: string): void {
    this.fault({ offset, path, message })
  }

  #warn(offset: number, path: string, message: string): void {
    this.warnings.push({ offset, path, message })
  }

  /**
   * What is wrong with a value is in `faults` afterwards; something stands in for it, so that it is not taken for absent.
   *
   * @throws TooMuch
   */
  read(node: Node | null, path: string): unknown {
    if (node === null) return null
    if (isAlias(node)) return this.#aliased(node, path)
    const anchor = this.#noteAnchor(node)
    if (isScalar(node)) {
      if (anchor && isEmpty(node)) this.#refuseAnchor(node, path)
      const value = this.#scalar(node, path)
      if (anchor) this.#values.set(node, value)
      return value
    }
    this.#limits.nested(this.#open.size, offsetOf(node), path)
    this.#open.add(node)
    const value = isMap(node) ? this.#map(node, path) : this.#list(node as YAMLMap, path)
    this.#open.delete(node)
    this.#limits.weigh(value)
    if (anchor) this.#values.set(node, value)
    return value
  }

  #noteAnchor(node: Node): boolean {
    const { anchor } = node as Scalar
    if (anchor) this.#anchors.set(anchor, node)
    return anchor !== undefined
  }

  /** Text that begins with & is no value at all without its quotes: a condition not asked, a password not needed. */
  #refuseAnchor(node: Scalar, path: string): void {
    const name = `&${node.anchor}`
    const quoted = JSON.stringify(name)
    const message = `nothing stands behind the anchor ${name}; text that begins with & needs quotes: ${quoted}`
    this.#fault(offsetOf(node) - name.length, path, message)
  }

  #aliased(node: Alias, path: string): unknown {
    const target = this.#target(node, path)
    if (!target) return `*${node.source}`
    const value = this.#values.get(target)
    this.#limits.aliased(value, this.#open.size, offsetOf(node), path)
    return value
  }

  /** What an alias means; undefined has been reported. */
  #target(node: Alias, path: string): Node | undefined {
    const target = this.#anchors.get(node.source)
    if (!target) {
      const name = `*${node.source}`
      const quoted = JSON.stringify(name)
      const message = `there is no anchor &${node.source} before this ${name}; text that begins with * needs quotes: ${quoted}`
      this.#fault(offsetOf(node), path, message)
    } else if (this.#open.has(target)) {
      this.#fault(offsetOf(node), path, `*${node.source} contains itself; write the value out`)
      return undefined
    }
    return target
  }

  #scalar(node: Scalar, path: string): unknown {
    const tag = node.tag ?? ''
    if (!SECRET_TAGS.has(tag)) {
      if (typeof node.value === 'string' && !node.value.isWellFormed())
        this.#fault(offsetOf(node), path, HALF)
      return node.value
    }
    try {
      return this.#secrets(tag, String(node.value), this.#options.base)
    } catch (error) {
      this.#fault(offsetOf(node), path, (error as Error).message)
      return new Secret('unset')
    }
  }

  #list(
    node: { readonly items: readonly unknown[]; readonly range?: Node['range'] },
    path: string,
  ): unknown[] {
    const value: unknown[] = []
    const entries = new Map<string, Entry>()
    for (const [index, item] of node.items.entries()) {
      const at = joinPath(path, index)
      const spot = this.spot(offsetOf(item as Node, node), at)
      const entry = { key: spot, value: spot, ...this.#textOf(item) }
      entries.set(String(index), entry)
      this.#options.onEntry?.(entry, item as Node)
      value.push(this.read(item as Node, at))
    }
    this.places.set(value, { self: this.spot(offsetOf(node), path), entries })
    return value
  }

  #map(node: YAMLMap, path: string): object {
    const map = this.#filling(this.spot(offsetOf(node), path), path)
    for (const pair of node.items) {
      const key = pair.key as Node | null
      const held = pair.value as Node | null
      if (isMergeKey(key)) {
        this.#merge(map, held, offsetOf(held, key!))
        continue
      }
      const name = this.#name(key, path, offsetOf(key, held ?? node))
      if (name === undefined) continue
      const at = joinPath(path, name)
      const offset = offsetOf(key, node)
      const { entries } = map.place
      const again = entries.get(name)?.key.path === at
      const value = this.read(held, at)
      const entry = {
        key: this.spot(offset, at),
        value: this.spot(offsetOf(held, key ?? node), at),
        ...this.#textOf(held),
      }
      this.#options.onEntry?.(entry, pair as Pair)
      const filled = this.#put(map, name, value, entry)
      if (again) this.#duplicate(offset, at, filled)
    }
    return map.value
  }

  #filling(self: Spot, path: string): Filling {
    const value: Record<string, unknown> = Object.create(null)
    const place: Place = { self, entries: new Map() }
    this.places.set(value, place)
    return { value, place, path }
  }

  /** The text of a key; undefined has been reported. */
  #name(key: Node | null, path: string, offset: number): string | undefined {
    const node = isAlias(key) ? this.#target(key, path) : key
    if (isAlias(key) && !node) return undefined
    if (node && !isAlias(key)) this.#noteAnchor(node)
    if (node && !isScalar(node)) {
      this.#fault(offset, path, 'a key must be plain text')
      return undefined
    }
    if (node) this.#values.set(node, node.value)
    if (!node || node.value === null) {
      this.#fault(offset, path, `${node?.source || 'an empty key'} ${NO_NAME}`)
      return undefined
    }
    if (SECRET_TAGS.has(node.tag ?? '')) {
      this.#fault(offset, path, `a key can not be read with ${node.tag}; write its text`)
      return undefined
    }
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
    if (!text.isWellFormed()) this.#fault(offset, path, HALF)
    return text
  }

  /** A plain scalar as it was written, also behind an alias. */
  #textOf(node: unknown): { text?: string } {
    const target = isAlias(node) ? this.#anchors.get(node.source) : node
    if (!isScalar(target) || target.source === undefined || target.tag?.startsWith('!')) return {}
    return { text: target.source }
  }

  /**
   * Where a name stands again, docker_auth goes on filling the struct that it has; but each user is made anew.
   *
   * @returns whether the name holds the entries of both
   */
  #put(map: Filling, name: string, value: unknown, entry: Entry): boolean {
    const before = map.value[name]
    const both = this.#isMap(before) && this.#isMap(value) && before !== value
    const fills = both && this.#options.version === '1.1' && map.path !== 'users'
    map.value[name] = fills ? this.#together(before, value) : value
    map.place.entries.set(name, entry)
    return fills
  }

  #together(older: object, newer: object): object {
    const { self, entries } = this.places.get(older)!
    const map = this.#filling(self, self.path)
    for (const [held, place] of [
      [older, entries],
      [newer, this.places.get(newer)!.entries],
    ] as const) {
      for (const [name, entry] of place) this.#put(map, name, (held as Record<string, unknown>)[name], entry)
    }
    this.#limits.weigh(map.value)
    return map.value
  }

  #isMap(value: unknown): value is object {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && this.places.has(value)
  }

  #duplicate(offset: number, path: string, filled: boolean): void {
    if (this.#options.version === '1.2') this.#fault(offset, path, 'stands twice; remove one of the two')
    else if (filled) this.#warn(offset, path, 'stands twice; both count, as in docker_auth; write one')
    else this.#warn(offset, path, 'stands twice; the last one counts')
  }

  /**
   * `<<`: the entries of other maps, of which the first one wins. An entry of this map's own wins over them, but with docker_auth
   * only behind the `<<`.
   */
  #merge(map: Filling, held: Node | null, offset: number): void {
    const reported = this.faults.length
    const at = joinPath(map.path, '<<')
    const source = this.read(held, at)
    if (this.faults.length > reported) return
    const sources: unknown[] = Array.isArray(source) ? source : [source]
    const replaces = this.#options.version === '1.1'
    const replaced = new Set<string>()
    for (const from of replaces ? sources.toReversed() : sources) {
      if (!this.#isMap(from)) {
        this.#fault(offset, map.path, '<< merges maps only; name one with *anchor')
        continue
      }
      for (const [name, entry] of this.places.get(from)!.entries) {
        const own = map.place.entries.get(name)
        if (own && !replaces) continue
        if (own?.key.path === joinPath(map.path, name)) replaced.add(name)
        this.#put(map, name, (from as Record<string, unknown>)[name], entry)
      }
    }
    for (const name of replaced) {
      const message = `stands behind ${name} and counts before it, as in docker_auth; put << first`
      this.#warn(offset, at, message)
    }
  }
}

const HALF = 'holds half of a surrogate pair (\\uD800 to \\uDFFF); write the whole character'

const NO_NAME =
  'is no name; write "" for the empty one (of users: requests without credentials), or "null" in quotes for that name'
