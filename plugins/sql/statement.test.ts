import { expect } from 'chai'
import fc from 'fast-check'
import { parseStatement, query } from './statement.ts'

const dollar = (position: number) => `$${position}`
const VALUES = { account: 'bob', service: 'registry' }

describe('sql: a query', () => {
  const cases: [source: string, text: string, values: string[]][] = [
    ['SELECT 1', 'SELECT 1', []],
    ['a = ${account}', 'a = $1', ['bob']],
    ['${account}${service} ${account}', '$1$2 $3', ['bob', 'registry', 'bob']],
    ["'it''s' = ${account} AND '\\'' = 'x'", "'it''s' = $1 AND '\\'' = 'x'", ['bob']],
    ['"a""b" = ${account} AND `c` = ${service}', '"a""b" = $1 AND `c` = $2', ['bob', 'registry']],
    ['a -- not ${account}\n = ${service}', 'a -- not ${account}\n = $1', ['registry']],
    ['a /* not ${account} */ = ${service}', 'a /* not ${account} */ = $1', ['registry']],
    ['data->>$$x$$ = ${account}::text', 'data->>$$x$$ = $1::text', ['bob']],
  ]
  for (const [source, text, values] of cases) {
    it(`binds its placeholders: ${JSON.stringify(source)}`, () => {
      const statement = query().parse(source)
      expect(statement.text(dollar)).to.equal(text)
      expect(statement.values(VALUES)).to.deep.equal(values)
    })
  }

  for (const [source, message] of [
    ["a = '${account}'", /inside quotes, where it would be text; write \$\{account\} without quotes/],
    ["a LIKE 'x-${account}-%'", /inside quotes/],
    ['a = "${account}"', /inside quotes/],
    ['a = ${user}', /there is no placeholder \$\{user\}/],
    ['a = ${}', /there is no placeholder/],
  ] as const) {
    it(`is refused: ${source}`, () => {
      const { error } = query().safeParse(source)
      expect(error!.issues[0]!.message).to.match(message)
    })
  }

  it('has the same text for all values, and gives each as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('account', 'service')), fc.string(), (names, account) => {
        const statement = parseStatement(names.map((name) => `x = \${${name}} AND`).join(' '))
        expect(statement.text(() => '?')).to.equal(names.map(() => 'x = ? AND').join(' '))
        expect(statement.values({ account, service: account })).to.deep.equal(names.map(() => account))
      }),
    )
  })
})
