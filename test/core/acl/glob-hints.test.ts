// What is said of globs that do not mean what they seem to; what a hint shows is used as it stands.
import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import type { Facts } from '../../../core/acl/facts.ts'
import { compileRules, type RulesOptions } from '../../../core/acl/ruleset.ts'
import { runs } from '../../support/properties.ts'

const OPTIONS = {
  literal: { substitution: 'literal' },
  pattern: { substitution: 'pattern' },
  table: { substitution: 'literal', stars: 'one' },
} as const satisfies Record<string, RulesOptions>

function rulesOf(name: string, options: RulesOptions) {
  return compileRules([{ match: { name }, actions: ['*'] }], options)
}

function hintOf(name: string, options: RulesOptions): string | undefined {
  return rulesOf(name, options).warnings[0]?.message
}

/** The pattern that a hint shows, as YAML reads it. */
function shownIn(hint: string): string | undefined {
  const quoted = /'\/.*\/'/.exec(hint)?.[0]
  return quoted && parse(quoted)
}

function factsOf(account: string, name: string): Facts {
  return { account, name, type: 'repository', service: '', ip: undefined, labels: {}, actions: ['pull'] }
}

describe('acl: globs that do not mean what they seem to', () => {
  const everywhere: [glob: string, message: RegExp | undefined][] = [
    ['^team/.*$', /looks like a regular expression, .*: '\/\^team\/\.\*\$\/'$/],
    ['/^team', /looks like a regular expression/],
    ['.*', /looks like a regular expression/],
    ['/.+', /looks like a regular expression, .*: '\/\.\+\/'$/],
    ['.+/', /looks like a regular expression, .*: '\/\.\+\/'$/],
    ['/team-(a|b)', /looks like a regular expression/],
    ['/app$', /looks like a regular expression/],
    ["/^it\\'s", /'\/\^it\\''s\/'$/],
    ['team/*', undefined],
    ['team/*/*', undefined],
    ['[**]', undefined],
    ['\\*\\*', undefined],
    ['host$', undefined],
    ['a.*', undefined],
    ['/^.*/', undefined],
  ]
  for (const [glob, message] of everywhere) {
    for (const [name, options] of Object.entries(OPTIONS)) {
      it(`${glob} (${name}): ${message ?? 'fine'}`, () => {
        const { warnings } = rulesOf(glob, options)
        expect(warnings.map(({ path }) => path)).to.deep.equal(message ? [[0, 'match', 'name']] : [])
        if (message) expect(warnings[0]!.message).to.match(message)
      })
    }
  }

  const stars: [glob: string, remedy: string][] = [
    ['team/**', "'/^team\\//'"],
    ['${account}/**', "'/^${account}\\//'"],
    ["it's.${type}/**", "'/^it''s\\.${type}\\//'"],
    ['**', 'a /regex/'],
    ['**/app', 'a /regex/'],
    ['a*/**', 'a /regex/'],
    ['${labels:group}/**', 'a /regex/'],
  ]
  for (const [glob, remedy] of stars) {
    for (const name of ['pattern', 'table'] as const) {
      it(`${glob} stops at / (${name})`, () => {
        const message = `** stops at / here, as * does; write ${remedy} to match names with further slashes`
        expect(hintOf(glob, OPTIONS[name])).to.equal(message)
      })
    }
    it(`${glob} is fine in the native form`, () => {
      expect(hintOf(glob, OPTIONS.literal)).to.equal(undefined)
    })
  }

  it('*** is an error in the native form, with a remedy', () => {
    expect(() => rulesOf('a/***', OPTIONS.literal)).to.throw(
      'rule 1: match.name: has three stars in a row; write ** for any text, or * for any text without a slash',
    )
  })

  const item = fc.constantFrom('a', 'b', '/', '.', '+', '(', "'", '${account}', '${type}', '{', '|', '\\*')
  const text = fc.array(item, { maxLength: 6 }).map((items) => items.join(''))
  const account = fc.constantFrom('a', 'a.b', 'a/b', '(', "'", 'a+')
  const name = fc.array(fc.constantFrom('a', 'b', '/', '.', '+', '(', "'", 'repository', '*'), {
    maxLength: 8,
  })

  it('the pattern that a hint shows for ** matches what begins so, with any slashes behind it', () => {
    let followed = 0
    fc.assert(
      fc.property(text, account, name, fc.constantFrom('pattern', 'table'), (begin, who, rest, form) => {
        const glob = `${begin}/**`
        fc.pre(!glob.startsWith('/'))
        const options = OPTIONS[form]
        const hint = hintOf(glob, options)
        const pattern = hint && shownIn(hint)
        fc.pre(pattern !== undefined && hint!.startsWith('**'))
        followed += 1
        expect(rulesOf(pattern, options).warnings).to.deep.equal([])
        const whole = begin
          .replaceAll('\\*', '*')
          .replaceAll('${account}', who)
          .replaceAll('${type}', 'repository')
        const { decide } = rulesOf(pattern, options)
        expect(decide(factsOf(who, `${whole}/${rest.join('')}`)), 'below it').not.to.equal(undefined)
        const other = rest.join('')
        expect(decide(factsOf(who, other)) !== undefined).to.equal(other.startsWith(`${whole}/`))
      }),
      runs(1_000),
    )
    expect(followed).to.be.greaterThan(200)
  })

  it('the pattern that a hint shows for a regular expression without its slashes is that expression', () => {
    const items = fc.constantFrom('^', '.*', '.+', 'team', '/', '$', '(a|b)', "'", '[a', '\\d')
    let followed = 0
    fc.assert(
      fc.property(
        fc.array(items, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '/'),
        (list, slash) => {
          const glob = `${slash}${list.join('')}`
          for (const options of Object.values(OPTIONS)) {
            let hint: string | undefined
            try {
              hint = hintOf(glob, options)
            } catch {
              // No valid glob at all: nothing more is said.
            }
            const pattern = hint?.startsWith('looks like') ? shownIn(hint) : undefined
            if (pattern === undefined) continue
            followed += 1
            expect(pattern.includes(list.join('').replace(/\/$/, ''))).to.equal(true)
            expect(rulesOf(pattern, options).warnings).to.deep.equal([])
          }
        },
      ),
      runs(500),
    )
    expect(followed).to.be.greaterThan(100)
  })
})
