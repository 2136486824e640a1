// What each request makes has no accessors in object literals: V8 gives every such object a hidden class of its own, which keeps all that
// the accessor knows until the next full collection. Of each request some 10 KB stayed that way. Classes have no such price.
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'

/** The dates of a certificate are its own, and made anew for each reader. */
const ALLOWED = 'core/request/client-certificate.ts'
/** The formatter puts those of a class at two spaces. */
const ACCESSOR = /^ {4,}(?:get|set) \w+\(/m
const root = join(import.meta.dirname, '../..')

describe('the way of a request', () => {
  it('makes no object literals with accessors', async () => {
    const found: string[] = []
    for await (const path of glob('core/{request,work,token}/**/*.ts', { cwd: root }))
      if (ACCESSOR.test(readFileSync(join(root, path), 'utf8'))) found.push(path)
    expect(found).to.deep.equal([ALLOWED])
  })
})
