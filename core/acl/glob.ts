// Globs with the rules of Go's path.Match: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` do not, `\` quotes the next
// character. Characters are Unicode code points.

/** A piece of a glob. A slot stands for a text that is known only at the time of a match. */
export type GlobAtom =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [low: number, high: number])[]
    }
  | { readonly kind: 'slot'; readonly slot: number }

/** A run of atoms without a star; `star` = a star stands before it. */
export interface GlobChunk {
  readonly star: boolean
  readonly atoms: readonly GlobAtom[]
}

/** Why a glob can't be used: its syntax, or a slot that stands inside `[...]` or after a backslash. */
export type GlobFault = 'malformed' | { readonly misplaced: number }

const NO_TEXTS: readonly string[] = []

/**
 * Reads a glob.
 *
 * @param parts texts, and slots by number
 * @returns the atoms, or what is wrong
 * @example parseGlob(['team-?/*']) // text `team-`, any, text `/`, star
 * @see https://pkg.go.dev/path#Match
 */
export function parseGlob(parts: readonly (string | number)[]): readonly GlobAtom[] | GlobFault {
  const input = parts.flatMap((part): (string | number)[] => (typeof part === 'string' ? [...part] : [part]))
  const atoms: GlobAtom[] = []
  let text = ''
  const push = (atom: GlobAtom) => {
    if (text !== '') atoms.push({ kind: 'text', text })
    text = ''
    atoms.push(atom)
  }
  for (let at = 0; at < input.length; at += 1) {
    const item = input[at]!
    if (typeof item === 'number') push({ kind: 'slot', slot: item })
    else if (item === '*') push({ kind: 'star' })
    else if (item === '?') push({ kind: 'any' })
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
      text += literal
    }
  }
  if (text !== '') atoms.push({ kind: 'text', text })
  return atoms
}

/** Whether parsing ended with a fault. */
export function isFault(result: object | GlobFault): result is GlobFault {
  return result === 'malformed' || 'misplaced' in (result as object)
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

/** Splits atoms at their stars, ready for `matchGlob`. */
export function toChunks(atoms: readonly GlobAtom[]): GlobChunk[] {
  const chunks: { star: boolean; atoms: GlobAtom[] }[] = []
  for (const atom of atoms) {
    const last = chunks.at(-1)
    if (atom.kind === 'star') {
      if (!last || last.atoms.length > 0) chunks.push({ star: true, atoms: [] })
    } else if (last) last.atoms.push(atom)
    else chunks.push({ star: false, atoms: [atom] })
  }
  return chunks
}

/**
 * Whether the whole name matches. As in Go, each chunk takes the first place where it fits and never another one; this
 * shows only where a class matches `/`.
 *
 * @param texts what the slots stand for
 */
export function matchGlob(
  chunks: readonly GlobChunk[],
  name: string,
  texts: readonly string[] = NO_TEXTS,
): boolean {
  let at = 0
  for (const [index, { star, atoms }] of chunks.entries()) {
    if (star && atoms.length === 0) return name.indexOf('/', at) < 0
    const last = index === chunks.length - 1
    let end = matchChunk(atoms, name, at, texts)
    while (end < 0 || (last && end < name.length)) {
      if (!star || at === name.length || name[at] === '/') return false
      at = nextCharacter(name, at)
      end = matchChunk(atoms, name, at, texts)
    }
    at = end
  }
  return at === name.length
}

/** Where a match of the atoms that begins at `start` ends; -1 = no match. */
function matchChunk(
  atoms: readonly GlobAtom[],
  name: string,
  start: number,
  texts: readonly string[],
): number {
  let at = start
  for (const atom of atoms) {
    at = matchOne(atom, name, at, texts)
    if (at < 0) return -1
  }
  return at
}

/** Where a match of one atom, not a star, ends; -1 = no match. */
export function matchOne(atom: GlobAtom, name: string, at: number, texts: readonly string[]): number {
  if (atom.kind === 'text') return name.startsWith(atom.text, at) ? at + atom.text.length : -1
  if (atom.kind === 'slot') {
    const text = texts[atom.slot]!
    return name.startsWith(text, at) ? at + text.length : -1
  }
  if (at === name.length) return -1
  const code = name.codePointAt(at)!
  const matched = atom.kind === 'class' ? inClass(atom, code) : code !== SLASH
  return matched ? nextCharacter(name, at) : -1
}

const SLASH = 0x2f

function inClass(atom: GlobAtom & { kind: 'class' }, code: number): boolean {
  return atom.ranges.some(([low, high]) => low <= code && code <= high) !== atom.negated
}

/** Whether the atom is a class that matches `/`. */
export function matchesSlash(atom: GlobAtom): boolean {
  return atom.kind === 'class' && inClass(atom, SLASH)
}

/** Where the character (code point) after the one at `at` begins. */
export function nextCharacter(name: string, at: number): number {
  return at + (name.codePointAt(at)! > 0xffff ? 2 : 1)
}

/**
 * A glob by itself, without placeholders.
 *
 * @returns undefined when it is malformed
 * @example compileGlob('team-?/*')?.('team-a/app') // true
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const atoms = parseGlob([pattern])
  if (isFault(atoms)) return undefined
  const chunks = toChunks(atoms)
  return (name) => matchGlob(chunks, name)
}
