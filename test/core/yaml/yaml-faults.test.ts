import { expect } from 'chai'
import { formatProblem } from '../../../core/yaml/problems.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

type Version = '1.1' | '1.2'
const BOTH: readonly Version[] = ['1.1', '1.2']

function parse(text: string, version: Version) {
  const { value, problems, warnings } = parseYaml(text, 'f', { version, base: '/nowhere' })
  return { value, problems: problems.map(formatProblem), warnings: warnings.map(formatProblem) }
}

/** Text, and how its one problem begins, in both versions. */
function refused(cases: readonly (readonly [text: string, problem: string])[]) {
  for (const [text, problem] of cases) {
    for (const version of BOTH) {
      it(`refuses ${JSON.stringify(text)} as YAML ${version}`, () => {
        const { problems } = parse(text, version)
        expect(problems[0]).to.satisfy((found: string) => found?.startsWith(problem), problems.join('\n'))
        expect(problems).to.have.length(1)
      })
    }
  }
}

function accepted(version: Version, cases: readonly (readonly [text: string, value: unknown])[]) {
  for (const [text, value] of cases) {
    it(`reads ${JSON.stringify(text)} as YAML ${version}`, () => {
      expect(parse(text, version)).to.deep.equal({ value, problems: [], warnings: [] })
    })
  }
}

describe('an alias in YAML', () => {
  const none = (place: string, name: string) =>
    `f:${place}: there is no anchor &${name} before this *${name}; text that begins with * needs quotes: "*${name}"`
  refused([
    ['a: *x', none('1:4: a', 'x')],
    ['a: *@corp.com', none('1:4: a', '@corp.com')],
    ['a: **', none('1:4: a', '*')],
    ['a: {b: *admin_hash}', none('1:8: a.b', 'admin_hash')],
    ['a: [x, *b/c]', none('1:8: a[1]', 'b/c')],
    ['a:\n  - *x', none('2:5: a[0]', 'x')],
    ['*x : y', none('1:1', 'x')],
    ['{*x : y}', none('1:2', 'x')],
    ['? *x\n: y', none('1:3', 'x')],
    ['a: {<<: *x, b: c}', none('1:9: a."<<"', 'x')],
    ['a: {<<: [*x], b: c}', none('1:10: a."<<"[0]', 'x')],
    ['[*x, &x a]', none('1:2: [0]', 'x')],
    ['a: &a [*a]', 'f:1:8: a[0]: *a contains itself'],
    ['a: &a {b: {<<: *a}}', 'f:1:16: a.b."<<": *a contains itself'],
    ['a: *', 'f:1:4: Alias cannot be an empty string; text that begins with * needs quotes'],
    ['a: [*]', 'f:1:5: Alias cannot be an empty string; text that begins with * needs quotes'],
    [
      'x: &x y\na: !!str *x',
      'f:2:10: An alias node must not specify any properties; text that begins with *',
    ],
    ['a: *x:', none('1:4: a', 'x:')],
  ])

  it('is reported before what the parser stumbles over behind it', () => {
    for (const version of BOTH) {
      const { value, problems } = parse('a: *corp dev\nb: *y', version)
      expect(problems[0]).to.contain('there is no anchor &corp')
      expect(problems[1]).to.contain('f:1:10: Unexpected scalar')
      expect(value).to.equal(undefined)
    }
  })

  it('never means an anchor of another document', () => {
    const { problems } = parse('--- &x a\n---\nb: *x', '1.2')
    expect(problems).to.have.length(1)
    expect(parse('a: *x\n---\nb: &x c', '1.1').problems[0]).to.contain('f:1:4: a: there is no anchor &x')
  })

  for (const version of BOTH)
    accepted(version, [
      ['a: &x 1\nb: &x 2\nc: *x', { a: 1, b: 2, c: 2 }],
      ['a: &x 1\nb: *x\nc: &x 2\nd: *x', { a: 1, b: 1, c: 2, d: 2 }],
      ['&k a: 1\nb: *k', { a: 1, b: 'a' }],
      ['a: &x b\n*x : 1', { a: 'b', b: 1 }],
      ['a: &x ~\nb: *x', { a: null, b: null }],
      ['a: &x ""\nb: "&x"', { a: '', b: '&x' }],
      ['a: &x [&y b]\nc: *x\nd: *y', { a: ['b'], c: ['b'], d: 'b' }],
      ['a: "*x"\nb: \'*\'\nc: x*', { a: '*x', b: '*', c: 'x*' }],
    ])
})

describe('an anchor in YAML', () => {
  const nothing = (place: string, name: string) =>
    `f:${place}: nothing stands behind the anchor &${name}; text that begins with & needs quotes: "&${name}"`
  refused([
    ['a: &x', nothing('1:4: a', 'x')],
    ['a: &corp.com\nb: c', nothing('1:4: a', 'corp.com')],
    ['a: {b: &s3cret, c: d}', nothing('1:8: a.b', 's3cret')],
    ['a: [&x, y]', nothing('1:5: a[0]', 'x')],
    ['a:\n  b: &x\n  d: e', nothing('2:6: a.b', 'x')],
    ['a: &x\nb: *x', nothing('1:4: a', 'x')],
  ])
})

describe('what ends a line, and nobody sees', () => {
  const cases: [text: string, problem: string][] = [
    ['a: {password:\x85 *h}', 'f:1:14: the character U+0085'],
    ['a: {b:\u2028 c}', 'f:1:7: the character U+2028'],
    ['a: # all\u2029  b: c', 'f:1:9: the character U+2029'],
    ['a: b\nc: |\n  d\u2028e: f', 'f:3:4: the character U+2028'],
  ]
  for (const [text, problem] of cases) {
    it(`is an error where it does so for docker_auth: ${JSON.stringify(text)}`, () => {
      expect(parse(text, '1.1').problems.at(-1)).to.contain(`${problem} stands here, which nobody sees`)
    })
  }

  accepted('1.1', [
    ['a: "b\u2028c"', { a: 'b\u2028c' }],
    ["a: {'b\x85': '\u2029'}", { a: { 'b\x85': '\u2029' } }],
  ])
  accepted('1.2', [['a: b\u2028c', { a: 'b\u2028c' }]])
})

describe('what the YAML parser only warns of, or lets pass', () => {
  refused([
    ['a: !env [X]', 'f:1:4: !env can not hold a map or a list; write !env and a name'],
    ['a: !file {x: y}', 'f:1:4: !file can not hold a map or a list'],
    ['!env X: y', 'f:1:6: a key can not be read with !env'],
    ['a: !!int abc', 'f:1:4: what follows is no !!int'],
    ['a: !!bool abc', 'f:1:4: what follows is no !!bool'],
    ['a: !!null abc', 'f:1:4: what follows is no !!null'],
    ['a: !!binary "*"', 'f:1:4: !!binary is not the base64 of a text'],
    ['a: !!binary /w==', 'f:1:4: !!binary is not the base64 of a text'],
    ['a: !e!x y', 'f:1:4: Could not resolve tag: !e!x'],
    ['%FOO\n---\na: b', 'f:1:1: Unknown directive %FOO; remove this line'],
    ['%YAML 3.0\n---\na: b', 'f:1:7: Unsupported YAML version 3.0; remove this line'],
    ['%YAML\n---\na: b', 'f:1:1: %YAML directive should contain exactly one part; remove this line'],
    ['a: {<<: x}', 'f:1:9: a: << merges maps only'],
    ['a: {<<: [x]}', 'f:1:9: a: << merges maps only'],
    ['a:\n  <<:\n  b: c', 'f:2:6: a: << merges maps only'],
    ['a: "\\uD800"', 'f:1:4: a: holds half of a surrogate pair'],
    ['"\\uDC00": a', 'f:1:1: holds half of a surrogate pair'],
    ['a: b\0c', 'f:1:5: holds a NUL byte, as UTF-16 without a byte order mark does'],
    ['a: b\n# \x07', 'f:2:3: the character U+0007 can not stand in YAML'],
    ['a: b\x7F', 'f:1:5: the character U+007F'],
    ['a: b\x9F', 'f:1:5: the character U+009F'],
    ['a: b\uFFFF', 'f:1:5: the character U+FFFF'],
    ['a: b\uD800c', 'f:1:5: the character U+D800'],
  ])

  it('is an error in the native form where docker_auth ignores it', () => {
    for (const [text, native, theirs] of [
      [
        'a: !evn X',
        'f:1:4: there is no tag !evn; did you mean "!env"?',
        'ignored, as in docker_auth; did you mean',
      ],
      ['a: !!set {b, c}', 'f:1:4: there is no tag !!set; ', 'ignored, as in docker_auth'],
      ['a: !!omap [b: c]', 'f:1:4: there is no tag !!omap; ', 'ignored, as in docker_auth'],
      [
        'a: b\n\uFEFFc: d',
        'f:2:1: a byte order mark (U+FEFF) stands here',
        'a byte order mark (U+FEFF) stands here',
      ],
    ] as const) {
      expect(parse(text, '1.2').problems.join(), text).to.contain(native)
      const found = parse(text, '1.1')
      expect(found.problems, text).to.deep.equal([])
      expect(found.warnings.join(), text).to.contain(theirs)
    }
  })

  accepted('1.1', [
    ['a: !!binary aGVsbG8=\nb: ! 5\nc: !!str 5', { a: 'hello', b: '5', c: '5' }],
    ['%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\na: !e!int 5', { a: 5 }],
    ['a: {!!merge <<: {b: 1}, !!str <<: 2}', { a: { b: 1, '<<': 2 } }],
    ['a: "\\uD83D\\uDE00 \uFFFD \\u0007"', { a: '😀 \uFFFD \x07' }],
    ['a: 1\rb: 2\r\nc: 3\n', { a: 1, b: 2, c: 3 }],
  ])
})

describe('a second YAML document', () => {
  for (const end of ['---', '---\n', '...', '...\n', '---\n# end\n', '...\n---\n...\n', '---\n---\n---'])
    for (const version of BOTH) {
      it(`does not begin with ${JSON.stringify(end)} at the end (${version})`, () => {
        expect(parse(`a: b\n${end}`, version)).to.deep.equal({
          value: { a: 'b' },
          problems: [],
          warnings: [],
        })
      })
    }

  const seconds: [string, string][] = [
    ['a: b\n---\nc: d', '2:1'],
    ['# x\n---\na: b\n---\nc: d', '4:1'],
    ['a: b\n---\n# nothing\n---\nc: d', '4:1'],
    ['a: b\n--- ~', '2:1'],
    ['a: b\n---\nc: [', '2:1'],
  ]
  for (const [text, place] of seconds) {
    it(`is an error in the native form, and a warning in docker_auth’s: ${JSON.stringify(text)}`, () => {
      expect(parse(text, '1.2').problems).to.deep.equal([
        `f:${place}: a second document begins here, and a file holds one; remove it, or the line (---) that begins it`,
      ])
      expect(parse(text, '1.1')).to.deep.equal({
        value: { a: 'b' },
        problems: [],
        warnings: [
          `f:${place}: a second document begins here, which is ignored, as in docker_auth; remove it`,
        ],
      })
    })
  }
})

describe('a key in YAML', () => {
  const word = (place: string, key: string) => `f:${place}: ${key} is no name; write "" for the empty one`
  refused([
    ['users: {null: {}}', word('1:9: users', 'null')],
    ['users: {~: {}}', word('1:9: users', '~')],
    ['users: {Null: {}}', word('1:9: users', 'Null')],
    ['users:\n  NULL: {}', word('2:3: users', 'NULL')],
    ['users:\n  : {}', word('2:3: users', 'an empty key')],
    ['users:\n  ?\n  : {}', word('2:4: users', 'an empty key')],
    ['labels: {a: &n ~, *n : b}', word('1:19: labels', '~')],
    ['~: a', word('1:1', '~')],
    ['a: {[b]: c}', 'f:1:5: a: a key must be plain text'],
    ['a: {? {b: c} : d}', 'f:1:7: a: a key must be plain text'],
  ])

  for (const version of BOTH)
    accepted(version, [
      ['{"": 1, "null": 2, \'~\': 3, !!str Null: 4}', { '': 1, null: 2, '~': 3, Null: 4 }],
      [
        '{007: 1, 0x10: 2, 1.50: 3, 1_000: 4, 1e3: 5, .inf: 6}',
        { '007': 1, '0x10': 2, '1.50': 3, '1_000': 4, '1e3': 5, '.inf': 6 },
      ],
      ['{yes: 1, True: 2, n: 3, off: 4}', { yes: 1, True: 2, n: 3, off: 4 }],
      ['{2001-01-01: 1, 12:30: 2}', { '2001-01-01': 1, '12:30': 2 }],
    ])
})
