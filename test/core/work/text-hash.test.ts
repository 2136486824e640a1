import { expect } from 'chai'
import { textHash } from '../../../core/work/text-hash.ts'

describe('the hash of a text', () => {
  // The published test vectors of FNV-1a with 32 bits.
  const vectors: [string, number][] = [
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ]
  for (const [text, hash] of vectors) {
    it(`of ${JSON.stringify(text)} is that of FNV-1a`, () => {
      expect(textHash(text) >>> 0).to.equal(hash)
    })
  }
})
