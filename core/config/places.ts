// Where things stand in a configuration's file. Of a large file that takes more memory than all that answers requests, and is rarely
// asked for once a server runs: then it is forgotten, and read again for whoever asks.
import { hash } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Spot } from '../yaml/problems.ts'
import { spotOf } from '../yaml/validate.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { readText } from './read-text.ts'

/** A file as it was read, and the tree of the native form that was made of it. */
export interface Parsed {
  readonly yaml: YamlFile
  readonly tree: unknown
}

/** Where parts of an instance stand. */
export interface InInstance {
  spotOfOption(path: readonly PropertyKey[]): Spot
  spotOfUse(key: string): Spot
}

export const TOP: Spot = { line: 1, column: 1, path: '' }
/** Whoever asks for one place asks for more, in milliseconds. */
const HELD_AGAIN = 1_000

/** The places of one file. */
export class Places {
  readonly #file: string
  readonly #digest: string
  readonly #parse: (text: string) => Parsed
  #parsed: Parsed | undefined
  /** Of sections: few, and asked for again whenever keys and certificates are looked at. */
  readonly #sections = new Map<string, Spot>()

  /** @param parse does again what has made `parsed` of the text, and tells nobody */
  constructor(file: string, text: string, parsed: Parsed, parse: (text: string) => Parsed) {
    this.#file = file
    this.#digest = digestOf(text)
    this.#parsed = parsed
    this.#parse = parse
  }

  /** Where a key stands, by its path in the native form; the nearest one that is written above it. */
  ofSection(path: string): Spot {
    const known = this.#sections.get(path)
    if (known) return known
    const parsed = this.#again()
    if (!parsed) return { ...TOP, path }
    const spot = spotOf(parsed.tree, path.split('.'), parsed.yaml, TOP, 'key')
    this.#sections.set(path, spot)
    return spot
  }

  /**
   * The places in an instance. They hold on to nothing but this.
   *
   * @param list such as `authorizers` @param spot its own, for what is asked when the file has changed
   */
  inInstance(list: string, index: number, spot: Spot): InInstance {
    const find = (path: readonly PropertyKey[], side: 'key' | 'value'): Spot => {
      const parsed = this.#again()
      if (!parsed) return spot
      const instance = (parsed.tree as Record<string, readonly unknown[]>)[list]?.[index]
      return spotOf(instance, path, parsed.yaml, spot, side)
    }
    return {
      spotOfOption: (path) => find(['options', ...path], 'value'),
      spotOfUse: (key) => find(['uses', key], 'key'),
    }
  }

  /** Gives the memory back. */
  forget(): void {
    this.#parsed = undefined
  }

  /** Undefined where the file is another one by now, or none that can be read twice. */
  #again(): Parsed | undefined {
    if (this.#parsed) return this.#parsed
    try {
      if (!statSync(this.#file).isFile()) return undefined
      const text = readText(this.#file)
      if (digestOf(text) !== this.#digest) return undefined
      this.#parsed = this.#parse(text)
      setTimeout(() => this.forget(), HELD_AGAIN).unref()
      return this.#parsed
    } catch {
      return undefined
    }
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64')
}
