import { expect } from 'chai'
import fc from 'fast-check'
import { nextPage } from './link.ts'

describe('the Link header', () => {
  const cases: [string, string | undefined, string | undefined][] = [
    ['none', undefined, undefined],
    [
      'the first page',
      '<https://a/x?page=2>; rel="next", <https://a/x?page=9>; rel="last"',
      'https://a/x?page=2',
    ],
    ['the last page', '<https://a/x?page=8>; rel="prev", <https://a/x?page=1>; rel="first"', undefined],
    ['a comma in the address', '<https://a/x?a=1,2>; rel="next"', 'https://a/x?a=1,2'],
    ['no quotes', '<https://a/x>;rel=next', 'https://a/x'],
    ['several relations', '<https://a/x>; rel="last next"', 'https://a/x'],
    ['further parameters', '<https://a/x>; title="t"; rel="next"', 'https://a/x'],
    ['a longer word', '<https://a/x>; rel="nextish", <https://a/y>; rel=nextish', undefined],
    ['a damaged one', '<https://a/x; rel="next"', undefined],
  ]
  for (const [name, header, expected] of cases) {
    it(`is read: ${name}`, () => {
      expect(nextPage(header)).to.equal(expected)
    })
  }

  it('gives the address with rel="next", whatever stands around it', () => {
    const relation = fc.constantFrom('first', 'prev', 'last')
    const entries = fc.array(fc.tuple(fc.webUrl(), relation), { maxLength: 4 })
    fc.assert(
      fc.property(entries, fc.webUrl(), entries, (before, address, after) => {
        const link = ([url, rel]: [string, string]) => `<${url}>; rel="${rel}"`
        const header = [...before.map(link), link([address, 'next']), ...after.map(link)].join(', ')
        expect(nextPage(header)).to.equal(address)
        expect(nextPage([...before, ...after].map(link).join(', '))).to.equal(undefined)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void nextPage(text)))
  })
})
