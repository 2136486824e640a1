// Names and filters as text: whatever a value holds, it stays one value.
import { expect } from 'chai'
import fc from 'fast-check'
import { AndFilter, EqualityFilter, FilterParser } from 'ldapts'
import { commonNameOf, escapeDnValue } from './dn.ts'
import { filterTemplate } from './filter.ts'

const anyText = fc.string({ unit: 'binary', minLength: 1 })
const nasty = fc.string({ unit: fc.constantFrom(...'\\,+"<>;=# \0*()&|!é𝄞a2c'), minLength: 1, maxLength: 12 })

describe('a DN', () => {
  it('gives back the value that was written into it', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, nasty), (value) => {
        fc.pre(value.isWellFormed())
        expect(commonNameOf(`cn=${escapeDnValue(value)},ou=people`)).to.equal(value)
        expect(commonNameOf(`uid=${escapeDnValue(value)},cn=x`)).to.equal('x')
        expect(commonNameOf(`uid=${escapeDnValue(value)}`)).to.equal(undefined)
      }),
    )
  })

  const names: [string, string | undefined][] = [
    ['cn=Dev,ou=groups', 'Dev'],
    ['CN=Dev,OU=groups', 'Dev'],
    ['ou=x,cn=a,cn=b', 'a'],
    ['uid=1+cn=Dev,ou=x', 'Dev'],
    ['2.5.4.3=Dev', 'Dev'],
    [' cn = Dev , ou = x', 'Dev'],
    ['cn=Dev\\ ,ou=x', 'Dev '],
    ['cn=a\\,b,ou=x', 'a,b'],
    ['cn=a\\2Cb', 'a,b'],
    ['cn=Stra\\C3\\9Fe', 'Straße'],
    ['cn="a, b";ou=x', 'a, b'],
    ['cn=say \\"hi\\"', 'say "hi"'],
    ['cn=', ''],
    ['ou=x', undefined],
    ['Developers', undefined],
    ['', undefined],
  ]
  for (const [dn, expected] of names) {
    it(`${JSON.stringify(dn)} has the common name ${JSON.stringify(expected)}`, () => {
      expect(commonNameOf(dn)).to.equal(expected)
    })
  }
})

describe('a filter', () => {
  const parse = (text: string) => filterTemplate(['account']).safeParse(text)

  it('keeps its shape, whatever the account is', () => {
    const filter = filterTemplate(['account']).parse('(&(uid=${account})(objectClass=person))')
    fc.assert(
      fc.property(fc.oneof(anyText, nasty), (account) => {
        const parsed = FilterParser.parseString(filter.render({ account }))
        expect(parsed).to.be.instanceOf(AndFilter)
        const [uid, ...others] = (parsed as AndFilter).filters
        expect(uid).to.be.instanceOf(EqualityFilter)
        expect((uid as EqualityFilter).value).to.equal(account)
        expect(others).to.have.length(1)
      }),
    )
  })

  for (const text of [
    'uid=${account}',
    '(member:1.2.840.113556.1.4.1941:=${account})',
    '(&(uid=${account})(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    '( & (uid=${account}) ( | (a=b) (c=d) ) )',
    '(uid=*)',
  ]) {
    it(`may be ${text}`, () => expect(parse(text).success).to.equal(true))
  }

  for (const text of [
    '',
    '(',
    '()',
    '(uid)',
    '(&)',
    '(&(uid=a)',
    '(uid=a))',
    '(uid=a)(b=c)',
    '(uid=\\zz)',
    '(a=\\ff\\fe)',
  ]) {
    it(`may not be ${JSON.stringify(text)}`, () => {
      expect(parse(text).error?.issues[0]?.message).to.match(/is no LDAP filter|bytes that are no text/)
    })
  }
})
