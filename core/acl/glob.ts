// Reads globs with the rules of Go's path.Match: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` do not, `\` quotes the next
// character. Characters are Unicode code points. Where it is wanted, `**` is one atom more: any text, with `/` in it too.

/** A piece of a glob. A slot stands for a text that is known only at the time of a match. */
export type GlobAtom =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  /** `**` */
  | { readonly kind: 'deep' }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [low: number, high: number])[]
    }
  | { readonly kind: 'slot'; readonly slot: number }

/** What stars are: `*` alone, as in Go, where `**` means the same; or `*` and `**`. */
export type Stars = 'one' | 'two'

/** Why a glob can't be used: its syntax, three stars in a row, or a slot that stands inside `[...]` or after a backslash. */
export type GlobFault = 'malformed' | 'stars' | { readonly misplaced: number }

/**
 * Reads a glob.
 *
 * @param parts texts, and slots by number
 * @returns the atoms, or what is wrong
 * @example parseGlob(['team-?/*'], 'one') // text `team-`, any, text `/`, star
 * @see https://pkg.go.dev/path#Match
 */
export function parseGlob(
  parts: readonly (string | number)[],
  stars: Stars,
): readonly GlobAtom[] | GlobFault {
  const input = parts.flatMap((part): (string | number)[] => (typeof part === 'string' ? [...part] : [part]))
  const atoms: GlobAtom[] = []
  let text: string[] = []
  const endText = () => {
    // Joined at once: a text that grows by single characters is kept as a chain of them.
    if (text.length > 0) atoms.push({ kind: 'text', text: text.join('') })
    text = []
  }
  const push = (atom: GlobAtom) => {
    endText()
    atoms.push(atom)
  }
  for (let at = 0; at < input.length; at += 1) {
    const item = input[at]!
    if (typeof item === 'number') push({ kind: 'slot', slot: item })
    else if (item === '*') {
      const deep = stars === 'two' && input[at + 1] === '*'
      if (deep && input[at + 2] === '*') return 'stars'
      push({ kind: deep ? 'deep' : 'star' })
      if (deep) at += 1
    } else if (item === '?') push({ kind: 'any' })
    else if (item === '[') {
      const parsed = parseClass(input, at + 1)
      if (isFault(parsed)) return parsed
      push(parsed.atom)
      at = parsed.end
    } else {
      const quoted = item === '\\'
      if (quoted) at += 1
      const literal = input[at]
      if (literal === undefined) return 'malformed'
      if (typeof literal === 'number') return { misplaced: literal }
      text.push(literal)
    }
  }
  endText()
  return atoms.slice()
}

/** Whether parsing ended with a fault. */
export function isFault(result: object | GlobFault): result is GlobFault {
  return typeof result === 'string' || 'misplaced' in result
}

function parseClass(
  input: readonly (string | number)[],
  start: number,
): { atom: GlobAtom; end: number } | GlobFault {
  let at = start
  const negated = input[at] === '^'
  if (negated) at += 1
  const ranges: [number, number][] = []
  while (input[at] !== ']' || ranges.length === 0) {
    const low = classCharacter(input, at)
    if (isFault(low)) return low
    at = low.end
    let high = low
    if (input[at] === '-') {
      const read = classCharacter(input, at + 1)
      if (isFault(read)) return read
      high = read
      at = high.end
    }
    ranges.push([low.code, high.code])
  }
  return { atom: { kind: 'class', negated, ranges }, end: at }
}

function classCharacter(
  input: readonly (string | number)[],
  start: number,
): { code: number; end: number } | GlobFault {
  const quoted = input[start] === '\\'
  const item = input[quoted ? start + 1 : start]
  if (item === undefined) return 'malformed'
  if (typeof item === 'number') return { misplaced: item }
  if (!quoted && (item === '-' || item === ']')) return 'malformed'
  return { code: item.codePointAt(0)!, end: start + (quoted ? 2 : 1) }
}
