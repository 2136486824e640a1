// Matches globs: as Go does, or by all places that a match can have reached where a `**` is in the glob.
import { type GlobAtom, isFault, parseGlob } from './glob.ts'

const NO_TEXTS: readonly string[] = []

/**
 * Whether the whole name matches.
 *
 * @param texts what the slots stand for
 */
export type GlobMatcher = (name: string, texts?: readonly string[]) => boolean

/** Makes the matcher of a glob. */
export function toMatcher(atoms: readonly GlobAtom[]): GlobMatcher {
  if (atoms.at(-1)?.kind === 'deep') {
    // It takes whatever is left.
    const before = atoms.slice(0, -1)
    return (name, texts) => reach(before, name, [0], texts).length > 0
  }
  if (isDeep(atoms)) return (name, texts) => reach(atoms, name, [0], texts).at(-1) === name.length
  const chunks = toChunks(atoms)
  return (name, texts) => matchChunks(chunks, name, texts)
}

/**
 * A glob of Go's kind by itself, without placeholders.
 *
 * @returns undefined when it is malformed
 * @example compileGlob('team-?/*')?.('team-a/app') // true
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const atoms = parseGlob([pattern], 'one')
  if (isFault(atoms)) return undefined
  const matches = toMatcher(atoms)
  return (name) => matches(name)
}

/** Whether there is a `**` in the glob. */
export function isDeep(atoms: readonly GlobAtom[]): boolean {
  return atoms.some(({ kind }) => kind === 'deep')
}

/** What a match costs, in steps, for names as long as registries have them. */
export function stepsOfGlob(atoms: readonly GlobAtom[]): number {
  const first = atoms.findIndex(({ kind }) => kind === 'deep')
  // Behind a `**` a match may go on at each character. One at the end takes all that is left.
  const behind = first === -1 ? [] : atoms.slice(first + 1)
  return behind.reduce((sum, { kind }) => sum + (kind === 'class' || kind === 'any' ? 3 : 1), STEPS_A_GLOB)
}

const STEPS_A_GLOB = 0.1

/** A run of atoms without a star; `star` = a star stands before it. */
interface Chunk {
  readonly star: boolean
  readonly atoms: readonly GlobAtom[]
}

/** Splits atoms at their stars. */
function toChunks(atoms: readonly GlobAtom[]): readonly Chunk[] {
  const chunks: { star: boolean; atoms: GlobAtom[] }[] = []
  for (const atom of atoms) {
    const last = chunks.at(-1)
    if (atom.kind === 'star') {
      if (!last || last.atoms.length > 0) chunks.push({ star: true, atoms: [] })
    } else if (last) last.atoms.push(atom)
    else chunks.push({ star: false, atoms: [atom] })
  }
  return chunks.map(({ star, atoms }) => ({ star, atoms: atoms.slice() }))
}

/** As in Go, each chunk takes the first place where it fits and never another one; this shows only where a class matches `/`. */
function matchChunks(chunks: readonly Chunk[], name: string, texts: readonly string[] = NO_TEXTS): boolean {
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

/**
 * The places that a match of the atoms can have reached, in ascending order; none = no match.
 *
 * @param places where it can begin, in ascending order
 */
export function reach(
  atoms: readonly GlobAtom[],
  name: string,
  places: readonly number[],
  texts: readonly string[] = NO_TEXTS,
): readonly number[] {
  let reached = places
  for (const atom of atoms) {
    if (reached.length === 0) break
    reached = reachOne(atom, name, reached, texts)
  }
  return reached
}

/** The places after one atom, in ascending order. */
function reachOne(
  atom: GlobAtom,
  name: string,
  places: readonly number[],
  texts: readonly string[],
): readonly number[] {
  const reached: number[] = []
  if (atom.kind === 'star' || atom.kind === 'deep') {
    const end = atom.kind === 'star' ? '/' : undefined
    for (const place of places) {
      // A place that an earlier one has reached gets no further than that one did.
      if (reached.length > 0 && place <= reached.at(-1)!) continue
      let at = place
      reached.push(at)
      while (at < name.length && name[at] !== end) {
        at = nextCharacter(name, at)
        reached.push(at)
      }
    }
    return reached
  }
  for (const place of places) {
    const end = matchOne(atom, name, place, texts)
    if (end >= 0) reached.push(end)
  }
  return reached
}

/** Where a match of one atom that is no star ends; -1 = no match. */
function matchOne(atom: GlobAtom, name: string, at: number, texts: readonly string[]): number {
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

/** Whether the class has a character, by its code point. */
export function inClass({ ranges, negated }: GlobAtom & { kind: 'class' }, code: number): boolean {
  for (const [low, high] of ranges) if (low <= code && code <= high) return !negated
  return negated
}

/** Whether the atom is a class that matches `/`. */
export function matchesSlash(atom: GlobAtom): boolean {
  return atom.kind === 'class' && inClass(atom, SLASH)
}

/** Where the character (code point) after the one at `at` begins. */
function nextCharacter(name: string, at: number): number {
  return at + (name.codePointAt(at)! > 0xffff ? 2 : 1)
}
