// Texts that a regular expression (RE2) may match. A search and no proof: whoever uses one asks whether it does match.
import { type Characters, characterIn, namedCharacters } from './characters.ts'
import type { Random } from './random.ts'

/** A part of an expression. */
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one'; readonly of: Characters }
  | { readonly kind: 'all'; readonly of: readonly Node[] }
  | { readonly kind: 'either'; readonly of: readonly Node[] }
  | { readonly kind: 'times'; readonly of: Node; readonly least: number; readonly most: number }

/** Makes texts of one expression. */
export class RegexTexts {
  readonly #root: Node

  /** @param expression valid, without the slashes around it */
  constructor(expression: string) {
    this.#root = new Reader(expression).either()
  }

  make(random: Random): string {
    return textOf(this.#root, random)
  }
}

const MORE = 2

function textOf(node: Node, random: Random): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'one':
      return characterIn(node.of, random)
    case 'all':
      return node.of.map((part) => textOf(part, random)).join('')
    case 'either':
      return textOf(random.pick(node.of), random)
    case 'times': {
      const times = node.least + random.below(Math.min(node.most - node.least, MORE) + 1)
      return Array.from({ length: times }, () => textOf(node.of, random)).join('')
    }
  }
}

const NOTHING: Node = { kind: 'text', text: '' }
const ANYTHING: Characters = { negated: true, ranges: [[0x0a, 0x0a]] }

/** Reads an expression from left to right. What it does not know it takes for text. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  either(): Node {
    const ways: Node[] = []
    do ways.push(this.#sequence())
    while (this.#took('|'))
    return ways.length === 1 ? ways[0]! : { kind: 'either', of: ways }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!)) {
      let part = this.#atom()
      for (let times = this.#times(); times; times = this.#times())
        part = { kind: 'times', of: part, ...times }
      parts.push(part)
    }
    return { kind: 'all', of: parts }
  }

  #atom(): Node {
    const char = this.#next()
    if (char === '(') return this.#group()
    if (char === '[') return { kind: 'one', of: this.#class() }
    if (char === '.') return { kind: 'one', of: ANYTHING }
    if (char === '^' || char === '$') return NOTHING
    if (char === '\\') return this.#escape()
    return { kind: 'text', text: char }
  }

  #group(): Node {
    const head = /^\?(?:P?<[^>]*>|[a-zA-Z-]*:)/.exec(this.#rest())
    if (head) this.#at += head[0].length
    else {
      const flags = /^\?[a-zA-Z-]*\)/.exec(this.#rest())
      if (flags) {
        this.#at += flags[0].length
        return NOTHING
      }
    }
    const inside = this.either()
    this.#took(')')
    return inside
  }

  #times(): { least: number; most: number } | undefined {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#rest())
    if (!found) return undefined
    this.#at += found[0].length
    const [, sign, least, comma, most] = found
    if (sign === '*') return { least: 0, most: 100 }
    if (sign === '+') return { least: 1, most: 100 }
    if (sign === '?') return { least: 0, most: 1 }
    return { least: Number(least), most: most ? Number(most) : comma ? Number(least) + 100 : Number(least) }
  }

  #escape(): Node {
    const quoted = /^Q([\s\S]*?)(?:\\E|$)/.exec(this.#rest())
    if (quoted) {
      this.#at += quoted[0].length
      return { kind: 'text', text: quoted[1]! }
    }
    if (/^[AzbBE]/.test(this.#rest())) {
      this.#at += 1
      return NOTHING
    }
    const named = this.#named()
    return named ? { kind: 'one', of: named } : { kind: 'text', text: this.#quoted() }
  }

  /** `\d`, `\pL`, `\p{Greek}`: behind the backslash. */
  #named(): Characters | undefined {
    const found = /^(?:[dDsSwW]|[pP](?:\{\^?\w+\}|\w))/.exec(this.#rest())
    if (!found) return undefined
    this.#at += found[0].length
    return namedCharacters(found[0])
  }

  /** One character behind a backslash. */
  #quoted(): string {
    const hex = /^x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/.exec(this.#rest())
    if (hex) {
      this.#at += hex[0].length
      return String.fromCodePoint(Number.parseInt(hex[1] ?? hex[2]!, 16))
    }
    const char = this.#next()
    return CONTROLS[char] ?? char
  }

  #class(): Characters {
    const negated = this.#took('^')
    const ranges: (readonly [number, number])[] = []
    for (let first = true; this.#at < this.#text.length; first = false) {
      if (!first && this.#took(']')) break
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#rest())
      if (posix) {
        this.#at += posix[0].length
        ranges.push(...namedCharacters(posix[2]!).ranges)
        continue
      }
      let low = this.#next()
      if (low === '\\') {
        const named = this.#named()
        if (named) {
          if (!named.negated) ranges.push(...named.ranges)
          continue
        }
        low = this.#quoted()
      }
      let high = low
      if (/^-[^\]]/.test(this.#rest())) {
        this.#at += 1
        high = this.#next()
        if (high === '\\') high = this.#quoted()
      }
      ranges.push([low.codePointAt(0)!, high.codePointAt(0)!])
    }
    return { negated, ranges }
  }

  #rest(): string {
    return this.#text.slice(this.#at)
  }

  #next(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0x78)
    this.#at += char.length
    return char
  }

  #took(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' }
