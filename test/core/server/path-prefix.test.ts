import { expect } from 'chai'
import fc from 'fast-check'
import { pathBehind, prefixInUrl } from '../../../core/server/path-prefix.ts'

const text = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((part) => !part.includes('/') && part.isWellFormed())
const prefixes = fc.array(text).map((parts) => parts.map((part) => `/${part}`).join(''))

describe('a path prefix', () => {
  it('is found in front of every path, and nothing else is', () => {
    fc.assert(
      fc.property(prefixes, text, (prefix, rest) => {
        const behind = `/${encodeURIComponent(rest)}`
        expect(pathBehind(`${prefixInUrl(prefix)}${behind}`, prefix)).to.equal(behind)
        expect(pathBehind(`${prefixInUrl(`${prefix}/${rest}x`)}${behind}`, `${prefix}/${rest}`)).to.equal(
          undefined,
        )
        expect(pathBehind(prefixInUrl(prefix), prefix)).to.equal(undefined)
      }),
    )
  })

  it('can be followed by several slashes', () => {
    expect(pathBehind('/x//auth', '/x')).to.equal('/auth')
    expect(pathBehind('//auth//token', '')).to.equal('/auth//token')
  })
})
