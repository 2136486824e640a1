// The native form as a YAML document: what the translation gives, in the order and the style of the source. Each part remembers which
// entry of the source it comes from.
import { isCollection, type Node, Pair, type Range, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { Secret } from '../plugin.ts'
import type { Entry, YamlFile } from '../yaml/yaml-file.ts'
import type { SourceItem } from './source-items.ts'
import { type Around, type Keys, scalarNode } from './values.ts'

/** A part of the native form that comes from an entry of the source. */
export interface Link {
  /** Stands at its beginning: a key, or an item of a list. */
  readonly head: Node
  readonly value: Node
  /** Whether it is in what became of the entry's own section. */
  readonly own: boolean
}

/** The native form, and what became of each entry of the source, in the order of the new file. */
export interface NativeDocument {
  readonly contents: YAMLMap
  readonly links: ReadonlyMap<SourceItem, readonly Link[]>
}

/**
 * Builds the document.
 *
 * @param tree in the native form
 * @param yaml knows where its parts come from
 * @param itemOf the source's entry of which a key or value is told
 */
export function buildDocument(
  tree: object,
  yaml: YamlFile,
  root: SourceItem,
  itemOf: (entry: Entry) => SourceItem | undefined,
  around: Around,
): NativeDocument {
  return new Builder(yaml, itemOf, around).build(tree, root)
}

class Builder {
  readonly #links = new Map<SourceItem, Link[]>()
  readonly #yaml: YamlFile
  readonly #itemOf: (entry: Entry) => SourceItem | undefined
  readonly #around: Around
  /** Whether what is made now is in what became of its own section. */
  #own = true

  constructor(yaml: YamlFile, itemOf: (entry: Entry) => SourceItem | undefined, around: Around) {
    this.#yaml = yaml
    this.#itemOf = itemOf
    this.#around = around
  }

  build(tree: object, root: SourceItem): NativeDocument {
    const contents = this.#map(tree, root, [])
    return { contents, links: this.#links }
  }

  #node(value: unknown, item: SourceItem | undefined, keys: Keys): Node {
    if (
      typeof value !== 'object' ||
      value === null ||
      value instanceof Secret ||
      !this.#yaml.places.has(value)
    )
      return scalarNode(value, item, keys, this.#around)
    const node = Array.isArray(value) ? this.#list(value, item, keys) : this.#map(value, item, keys)
    const source = item?.meant
    const isAlike = isCollection(source) && source instanceof YAMLSeq === node instanceof YAMLSeq
    if (node.items.length === 0 || (isAlike && isShortFlow(source) && !isOutside(keys))) node.flow = true
    return node
  }

  #map(value: object, item: SourceItem | undefined, keys: Keys): YAMLMap {
    const map = new YAMLMap()
    for (const [key, held, entry] of this.#ordered(value, item)) {
      const own = entry && this.#itemOf(entry)
      const head = new Scalar(key)
      const value = this.#linked(own, item, () => this.#node(held, own, [...keys, key]), head)
      map.items.push(new Pair(head, value))
    }
    return map
  }

  #list(value: readonly unknown[], item: SourceItem | undefined, keys: Keys): YAMLSeq {
    const list = new YAMLSeq()
    const entries = this.#yaml.places.get(value)!.entries
    for (const [index, held] of value.entries()) {
      const entry = entries.get(String(index))
      const own = entry && this.#itemOf(entry)
      // What is made of one value, such as a list of one name, is written as that.
      const make = () => this.#node(held, own ?? item, [...keys, String(index)])
      list.items.push(this.#linked(own, item, make))
    }
    return list
  }

  /**
   * Takes a place among the links: the outermost part stands first.
   *
   * @param make makes the part
   */
  #linked(item: SourceItem | undefined, within: SourceItem | undefined, make: () => Node, head?: Node): Node {
    if (!item) return make()
    const links = this.#links.get(item) ?? []
    this.#links.set(item, links)
    const place = links.push(undefined as never) - 1
    const [outer, own] = [this.#own, this.#own && isWithin(item, within)]
    this.#own = own
    const value = make()
    this.#own = outer
    links[place] = { head: head ?? value, value, own }
    return value
  }

  /** The entries of a map in the order of the source; what is not from there stays behind what it was put behind. */
  #ordered(value: object, item: SourceItem | undefined): (readonly [string, unknown, Entry | undefined])[] {
    const entries = this.#yaml.places.get(value)!.entries
    let before = -1
    const given = Object.entries(value).filter(([, held]) => held !== undefined)
    const placed = given.map(([key, held]) => {
      const entry = entries.get(key)
      before = this.#offset(held, entry, item) ?? before
      return { at: before, entry: [key, held, entry] as const }
    })
    return placed.sort((a, b) => a.at - b.at).map(({ entry }) => entry)
  }

  /** Where it stands in the source; undefined for what does not stand within the entry that its map comes from. */
  #offset(value: unknown, entry: Entry | undefined, within: SourceItem | undefined): number | undefined {
    const own = entry && this.#itemOf(entry)
    if (own) return own !== within && isWithin(own, within) ? own.offset : undefined
    const place = typeof value === 'object' && value !== null ? this.#yaml.places.get(value) : undefined
    const offsets = [...(place?.entries ?? [])].flatMap(
      ([key, inner]) => this.#offset((value as Record<string, unknown>)[key], inner, within) ?? [],
    )
    return offsets.length > 0 ? Math.min(...offsets) : undefined
  }
}

/** A file may be JSON, all on one line. */
const MOST_IN_FLOW = 120

function isShortFlow({ flow, range }: { readonly flow?: boolean; readonly range?: Range | null }): boolean {
  return flow === true && range != null && range[1] - range[0] <= MOST_IN_FLOW
}

/** Whether it is around what a section says: an instance, its options, or a section. */
function isOutside(keys: Keys): boolean {
  return keys.length < 2 || (keys.length < 4 && /^\d+$/.test(keys[1]!))
}

/** @param other undefined for the whole document */
function isWithin(item: SourceItem, other: SourceItem | undefined): boolean {
  if (!other) return true
  for (let at: SourceItem | undefined = item; at; at = at.parent) if (at === other) return true
  return false
}
