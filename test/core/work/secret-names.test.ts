import { expect } from 'chai'
import { secretNames } from '../../../core/work/secret-names.ts'

describe('names for secrets', () => {
  const nameOf = secretNames()

  it('are equal for equal parts only', () => {
    const different = [['ann', 'one'], ['ann', 'two'], ['annone'], ['an', 'none'], ['ann","one'], []]
    const names = different.map((parts) => nameOf(parts))
    expect(new Set(names).size).to.equal(different.length)
    expect(different.map((parts) => nameOf([...parts]))).to.deep.equal(names)
  })

  it('tell nothing, and are others with another key', () => {
    expect(nameOf(['ann', 'canary'])).to.match(/^[\w+/]{43}=$/)
    expect(secretNames()(['ann', 'canary'])).not.to.equal(nameOf(['ann', 'canary']))
  })
})
