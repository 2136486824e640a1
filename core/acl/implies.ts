// Whether one condition holds whenever another does: as far as that is certain and cheap to see.
import type { GlobAtom } from './glob.ts'
import { inClass, matchesSlash } from './glob-match.ts'
import { contains, type Network } from './ip.ts'
import type { Matcher } from './matcher.ts'

/** A pattern as written, and compiled. */
export interface Written {
  readonly text: string
  readonly matcher: Matcher
}

/** What is known of every text that a pattern matches. */
export interface Known {
  /** The only text that it matches, if there is only one. */
  readonly exact: string | undefined
  /** What they all begin and end with; may be empty. */
  readonly prefix: string
  readonly suffix: string
}

const ANYTHING: Known = { exact: undefined, prefix: '', suffix: '' }

/** Every text is known to be anything when there is no pattern. */
export function knownOf(pattern: Written | undefined): Known {
  if (!pattern) return ANYTHING
  const { exact, glob, prefix = '' } = pattern.matcher
  if (exact !== undefined) return { exact, prefix: exact, suffix: exact }
  const last = glob?.at(-1)
  return { exact: undefined, prefix, suffix: last?.kind === 'text' ? last.text : '' }
}

/**
 * Whether `outer` matches every text that `inner` matches. Patterns with placeholders are only compared as they are written.
 *
 * @param known of `inner`
 * @returns false also when it can't be told
 */
export function impliesPattern(inner: Written | undefined, known: Known, outer: Written): boolean {
  if (inner?.text === outer.text) return true
  const { exact, glob, regex } = outer.matcher
  if (exact !== undefined) return known.exact === exact
  if (glob) {
    if (known.exact !== undefined) return plainMatch(outer.matcher, known.exact)
    return coversKnown(glob, known) || (inner?.matcher.glob !== undefined && covers(glob, inner.matcher.glob))
  }
  if (regex === undefined) return false
  if (known.exact !== undefined) return plainMatch(outer.matcher, known.exact)
  return matchesExtended(regex, outer.matcher, known)
}

/** Without placeholders a match does not look at the request. */
function plainMatch(matcher: Matcher, text: string): boolean {
  return matcher.matches(text, undefined as never) === true
}

/** Escapes and flags that make a match depend on what stands around it. */
const LOOKS_AROUND = /\\[bBAzZQE]|\(\?[^:P]/

/** An unanchored expression that matches a text also matches what only has more before or behind it. */
function matchesExtended(regex: string, matcher: Matcher, { prefix, suffix }: Known): boolean {
  if (LOOKS_AROUND.test(regex)) return false
  const behind = !regex.includes('$') && plainMatch(matcher, prefix)
  return behind || (!regex.includes('^') && plainMatch(matcher, suffix))
}

/** Whether a glob is just `**`, or that with a text on one side of it that all the texts have there. */
function coversKnown(glob: readonly GlobAtom[], { prefix, suffix }: Known): boolean {
  const [first, second, ...more] = glob
  if (more.length > 0) return false
  if (first?.kind === 'deep') return !second || (second.kind === 'text' && suffix.endsWith(second.text))
  return first?.kind === 'text' && second?.kind === 'deep' && prefix.startsWith(first.text)
}

/**
 * Whether a glob matches all that another one does: each of its atoms must cover an atom of the other one, a star any
 * number of them, but no `**`, which covers those too. Go's own search differs from that where a class matches `/`: then nothing is certain.
 */
function covers(outer: readonly GlobAtom[], inner: readonly GlobAtom[]): boolean {
  if (outer.some(matchesSlash)) return false
  const wide = unitsOf(outer)
  const narrow = unitsOf(inner)
  // Which of the narrow units can have been covered by the wide ones so far.
  let reached = new Set([0])
  for (const unit of wide) {
    const next = new Set<number>()
    for (const start of reached) {
      if (unit.kind !== 'star' && unit.kind !== 'deep') {
        const other = narrow[start]
        if (other && coversOne(unit, other)) next.add(start + 1)
        continue
      }
      for (let end = start; ; end += 1) {
        next.add(end)
        const other = narrow[end]
        if (!other || next.has(end + 1) || !(unit.kind === 'deep' || coveredByStar(other))) break
      }
    }
    reached = next
  }
  return reached.has(narrow.length)
}

/** Atoms with texts as single characters. */
function unitsOf(atoms: readonly GlobAtom[]): readonly GlobAtom[] {
  return atoms.flatMap((atom): GlobAtom[] =>
    atom.kind === 'text' ? [...atom.text].map((text) => ({ kind: 'text', text })) : [atom],
  )
}

function coveredByStar(unit: GlobAtom): boolean {
  return unit.kind === 'star' || coversOne({ kind: 'any' }, unit)
}

/** Whether a unit matches every character that another one does. */
function coversOne(wide: GlobAtom, narrow: GlobAtom): boolean {
  if (narrow.kind === 'star' || narrow.kind === 'deep' || narrow.kind === 'slot') return false
  if (wide.kind === 'any') {
    return narrow.kind === 'any' || (narrow.kind === 'text' ? narrow.text !== '/' : !matchesSlash(narrow))
  }
  if (wide.kind === 'text') return narrow.kind === 'text' && narrow.text === wide.text
  if (wide.kind !== 'class') return false
  if (narrow.kind === 'text') {
    return inClass(wide, narrow.text.codePointAt(0)!)
  }
  return narrow.kind === 'class' && JSON.stringify(narrow) === JSON.stringify(wide)
}

/** Whether a network holds all addresses of another one. */
export function impliesNetwork(inner: Network | undefined, outer: Network): boolean {
  return inner !== undefined && outer.bits <= inner.bits && contains(outer, inner.address)
}
