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
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const d = distance(word.toLowerCase(), name.toLowerCase())
    if (!best || d < best.distance) best = { name, distance: d }
  }
  if (best && best.distance <= Math.max(2, Math.floor(best.name.length / 3)) && best.distance < word.length) {
    return `did you mean ${JSON.stringify(best.name)}?`
  }
  return names.length > 0 ? `known: ${names.join(', ')}` : 'none is known here'
}
