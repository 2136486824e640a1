// One character of a class, such as `[a-z]` of a glob or `\d` of an expression.
import type { Random } from './random.ts'

/** A set of characters, by their code points. */
export interface Characters {
  readonly negated: boolean
  readonly ranges: readonly (readonly [low: number, high: number])[]
}

/** What stands in names; the first ones most of all. */
const USUAL = [...'abcxyz0179-._/ABXZ:@+~!']

/** A character of the class: a usual one, or one at an end of a range. */
export function characterIn({ negated, ranges }: Characters, random: Random): string {
  const isIn = (char: string) => {
    const code = char.codePointAt(0)!
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated
  }
  const ends = ranges.flat().map((code) => String.fromCodePoint(code))
  const usual = [...USUAL, ...ends].filter(isIn)
  if (usual.length > 0) return random.pick(usual)
  return negated || ranges.length === 0 ? 'q' : String.fromCodePoint(random.pick(ranges)[0])
}

const DIGITS = [[0x30, 0x39]] as const
const LOWER = [[0x61, 0x7a]] as const
const UPPER = [[0x41, 0x5a]] as const
const WORD = [...DIGITS, ...LOWER, ...UPPER, [0x5f, 0x5f]] as const
const SPACE = [
  [0x20, 0x20],
  [0x09, 0x0a],
] as const

const NAMED: ReadonlyMap<string, Characters['ranges']> = new Map<string, Characters['ranges']>([
  ['d', DIGITS],
  ['digit', DIGITS],
  ['s', SPACE],
  ['space', SPACE],
  ['w', WORD],
  ['word', WORD],
  ['lower', LOWER],
  ['upper', UPPER],
  ['alpha', [...LOWER, ...UPPER]],
  ['alnum', [...DIGITS, ...LOWER, ...UPPER]],
  ['punct', [[0x21, 0x2f]]],
  ['xdigit', [...DIGITS, [0x61, 0x66]]],
  ['pL', [...LOWER, ...UPPER]],
  ['pLl', LOWER],
  ['pLu', UPPER],
  ['pN', DIGITS],
])

/** @param name `d`, `W`, `alpha`, `pL`, `p{Ll}`; of an unknown one, letters */
export function namedCharacters(name: string): Characters {
  const plain = name.replace(/[{}]/g, '')
  const negated = /^[DSWP]/.test(plain)
  const key = negated ? plain[0]!.toLowerCase() + plain.slice(1) : plain
  return { negated, ranges: NAMED.get(key) ?? LOWER }
}
