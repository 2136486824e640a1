// The matcher's functions, with what casbin's Go library answers.
import { expect } from 'chai'
import fc from 'fast-check'
import { atOnce } from '../../core/plugin.ts'
import { Meter, matcherFunctions, Unjudgeable } from './functions.ts'
import { hasLabels, labelSets, labelsText, parseLabels } from './labels.ts'
import { parsePolicy } from './policy.ts'

const parse = (text: string) => atOnce(parsePolicy(text))
const functions = matcherFunctions(100, new Meter())
const call = (name: string, ...texts: string[]) => functions.get(name)!(...texts)

describe('the functions of a casbin matcher', () => {
  const answers: [string, string[], boolean | string][] = [
    ['keyMatch', ['team/app', 'team/*'], true],
    ['keyMatch', ['team/', 'team/*'], true],
    ['keyMatch', ['team', 'team/*'], false],
    ['keyMatch', ['team/a/b', 'team/*/x'], true],
    ['keyMatch', ['team', 'team'], true],
    ['keyGet', ['team/a/b', 'team/*'], 'a/b'],
    ['keyGet', ['team', 'team'], ''],
    ['keyGet', ['other/a', 'team/*'], ''],
    ['keyMatch2', ['/team/app', '/:team/app'], true],
    ['keyMatch2', ['/a/b/app', '/:team/app'], false],
    ['keyMatch2', ['/team/a/b', '/team/*'], true],
    ['keyMatch2', ['/x/team/a', '/team/*'], false],
    ['keyMatch2', ['a.b', 'a.b'], true],
    ['keyMatch2', ['axb', 'a.b'], true],
    ['keyGet2', ['/team/app', '/:team/:image', 'image'], 'app'],
    ['keyGet2', ['/team/app', '/:team/:image', 'other'], ''],
    ['keyGet2', ['/team', '/:team/:image', 'image'], ''],
    ['keyMatch3', ['/team/app', '/{team}/app'], true],
    ['keyMatch3', ['/a/b/app', '/{team}/app'], false],
    ['keyGet3', ['proj_x_admin/a', 'proj_{p}_admin/{i}', 'p'], 'x'],
    ['keyMatch4', ['/p/1/c/1', '/p/{id}/c/{id}'], true],
    ['keyMatch4', ['/p/1/c/2', '/p/{id}/c/{id}'], false],
    ['keyMatch4', ['/p/1/c/2', '/p/{id}/c/{other}'], true],
    ['keyMatch4', ['/p/1', '/p/{id}/c'], false],
    ['keyMatch5', ['/team/app?x=1', '/team/app'], true],
    ['keyMatch5', ['/team/app?x=1', '/{team}/*'], true],
    ['regexMatch', ['team/app', '^team/[a-z]+$'], true],
    ['regexMatch', ['team/app', 'app'], true],
    ['regexMatch', ['APP', '(?i)app'], true],
    ['globMatch', ['team/app', 'team/*'], true],
    ['globMatch', ['team/a/b', 'team/*'], false],
    ['globMatch', ['team-a', 'team-[a-c]'], true],
    ['ipMatch', ['10.1.2.3', '10.0.0.0/8'], true],
    ['ipMatch', ['11.1.2.3', '10.0.0.0/8'], false],
    ['ipMatch', ['::ffff:10.1.2.3', '10.1.2.3'], true],
    ['ipMatch', ['2001:db8::1', '2001:db8::/32'], true],
    ['ipMatch', ['10.1.2.3', '::/0'], false],
    ['labelMatch', ['{"a":["x","y"]}', '{"a":["y"]}'], true],
    ['labelMatch', ['{"a":["x"]}', '{"a":["x","y"]}'], false],
    ['labelMatch', ['{}', '{"constructor":["x"]}'], false],
    ['labelMatch', ['{"a":["x"]}', '{"a":[]}'], true],
    ['labelMatch', ['{}', ''], true],
    ['labelMatch', ['{}', 'null'], true],
  ]
  for (const [name, texts, expected] of answers) {
    it(`${name}(${texts.join(', ')}) gives ${JSON.stringify(expected)}`, () => {
      expect(call(name, ...texts)).to.equal(expected)
    })
  }

  const failures: [string, string[]][] = [
    ['regexMatch', ['a', '(']],
    ['regexMatch', ['a', '(?=a)']],
    ['keyMatch2', ['a', '(']],
    ['keyMatch4', ['a/b', '(a|b)/{id}']],
    ['globMatch', ['a', '[']],
    ['ipMatch', ['', '10.0.0.0/8']],
    ['ipMatch', ['10.0.0.1', '10.0.0']],
    ['labelMatch', ['{}', '{"a":"x"}']],
    ['labelMatch', ['{}', '["x"]']],
    ['keyMatch', ['a']],
    ['keyGet2', ['a', 'b']],
  ]
  for (const [name, texts] of failures) {
    it(`${name}(${texts.join(', ')}) can not be judged`, () => {
      expect(() => call(name, ...texts)).to.throw(Unjudgeable, name === 'keyMatch2' ? 'regexMatch' : name)
    })
  }

  it('need no more time for expressions that never end in JavaScript', () => {
    const text = `${'a'.repeat(200)}!`
    for (const name of ['regexMatch', 'keyMatch2', 'keyMatch3', 'keyMatch4', 'keyMatch5']) {
      expect(call(name, text, '(a+)+(a+)+(a+)+$'), name).to.satisfy((answer: unknown) => !answer)
    }
  })
})

describe('labels as text', () => {
  const labels = fc.dictionary(fc.string(), fc.array(fc.string(), { maxLength: 4 }), { maxKeys: 5 })

  it('are read back as they were, and fit themselves', () => {
    fc.assert(
      fc.property(labels, (held) => {
        fc.pre(!Object.hasOwn(held, '__proto__'))
        const again = parseLabels(labelsText(held))
        expect({ ...again }).to.deep.equal({ ...held })
        expect(hasLabels(labelSets(again), labelSets(again))).to.equal(true)
      }),
    )
  })

  it('are written as Go writes them', () => {
    expect(labelsText({ b: ['<x>', '&'], a: ['é', '"'] })).to.equal(
      String.raw`{"a":["é","\""],"b":["\u003cx\u003e","\u0026"]}`,
    )
  })
})

describe('a policy line', () => {
  it('gives back any fields that were written into it in quotes', () => {
    const field = fc.string().filter((text) => !/[\r\n]/.test(text))
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        const line = ['p', ...fields.map((text) => `"${text.replaceAll('"', '""')}"`)].join(', ')
        expect(parse(`# comment\n${line}\r\n`)).to.deep.equal([{ line: 2, kind: 'p', fields }])
      }),
    )
  })

  it('keeps parentheses, hashes and inner blanks as they are', () => {
    expect(parse('p, (a, b|c), ^x(y)$ , #z ')).to.deep.equal([
      { line: 1, kind: 'p', fields: ['(a', 'b|c)', '^x(y)$ ', '#z'] },
    ])
  })

  it('never throws anything but an error with its line', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', '#', '(', '\n') }), (text) => {
        try {
          parse(text)
        } catch (error) {
          expect((error as Error).message).to.match(/^line \d+: /)
        }
      }),
    )
  })
})
