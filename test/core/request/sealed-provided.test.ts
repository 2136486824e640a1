// What is kept of what an authenticator handed on, and what comes back of it.
import { expect } from 'chai'
import { type Provided, TokenTable } from '../../../core/kit/token-table.ts'
import { CLAIMS, createToken } from '../../../core/plugin.ts'
import { openProvided, sealProvided } from '../../../core/request/sealed-provided.ts'

const ENTRY = createToken<object>('acme/entry')

function provided(table: TokenTable, entry: unknown, claims?: object): Provided {
  const all: Provided = new Map([[table.keyOf(ENTRY), entry]])
  return claims ? new Map([...all, [table.keyOf(CLAIMS), claims]]) : all
}

describe('what is kept of what was provided', () => {
  it('comes back frozen, by another table too, as after a restart', () => {
    const [before, after] = [new TokenTable(), new TokenTable()]
    const sealed = sealProvided(provided(before, { cn: ['ann'] }, { sub: 'x', level: 3 }), before)
    const opened = openProvided(JSON.parse(JSON.stringify(sealed)), after)
    expect(opened.get(after.keyOf(ENTRY))).to.deep.equal({ cn: ['ann'] }).and.to.be.frozen
    expect(opened.get(after.keyOf(CLAIMS))).to.deep.equal({ sub: 'x', level: 3 })
  })

  class Entry {
    cn = 'ann'
  }
  const unkept: [string, unknown][] = [
    ['a function', { find: () => 1 }],
    ['an instance of a class', new Entry()],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a number that JSON has not', { n: Number.NaN }],
    ['undefined', { a: [undefined] }],
  ]
  for (const [what, value] of unkept) {
    it(`leaves out ${what}`, () => {
      const table = new TokenTable()
      expect(sealProvided(provided(table, value, { sub: 'x' }), table)).to.deep.equal([
        ['dockwarden/claims', 1, { sub: 'x' }],
      ])
    })
  }

  it('refuses what is too much', () => {
    const table = new TokenTable()
    expect(() => sealProvided(provided(table, 'x'.repeat(12_001)), table)).to.throw(
      RangeError,
      '12000 characters',
    )
  })

  it('leaves out what is of another version now', () => {
    const table = new TokenTable()
    table.keyOf(createToken('acme/entry', { version: 2 }))
    expect([...openProvided([['acme/entry', 1, 'old']], table)]).to.deep.equal([])
    expect([...openProvided(undefined, table)]).to.deep.equal([])
  })
})
