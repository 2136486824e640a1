// Texts that a hash of 32 bits does not tell apart.
import { textHash } from '../../../core/work/text-hash.ts'

/** Two texts with the same hash: of a hundred thousand, some have one. */
export function sameHash(): [string, string] {
  const found = new Map<number, string>()
  for (let nth = 0; ; nth += 1) {
    const text = `name ${nth}`
    const hash = textHash(text)
    const other = found.get(hash)
    if (other !== undefined) return [other, text]
    found.set(hash, text)
  }
}
