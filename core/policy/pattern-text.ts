// Texts that a pattern of a rule may match. A search and no proof: whoever uses one asks whether it does match.
import { type Captures, createCaptures } from '../acl/captures.ts'
import { type Facts, labelValues } from '../acl/facts.ts'
import { type GlobAtom, isFault, parseGlob } from '../acl/glob.ts'
import { partsOf } from '../acl/pattern.ts'
import type { Part, Placeholder } from '../acl/placeholder.ts'
import { inner, isRegex, quote } from '../acl/regex.ts'
import type { CompiledRule } from '../acl/rule.ts'
import { characterIn } from './characters.ts'
import type { Random } from './random.ts'
import { RegexTexts } from './regex-text.ts'
import type { RuleList } from './rule-list.ts'

/** Makes texts of one pattern. */
export class PatternTexts {
  readonly #parts: readonly Part[]
  readonly #regex: boolean
  readonly #captures: Captures
  readonly #list: RuleList
  #expression: RegexTexts | undefined

  constructor(pattern: string, { source }: CompiledRule, list: RuleList) {
    const { substitution } = list.listed
    const { labels: _, ip: __, ...patterns } = source.match ?? {}
    this.#list = list
    this.#regex = isRegex(pattern)
    const { parts } = partsOf(pattern, substitution)
    // Where captures are parts of the pattern, an expression is taken apart with its slashes.
    this.#parts =
      this.#regex && substitution === 'pattern' ? partsOf(inner(pattern), substitution).parts : parts
    this.#captures = createCaptures(patterns, substitution, list.store)
  }

  /** Whether its texts depend on other facts. */
  get depends(): boolean {
    return this.#parts.some((part) => typeof part !== 'string')
  }

  /** The labels that it has placeholders for. */
  get labels(): readonly string[] {
    return this.#parts.flatMap((part) =>
      typeof part !== 'string' && part.kind === 'label' ? [part.label] : [],
    )
  }

  /**
   * @param words what may stand for a star
   * @returns undefined when a placeholder stands for nothing
   */
  make(facts: Facts, words: readonly string[], random: Random): string | undefined {
    const texts: string[] = []
    for (const part of this.#parts) {
      if (typeof part === 'string') texts.push(part)
      else {
        const text = this.#valueOf(part, facts, random)
        if (text === undefined) return undefined
        texts.push(this.#regex ? `(?:${quote(text)})` : text.replace(/[\\*?[]/g, '\\$&'))
      }
    }
    return this.#regex
      ? this.#ofExpression(texts.join(''), words, random)
      : this.#ofGlob(texts.join(''), words, random)
  }

  #valueOf(part: Placeholder, facts: Facts, random: Random): string | undefined {
    if (part.kind === 'variable') return facts[part.field]
    if (part.kind === 'capture') return this.#captures.get(part, facts)
    const values = labelValues(facts.labels, part.label) ?? []
    return values.length > 0 ? random.pick(values) : undefined
  }

  #ofExpression(expression: string, words: readonly string[], random: Random): string {
    if (this.depends || !this.#expression) this.#expression = new RegexTexts(expression)
    const text = this.#expression.make(random)
    // It may stand anywhere in a text.
    const around = (anchor: string) =>
      !expression.includes(anchor) && random.oneIn(3) ? random.pick(words) : ''
    return `${around('^')}${text}${around('$')}`
  }

  #ofGlob(glob: string, words: readonly string[], random: Random): string | undefined {
    const atoms = parseGlob([glob], this.#list.listed.stars)
    return isFault(atoms) ? undefined : atoms.map((atom) => textOf(atom, words, random)).join('')
  }
}

function textOf(atom: GlobAtom, words: readonly string[], random: Random): string {
  switch (atom.kind) {
    case 'text':
      return atom.text
    case 'star':
      return random.oneIn(12) ? '' : random.pick(words)
    case 'deep':
      return random.oneIn(3) ? `${random.pick(words)}/${random.pick(words)}` : random.pick(words)
    case 'any':
      return random.pick(['x', 'a', '1'])
    case 'class':
      return characterIn(atom, random)
    case 'slot':
      return ''
  }
}
