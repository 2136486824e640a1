// Private fields of Node get other names in any version. Whatever depends on one would refuse everybody then, so nothing does,
// but for the one file that looks first, and says at the start when it is gone.
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { expect } from 'chai'

/** `socket._parent`, `{ _handle: handle }`, `socket['_handle']`. Our own private members begin with `#`, and MongoDB has `_id`. */
const PRIVATE = /\w\._(?!id\b)[a-z]|\{ _(?!id\b)[a-z]|\[['"]_[a-z]|process\.binding|getOwnPropertySymbols/

describe('private fields of Node', () => {
  it('are read in one file', async () => {
    const files = await Array.fromAsync(glob('{core,plugins,docker}/**/*.{ts,mjs,js}'))
    const readers = files.filter((file) => PRIVATE.test(readFileSync(file, 'utf8')))
    expect(readers).to.deep.equal(['core/request/client-verdict.ts'])
  })
})
