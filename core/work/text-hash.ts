// A number for a text, for tables of texts that are asked for once: V8 keeps every text that a Map of texts is asked for, in its old
// generation, until the next full collection.

/**
 * FNV-1a over the characters. Who wants to finds other texts with the same number: what is found by it must be compared.
 *
 * @returns an integer of 32 bits, with sign
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 * @example textHash('repository:team/app:pull')
 */
export function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash | 0
}
