// A YAML file as plain values that remember where they stand: every later message can name line and column.
// `!env NAME` and `!file PATH` are read here, as Secrets.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { Secret } from '../contract/index.ts'
import { whyNot } from '../services/files.ts'
import { joinPath, type Problem, type Spot } from './problems.ts'
import { yamlFaults } from './yaml-faults.ts'

/** Where one entry of a map or list stands. `text` is a plain scalar as it was written. */
export interface Entry {
  readonly key: Spot
  readonly value: Spot
  readonly text?: string
}

/** Where a map or list stands, and its entries by key or index. */
export interface Place {
  readonly self: Spot
  readonly entries: Map<string, Entry>
}

export interface YamlFile {
  readonly file: string
  /** Whether secrets may be written out: docker_auth knows nothing else. */
  readonly plainSecrets: boolean
  /** Maps are objects without a prototype; `!env` and `!file` are Secrets. */
  readonly value: unknown
  readonly places: WeakMap<object, Place>
  readonly problems: Problem[]
  readonly warnings: Problem[]
}

export interface YamlOptions {
  /** 1.2 for the native form; 1.1, as Go's yaml.v2 reads it, for docker_auth's. */
  readonly version: '1.1' | '1.2'
  /** The folder that `!file` paths start from. */
  readonly base: string
}

/**
 * Parses the text of a configuration.
 *
 * @param file how messages name it
 * @returns values and places; `problems` holds every syntax error and unreadable `!env` or `!file`
 */
export function parseYaml(text: string, file: string, options: YamlOptions): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    version: options.version,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    customTags: (tags) => [
      ...tags,
      ...['!env', '!file'].map((tag) => ({ tag, resolve: (held: string) => held })),
    ],
  })
  const reader = new Reader(file, document, lines, options)
  for (const { offset, message } of yamlFaults(document.errors)) reader.problem(offset, '', message)
  const value = document.errors.length > 0 ? undefined : reader.read(document.contents, '')
  const { places, problems, warnings } = reader
  return { file, plainSecrets: options.version === '1.1', value, places, problems, warnings }
}

class Reader {
  readonly places = new WeakMap<object, Place>()
  readonly problems: Problem[] = []
  readonly warnings: Problem[] = []
  readonly #file: string
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  readonly #options: YamlOptions
  readonly #read = new Map<Node, unknown>()
  readonly #open = new Set<Node>()

  constructor(file: string, document: Document.Parsed, lines: LineCounter, options: YamlOptions) {
    this.#file = file
    this.#document = document
    this.#lines = lines
    this.#options = options
  }

  spot(offset: number, path: string): Spot {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1), path }
  }

  problem(offset: number, path: string, message: string): void {
    this.problems.push({ file: this.#file, ...this.spot(offset, path), message })
  }

  read(node: ParsedNode | Node | null, path: string): unknown {
    if (node === null) return null
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target && this.#open.has(target)) {
        this.problem(node.range?.[0] ?? 0, path, `*${node.source} contains itself; write the value out`)
        return null
      }
      return this.read(target ?? null, path)
    }
    if (isScalar(node)) return this.#scalar(node, path)
    if (this.#read.has(node)) return this.#read.get(node)
    this.#open.add(node)
    const value = isMap(node) ? this.#map(node, path) : this.#list(node as YAMLSeq, path)
    this.#open.delete(node)
    this.#read.set(node, value)
    return value
  }

  #scalar(node: Scalar, path: string): unknown {
    if (node.tag !== '!env' && node.tag !== '!file') return node.value
    const offset = node.range?.[0] ?? 0
    const name = String(node.value)
    if (node.tag === '!env') {
      const text = process.env[name]
      if (text !== undefined) return new Secret(text)
      this.problem(offset, path, `the environment variable ${name} is not set; set it, or use !file PATH`)
    } else {
      const full = resolve(this.#options.base, name)
      try {
        return new Secret(readFileSync(full, 'utf8').replace(/\r?\n$/, ''))
      } catch (error) {
        this.problem(offset, path, `cannot read ${full}: ${whyNot(error)}`)
      }
    }
    // A stand-in, so that the missing value is not reported a second time as an empty one.
    return new Secret('unset')
  }

  #list(node: YAMLSeq, path: string): unknown[] {
    const value: unknown[] = []
    const entries = new Map<string, Entry>()
    for (const [index, item] of node.items.entries()) {
      const at = joinPath(path, index)
      const spot = this.spot(offsetOf(item as Node, node), at)
      entries.set(String(index), { key: spot, value: spot, ...this.#textOf(item) })
      value.push(this.read(item as Node, at))
    }
    this.places.set(value, { self: this.spot(offsetOf(node), path), entries })
    return value
  }

  #map(node: YAMLMap, path: string): object {
    const value: Record<string, unknown> = Object.create(null)
    const entries = new Map<string, Entry>()
    this.places.set(value, { self: this.spot(offsetOf(node), path), entries })
    for (const { key, value: held } of node.items) {
      if (!isScalar(key)) {
        this.problem(offsetOf(key as Node, node), path, 'a key must be plain text')
        continue
      }
      const name = key.source ?? String(key.value ?? '')
      if (name === '<<' && key.type === 'PLAIN') {
        this.#merge(value, entries, held as Node, path)
        continue
      }
      const at = joinPath(path, name)
      const before = entries.get(name)
      if (before && before.key.path === at) this.#duplicate(key, at)
      entries.set(name, {
        key: this.spot(offsetOf(key), at),
        value: this.spot(offsetOf(held as Node | null, key), at),
        ...this.#textOf(held),
      })
      value[name] = this.read(held as Node | null, at)
    }
    return value
  }

  /** A plain scalar as it was written, also behind an alias. */
  #textOf(node: unknown): { text?: string } {
    const target = isAlias(node) ? node.resolve(this.#document) : node
    if (!isScalar(target) || target.source === undefined || target.tag?.startsWith('!')) return {}
    return { text: target.source }
  }

  #duplicate(key: Scalar, path: string): void {
    if (this.#options.version === '1.2') {
      this.problem(offsetOf(key), path, 'stands twice; remove one of the two')
      return
    }
    const spot = this.spot(offsetOf(key), path)
    this.warnings.push({ file: this.#file, ...spot, message: 'stands twice; the last one counts' })
  }

  /** `<<`: the entries of other maps, where this one has none of its own; the first of several maps wins. */
  #merge(value: Record<string, unknown>, entries: Map<string, Entry>, held: Node, path: string): void {
    const source = this.read(held, joinPath(path, '<<'))
    for (const map of Array.isArray(source) ? source : [source]) {
      const place = typeof map === 'object' && map !== null ? this.places.get(map) : undefined
      if (!place || Array.isArray(map)) {
        this.problem(offsetOf(held), path, '<< merges maps only; name one with *anchor')
        continue
      }
      for (const [name, entry] of place.entries) {
        if (entries.has(name)) continue
        entries.set(name, entry)
        value[name] = (map as Record<string, unknown>)[name]
      }
    }
  }
}

function offsetOf(node: Node | null | undefined, fallback?: Node): number {
  return node?.range?.[0] ?? (fallback ? offsetOf(fallback) : 0)
}
