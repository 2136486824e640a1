// "Did you mean": one wording for misspelt keys, names and placeholders.
import { distance } from 'fastest-levenshtein'

/**
 * A hint for a word that is not among the known ones: the nearest if it is near, otherwise the list of all.
 *
 * @returns text that continues a sentence, such as `did you mean "issuer"?` or `known: a, b`
 * @example `unknown key "isuer"; ${suggest('isuer', ['issuer', 'expiration'])}` // did you mean "issuer"?
 */
export function suggest(word: string, known: Iterable<string>): string {
  const names = [...known]
  const near = nearest(word, names)
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`
  return names.length > 0 ? `known: ${names.join(', ')}` : 'none is known here'
}

/**
 * The known word that is likely meant; undefined when none is near.
 *
 * @param most as many letters may differ, of long words more; by default 2
 * @example nearest('isuer', ['issuer']) // 'issuer'
 */
export function nearest(word: string, known: readonly string[], most?: number): string | undefined {
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const d = distance(word.toLowerCase(), name.toLowerCase())
    if (!best || d < best.distance) best = { name, distance: d }
  }
  const near = best && best.distance <= (most ?? Math.max(2, Math.floor(best.name.length / 3)))
  return near && best!.distance < word.length ? best!.name : undefined
}
