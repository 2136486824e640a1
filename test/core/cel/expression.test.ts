import { expect } from 'chai'
import fc from 'fast-check'
import { parseJson } from '../../../core/cel/values.ts'
import { deriveLabels, type Expression, expression, MissingField, z } from '../../../core/plugin.ts'

const any = expression({ variables: ['body', 'other'] })
const typed = expression({
  variables: { account: 'string', response: { status: 'int' }, labels: 'map<string, list<string>>' },
})
const condition = expression({ variables: ['body'], returns: 'bool' })

function evaluate(source: string, body: unknown): unknown {
  return any.parse(source).evaluate({ body })
}

/** The one issue that a text is refused with. */
function refusal(schema: z.ZodType, source: unknown): string {
  const { error } = schema.safeParse(source)
  expect(error?.issues, String(source)).to.have.length(1)
  return error!.issues[0]!.message
}

describe('an expression over JSON', () => {
  const body = JSON.parse(`{
    "code": 0, "half": 1.5, "id": 42, "huge": 1e300, "negative": -3, "text": "0", "nothing": null, "yes": true,
    "list": [1, "a", null, 2.5], "nested": {"deep": [{"code": 7}]}, "groups": ["dev", "ops"]
  }`)
  const facts: [string, unknown][] = [
    ['body.code == 0', true],
    ['body.code == 0.0', true],
    ['body.code != 1', true],
    ['body.code < 1 && body.code >= 0', true],
    ['body.code in [0, 1]', true],
    ['body.half == 1.5 && body.half > 1 && body.half < 2', true],
    ['body.huge > 9000', true],
    ['body.negative < 0 && body.negative + 1 == -2', true],
    ['body.nested.deep[0].code == 7', true],
    ['body.nested == {"deep": [{"code": 7}]}', true],
    ['1 in body.list && "a" in body.list && !("b" in body.list)', true],
    ['body.list == [1, "a", null, 2.5]', true],
    ['body.text == 0', false],
    ['body.nothing == null', true],
    ['string(body.id)', '42'],
    ['string(body.half)', '1.5'],
    ['body.id', 42],
    ['body.half', 1.5],
    ['size(body.groups)', 2],
    ['body.groups.map(g, "team-" + g)', ['team-dev', 'team-ops']],
    ['body.groups.filter(g, g.startsWith("d"))', ['dev']],
    ['body.nested.deep.exists(d, d.code == 7)', true],
    ['"code" in body && has(body.code) && !has(body.missing)', true],
    ['body.yes ? "y" : "n"', 'y'],
    ['type(body.code) == int && type(body.half) == double', true],
  ]
  for (const [source, value] of facts) {
    it(`${source} is ${JSON.stringify(value)}`, () => expect(evaluate(source, body)).to.deep.equal(value))
  }

  it('keeps every digit of long whole numbers', () => {
    const ids = parseJson('{"a": 9007199254740993, "b": 9007199254740992, "c": 18446744073709551615}')
    expect(evaluate('body.a', ids)).to.equal('9007199254740993')
    expect(evaluate('string(body.c)', ids)).to.equal('18446744073709551615')
    expect(evaluate('body.a == body.b', ids)).to.equal(false)
    expect(evaluate('body.a == 9007199254740993', ids)).to.equal(true)
  })

  it('any whole number equals its literal and itself as a double, and prints as itself', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(evaluate(`body.n == ${n} && body.n == ${n}.0`, { n })).to.equal(true)
        expect(evaluate('string(body.n)', { n })).to.equal(String(n))
      }),
    )
  })

  it('any JSON value comes back as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(JSON.parse(JSON.stringify(evaluate('body', value)))).to.deep.equal(
          JSON.parse(JSON.stringify(value)),
        )
      }),
    )
  })

  it('takes fields named like parts of JavaScript for ordinary fields', () => {
    const odd = JSON.parse('{"constructor": "c", "__proto__": {"prototype": 1}, "toString": null}')
    expect(evaluate('body.constructor', odd)).to.equal('c')
    expect(evaluate('body["__proto__"].prototype == 1', odd)).to.equal(true)
    expect(evaluate('has(body.toString)', odd)).to.equal(true)
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length']) {
      expect(evaluate(`has(body.${name}) || "${name}" in body`, {}), name).to.equal(false)
      expect(() => evaluate(`body.${name}`, {}), name).to.throw(MissingField)
      expect(() => evaluate(`body.list["${name}"]`, { list: {} }), name).to.throw(MissingField)
    }
    expect(Object.prototype).not.to.have.property('prototype')
  })

  it('tells a missing field from every other failure', () => {
    for (const source of [
      'body.x',
      'body.code.x',
      'body.nothing.x',
      'body.list[9]',
      'body.yes && body.x',
      'body["x"]',
    ]) {
      expect(() => evaluate(source, body), source).to.throw(MissingField)
    }
    for (const source of [
      'body.text + 1',
      'body.half + 1',
      'int(body.groups[0])',
      'body.id / 0',
      'body.id && true',
      'other',
    ]) {
      expect(() => evaluate(source, body), source)
        .to.throw(Error)
        .and.not.instanceOf(MissingField)
    }
  })

  it('shows no value in the message of a failure', () => {
    const secret = { text: 'hunter2', list: ['hunter2'] }
    for (const source of [
      'bool(body.text)',
      'int(body.text)',
      'duration(body.text)',
      '"a".matches("(" + body.text)',
      'body.text + 1',
    ]) {
      expect(() => evaluate(source, secret), source)
        .to.throw(/^the expression ".*" fails/)
        .and.not.match(/hunter2/)
    }
  })

  it('refuses values that nest without end instead of overflowing the stack', () => {
    const deep = parseJson(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)
    expect(() => evaluate('body == 1', deep)).to.throw(/nests deeper/)
  })

  it('knows which variables it looks at, also inside macros', () => {
    const source = '[1].exists(x, x == other.n) && true'
    expect(any.parse(source).refersTo('other')).to.equal(true)
    expect(any.parse(source).refersTo('body')).to.equal(false)
    expect(any.parse('"body" == "x"').refersTo('body')).to.equal(false)
  })
})

describe('a regular expression in an expression', () => {
  it('is RE2, unanchored', () => {
    expect(evaluate('body.matches("^b+$") && body.matches("b")', 'bbb')).to.equal(true)
    expect(evaluate('body.matches("(?i)^(?P<first>B)")', 'bbb')).to.equal(true)
    expect(evaluate('["a1", "b"].filter(t, t.matches("[0-9]"))', null)).to.deep.equal(['a1'])
  })

  it('takes linear time where a backtracking one would never end', () => {
    expect(evaluate('body.matches("^(a+)+$")', `${'a'.repeat(50_000)}b`)).to.equal(false)
  })

  for (const pattern of ['(?=a)', '(a)\\\\1', '(', 'a{1001}', 'x'.repeat(1_001)]) {
    it(`is refused at load: ${pattern.slice(0, 12)}`, () => {
      expect(refusal(any, `body.matches("${pattern}")`)).to.match(/regular expression/)
    })
  }

  it('that comes from a value is checked when it is used', () => {
    expect(evaluate('"abc".matches(body)', 'b.')).to.equal(true)
    expect(() => evaluate('"abc".matches(body)', '(')).to.throw(/regular expression/)
    expect(() => evaluate('"abc".matches(body)', 'x'.repeat(1_001))).to.throw(/regular expression/)
    expect(() => evaluate('"abc".matches(body)', 1)).to.throw(/matches\(\) works on text/)
    expect(refusal(any, '"a".matches(1)')).to.match(/matches\(\) works on text/)
  })
})

describe('an expression in a configuration', () => {
  const wrong: [z.ZodType, unknown, RegExp][] = [
    [any, 'bdy.code == 0', /Unknown variable: bdy at "bdy"; did you mean "body"\?$/],
    [any, 'body.code ==', /in "body.code =="$/],
    [any, 'body.code = 0', /at "="|in "body.code = 0"/],
    [any, '1 + "a"', /no such overload: int \+ string at "1 \+ \\"a\\""$/],
    [any, 'body.exists(', /in "body.exists\("$/],
    [any, 'nothing(body)', /nothing/],
    [any, '', /CEL expression/],
    [any, 7, /must be a CEL expression/],
    [typed, 'response.statsu == 200', /No such key: statsu/],
    [typed, 'account == 1', /no such overload: string == int/],
    [condition, '1 + 1', /gives int, but true or false is needed/],
    [condition, '"true"', /gives string/],
    [any, `"${'x'.repeat(9_000)}"`, /8192 characters at most/],
    [any, `${'('.repeat(60)}1${')'.repeat(60)}`, /maxDepth/],
    [any, `[${'1,'.repeat(1_500)}1]`, /maxListElements/],
    [any, `1${'+1'.repeat(1_500)}`, /maxAstNodes/],
  ]
  for (const [schema, source, message] of wrong) {
    it(`is refused in one line: ${String(source).slice(0, 30)}`, () => {
      const text = refusal(schema, source)
      expect(text).to.match(message)
      expect(text).not.to.contain('\n')
      expect(text).to.have.length.below(250)
    })
  }

  it('may go over several lines, and is quoted in one', () => {
    expect(condition.parse('body.a == 1\n  && body.b == 2').evaluate({ body: { a: 1, b: 2 } })).to.equal(true)
    expect(refusal(condition, 'body.a == 1\n  && bodi.b == 2')).not.to.contain('\n')
  })

  it('that must give true or false fails on anything else', () => {
    expect(condition.parse('body').evaluate({ body: false })).to.equal(false)
    expect(() => condition.parse('body').evaluate({ body: 'false' })).to.throw(
      /something else than true or false/,
    )
    expect(() => condition.parse('body').evaluate({ body: null })).to.throw(
      /something else than true or false/,
    )
  })

  it('never crashes on any text', () => {
    const word = fc.constantFrom(
      'body',
      '.',
      'a',
      '(',
      ')',
      '[',
      ']',
      '==',
      '1',
      '"x"',
      '&&',
      '?',
      ':',
      'matches',
      ' ',
      '{',
      '}',
      '!',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 12 }).map((words) => words.join('')),
        ),
        (source) => {
          const result = any.safeParse(source)
          if (result.success) {
            try {
              result.data.evaluate({ body: { a: [1] } })
            } catch (error) {
              expect(error).to.be.instanceOf(Error)
            }
          } else expect(result.error.issues[0]!.message).not.to.contain('\n')
        },
      ),
    )
  })

  it('shows as text in JSON Schema', () => {
    expect(z.toJSONSchema(condition, { io: 'input' })).to.include({ type: 'string' })
  })
})

describe('labels from expressions', () => {
  const derive = (sources: Record<string, string>, body: unknown) =>
    deriveLabels(
      Object.fromEntries(
        Object.entries(sources).map(([name, source]): [string, Expression] => [name, any.parse(source)]),
      ),
      { body },
    )

  it('are texts: of a text, a list, numbers and booleans', () => {
    const body = parseJson('{"team": "a", "groups": ["b", 7, 1.5, true], "id": 9007199254740993}')
    expect({ ...derive({ team: 'body.team', group: 'body.groups', id: 'body.id' }, body) }).to.deep.equal({
      team: ['a'],
      group: ['b', '7', '1.5', 'true'],
      id: ['9007199254740993'],
    })
  })

  it('are left out for a missing field, null and an empty list', () => {
    expect(
      Object.keys(derive({ a: 'body.x.y', b: 'body.n', c: 'body.e' }, { n: null, e: [] })),
    ).to.deep.equal([])
  })

  it('of another shape, or of a failing expression, are an error', () => {
    expect(() => derive({ a: 'body.map' }, { map: { x: 1 } })).to.throw(/label "a".*text or a list of texts/)
    expect(() => derive({ a: 'body.list' }, { list: [['x']] })).to.throw(/label "a"/)
    expect(() => derive({ a: 'body.list' }, { list: ['x', null] })).to.throw(/label "a"/)
    expect(() => derive({ a: 'body.text + 1' }, { text: 'x' })).to.throw(/fails/)
  })

  it('named like parts of JavaScript are labels like any other', () => {
    const labels = derive({ constructor: 'body' }, 'x')
    expect(labels.constructor).to.deep.equal(['x'])
    expect(labels.toString).to.equal(undefined)
  })
})
