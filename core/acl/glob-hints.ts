// Globs that surely do not mean what whoever wrote them meant. What a hint shows can be written as it stands.
import { type GlobAtom, isFault, parseGlob, type Stars } from './glob.ts'
import { isDeep } from './glob-match.ts'
import { numberPlaceholders, type Part, type Placeholder } from './placeholder.ts'
import { compileRegex, quote } from './regex.ts'

/** What is good to know of a glob with `**`. */
export const DEEP_NOTE =
  '** is any text here, slashes included (but a/** is not a, nor a/**/b a/b); it was the same as * before: see UPGRADE.md'

/** A regular expression's beginning, which no account and no name of a resource has. */
const BEGINS_AS_REGEX = /^\/?\^|^\.[*+]$/
/** What stands in expressions, and beside a slash at one end in nothing else. */
const OF_REGEX = /\.[*+]|\(.*\)|\][*+]|\\[dws.]|\$\/?$/

/**
 * What is doubtful about a glob.
 *
 * @param glob as written
 * @param parts its texts and placeholders
 * @returns the message with its remedy, or undefined
 */
export function doubtOfGlob(glob: string, parts: readonly Part[], stars: Stars): string | undefined {
  const halfEnclosed = glob.startsWith('/') !== glob.endsWith('/') && OF_REGEX.test(glob)
  if (BEGINS_AS_REGEX.test(glob) || halfEnclosed) {
    const expression = glob.replace(/^\//, '').replace(/\/$/, halfEnclosed ? '' : '/')
    const remedy = typeof compileRegex(expression) === 'string' ? '' : `: ${inYaml(`/${expression}/`)}`
    return `looks like a regular expression, but is matched as a glob; enclose it in slashes${remedy}`
  }
  return stars === 'one' ? doubtOfStars(parts) : undefined
}

/** Where `**` is what `*` is. */
function doubtOfStars(parts: readonly Part[]): string | undefined {
  const { items, slots } = numberPlaceholders(parts)
  const atoms = parseGlob(items, 'two')
  if (isFault(atoms) || !isDeep(atoms)) return undefined
  const expression = expressionOf(atoms.slice(0, -1), slots)
  const isLast = atoms.at(-1)!.kind === 'deep'
  const remedy = isLast && expression !== undefined ? inYaml(`/^${expression}/`) : 'a /regex/'
  return `** stops at / here, as * does; write ${remedy} to match names with further slashes`
}

/**
 * Texts and variables, which are quoted in both kinds of patterns, as an expression; undefined when there is more, or when
 * nothing stands there.
 */
function expressionOf(atoms: readonly GlobAtom[], slots: readonly Placeholder[]): string | undefined {
  const parts = atoms.map((atom) => {
    if (atom.kind === 'text') return quote(atom.text).replaceAll('/', '\\/')
    const slot = atom.kind === 'slot' ? slots[atom.slot] : undefined
    return slot?.kind === 'variable' ? slot.text : undefined
  })
  return parts.length === 0 || parts.includes(undefined) ? undefined : parts.join('')
}

function inYaml(pattern: string): string {
  return `'${pattern.replaceAll("'", "''")}'`
}
