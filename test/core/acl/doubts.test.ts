// Rules that can't mean what they say; each with rules that can, and of which nothing is said.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Facts } from '../../../core/acl/facts.ts'
import { doubtOfName } from '../../../core/acl/name-doubts.ts'
import type { Rule } from '../../../core/acl/rule.ts'
import { compileRules, type RulesOptions } from '../../../core/acl/ruleset.ts'
import { runs } from '../../support/properties.ts'

const BARE = { around: { anonymous: false, proxied: true } }
const FORMS: Record<string, RulesOptions> = {
  literal: { substitution: 'literal', ...BARE },
  pattern: { substitution: 'pattern', ...BARE },
  table: { substitution: 'literal', stars: 'one', ...BARE },
}

/** Path and message of what is said of a rule. */
function said(rule: Rule, options: RulesOptions): string[] {
  return compileRules([rule], options).warnings.map(
    ({ path: [, ...path], message }) => `${path.join('.')}: ${message}`,
  )
}

const name = (pattern: string): Rule => ({ match: { name: pattern }, actions: ['pull'] })
const all = (match: Rule['match']): Rule => ({ match: match!, actions: ['*'] })

describe('acl: rules that can not mean what they say', () => {
  const doubtful: [what: string, rule: Rule, message: RegExp][] = [
    [
      'a misspelt action',
      { actions: ['pull', 'psuh'] },
      /^actions\.1: "psuh" is no action .* did you mean "push"\?/,
    ],
    ['an action with a letter less', { actions: ['pul'] }, /^actions\.0: "pul" .* "pull"/],
    ['an action in capitals', { actions: ['Pull'] }, /^actions\.0: "Pull" .* "pull"/],
    ['an action of others', { actions: ['pull', 'write'] }, /^actions\.1: "write" .* "push"/],
    ['no known action', { actions: ['pull', 'frobnicate'] }, /known: pull, push, delete, \*/],
    ['two actions in one', { actions: ['pull,push'] }, /^actions\.0: is one action .*: \[pull, push\]$/],
    ['two actions with a blank', { actions: ['pull push'] }, /: \[pull, push\]$/],
    ['an action with a blank', { actions: [' pull'] }, /: \[pull\]$/],
    ['an empty action', { actions: [''] }, /^actions\.0: is empty, .* write \[\]/],
    ['a denial of a misspelt action', { effect: 'deny', actions: ['psuh'] }, /did you mean "push"/],
    ['push without pull', { actions: ['push'] }, /^actions: have push without pull.*write \[pull, push\]/],
    ['push and delete', { match: { type: 'repository' }, actions: ['push', 'delete'] }, /push without pull/],
    [
      'the catalog without *',
      { match: { type: 'registry', name: 'catalog' }, actions: ['pull'] },
      /^actions: .*\["\*"\]/,
    ],
    ['a tag', name('team/app:latest'), /^match\.name: has a tag.*write "team\/app"$/],
    ['any tag', name('team/app:*'), /has a tag.*write "team\/app"$/],
    ['a digest', name('team/app@sha256:abc'), /has a digest.*write "team\/app"$/],
    [
      'a host with a port',
      name('localhost:5000/team/app'),
      /begins with the host localhost:5000.*write "team\/app"$/,
    ],
    [
      'a host',
      name('registry.example.com/team/*'),
      /begins with the host registry\.example\.com.*write "team\/\*"$/,
    ],
    ['an address', name('10.0.0.1:5000/app'), /begins with the host/],
    ['a URL', name('https://registry.example.com/app'), /begins with the host/],
    ['capitals', name('Team/*'), /has capitals/],
    ['capitals in an expression', name('/^Team\\//'), /has capitals/],
    ['a slash at the end', name('team/'), /never matches: .*write "team\/\*{1,2}"$/],
    ['a slash at the beginning', name('/team/app'), /never matches: .*write "team\/app"$/],
    [
      'anonymous as an account',
      { match: { account: 'anonymous' }, actions: ['pull'] },
      /^match\.account: .*write account: ""/,
    ],
    [
      'anonymous clients where none are accepted',
      { match: { account: '' }, actions: ['pull'] },
      /no authenticator accepts any/,
    ],
    ['repo as a type', { match: { type: 'repo' }, actions: ['pull'] }, /^match\.type: .*write repository/],
    ['a type in capitals', { match: { type: 'Repository' }, actions: ['pull'] }, /write repository/],
    ['catalog as a type', all({ type: 'catalog' }), /write registry/],
    [
      'a label without its $',
      name('{labels:group}/*'),
      /^match\.name: \{labels:group\} is just this text; write \$\{labels:group\}/,
    ],
    ['a variable without its $', name('{account}/*'), /write \$\{account\}/],
    ['a variable without its braces', name('$account/*'), /\$account is just this text; write \$\{account\}/],
    ['a variable in round brackets', name('x-$(account)/*'), /write \$\{account\}/],
    [
      'a label without its $ behind another',
      name('${labels:project}-{labels:tier}/*'),
      /\{labels:tier\} is just this text/,
    ],
    [
      'an escaped placeholder in an expression',
      name('/^\\$\\{account\\}\\//'),
      /backslashes; write \$\{account\}/,
    ],
    ['everything for this machine', all({ ip: '127.0.0.0/8' }), /^match\.ip: .*server\.client_ip/],
    ['everything for its address', all({ ip: '127.0.0.1' }), /^match\.ip: /],
    ['everything for its other address', all({ ip: '::1' }), /^match\.ip: /],
  ]
  for (const [what, rule, message] of doubtful) {
    for (const [form, options] of Object.entries(FORMS)) {
      it(`${what} (${form})`, () => {
        const lines = said(rule, options)
        expect(lines, lines.join('\n')).to.have.length(1)
        expect(lines[0]).to.match(message)
      })
    }
  }

  const fine: [what: string, rule: Rule][] = [
    ['nothing', { actions: [] }],
    ['everything', { actions: ['*'] }],
    ['pull, push and delete', { actions: ['pull', 'push', 'delete'] }],
    ['delete by itself', { actions: ['delete'] }],
    ['a denial of push', { effect: 'deny', actions: ['push'] }],
    ['push for whatever has another type', { match: { type: 'chart' }, actions: ['push'] }],
    ['actions of another type', { match: { type: 'thing' }, actions: ['frobnicate'] }],
    ['the catalog', all({ type: 'registry', name: 'catalog' })],
    ['nothing for anonymous clients', { match: { account: '' }, actions: [] }],
    ['a denial for anonymous clients', { effect: 'deny', match: { account: '' }, actions: ['*'] }],
    ['a name with dots and dashes', name('my.project/app_v1-x')],
    ['a mirror', name('docker.io/library/*')],
    ['another mirror', name('registry.k8s.io/pause')],
    ['what a mirror of hosts has', name('*.example/app')],
    ['a capture in a name', all({ account: '/^(.+)@example\\.com$/', name: '${account:1}/*' })],
    ['labels in a name', name('${labels:group}-${labels:tier}/*')],
    ['a variable in an expression', name('/^${account}\\//')],
    ['classes of an expression', name('/^[A-Za-z]+\\W\\S\\p{Lu}(?P<X>a)$/')],
    ['an expression in which case does not count', name('/(?i)^TEAM/')],
    ['an expression with an end', name('/team$/')],
    ['a class of capitals', name('[A-Z]*')],
    ['another account', all({ account: 'anna' })],
    ['this machine, but only to pull', { match: { ip: '127.0.0.1' }, actions: ['pull'] }],
    ['this machine, for an account', all({ ip: '127.0.0.1', account: 'admin' })],
    ['another network', all({ ip: '10.0.0.0/8' })],
    ['groups that begin with a slash', { match: { labels: { groups: '/team/dev' } }, actions: ['pull'] }],
    ['a type by an expression', { match: { type: '/^repo/' }, actions: ['pull'] }],
  ]
  for (const [what, rule] of fine) {
    for (const [form, options] of Object.entries(FORMS)) {
      it(`nothing is said of ${what} (${form})`, () => {
        expect(said(rule, options)).to.deep.equal([])
      })
    }
  }

  it('is not said where the configuration around it makes it right', () => {
    const right: RulesOptions = { substitution: 'literal', around: { anonymous: true, proxied: false } }
    expect(said({ match: { account: '' }, actions: ['pull'] }, right)).to.deep.equal([])
    expect(said(all({ ip: '127.0.0.0/8' }), right)).to.deep.equal([])
  })

  it('a hint that shows a pattern is right: written instead, nothing more is said, and it matches what was meant', () => {
    const part = fc.constantFrom('team', 'app', 'x-1', '*', '${account}', 'a.b')
    const meant = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const wrong = fc.constantFrom<((right: string) => string)[]>(
      (right) => `localhost:5000/${right}`,
      (right) => `registry.example.com/${right}`,
      (right) => `https://registry.example.com/${right}`,
      (right) => `${right}:latest`,
      (right) => `${right}@sha256:0`,
      (right) => `/${right}`,
    )
    const again = fc.constantFrom<((pattern: string) => string)[]>(
      (pattern) => pattern,
      (pattern) => pattern.replace(/team|app/g, (word) => word.toUpperCase()),
    )
    fc.assert(
      fc.property(
        meant,
        wrong,
        again,
        fc.constantFrom(...Object.keys(FORMS)),
        (right, mistake, second, form) => {
          const options = FORMS[form]!
          const [line] = said(name(second(mistake(right))), options)
          const shown = /write (".*")$/.exec(line ?? '')?.[1]
          expect(shown, line).not.to.equal(undefined)
          expect(JSON.parse(shown!)).to.equal(right)
          expect(said(name(right), options)).to.deep.equal([])
          const facts: Facts = {
            account: 'ann',
            type: 'repository',
            name: right.replaceAll('*', 'any').replaceAll('${account}', 'ann'),
            service: '',
            ip: undefined,
            labels: {},
            actions: ['pull'],
          }
          expect(compileRules([name(right)], options).decide(facts)).not.to.equal(undefined)
        },
      ),
      runs(500),
    )
  })

  it('has an end for every pattern, and what it shows is not doubted again', () => {
    const wild = fc.string({
      unit: fc.constantFrom(...'/:@.*[]\\Aa0-{}$^', 'https://', 'a.b.c', 'localhost'),
    })
    fc.assert(
      fc.property(wild, fc.constantFrom('one', 'two'), (pattern, stars) => {
        const shown = /write (".*")$/.exec(doubtOfName(pattern, stars) ?? '')?.[1]
        if (shown) expect(doubtOfName(JSON.parse(shown), stars)).to.equal(undefined)
      }),
      runs(2_000),
    )
  })
})
