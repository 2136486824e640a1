import { expect } from 'chai'
import fc from 'fast-check'
import { type JsonValue, jsonTemplate, template, z } from '../../../core/plugin.ts'

const VARIABLES = ['account', 'service']

describe('a template', () => {
  const text = template({ variables: VARIABLES })

  it('fills in its placeholders', () => {
    const { source, variables, render } = text.parse('a/${account}/${service}/${account}')
    expect(source).to.equal('a/${account}/${service}/${account}')
    expect(variables).to.deep.equal(['account', 'service'])
    expect(render({ account: 'A', service: 'S' })).to.equal('a/A/S/A')
  })

  it('encodes the values, not the text around them', () => {
    expect(text.parse('/a b/${account}').render({ account: 'a b/&' }, encodeURIComponent)).to.equal(
      '/a b/a%20b%2F%26',
    )
  })

  it('leaves everything else as it is', () => {
    for (const source of ['', '$account', '$', '${', '}${', '$${', '{account}', '${account', '\\n$&$1']) {
      expect(text.parse(source).render({ account: 'A' })).to.equal(source)
    }
  })

  it('never looks at a value again, whatever the value is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (account, service) => {
        const values = { account, service: `\${account}${service}$&` }
        expect(text.parse('<${account}|${service}>').render(values)).to.equal(
          `<${account}|${values.service}>`,
        )
      }),
    )
  })

  it('refuses unknown placeholders, all at once and with a hint', () => {
    const { error } = text.safeParse('${acount} ${account:1} ${constructor} ${}')
    expect(error?.issues.map(({ message }) => message)).to.deep.equal([
      'there is no placeholder ${acount}; did you mean "account"?',
      'there is no placeholder ${account:1}; did you mean "account"?',
      'there is no placeholder ${constructor}; known: account, service',
      'there is no placeholder ${}; known: account, service',
    ])
  })

  it('shows as text in JSON Schema', () => {
    expect(z.toJSONSchema(text, { io: 'input' })).to.include({ type: 'string' })
  })
})

describe('a JSON template', () => {
  const tree = jsonTemplate({ variables: VARIABLES, values: ['actions', 'labels'] })
  const values = { account: 'a"\\', service: 's', actions: ['pull'], labels: { group: ['dev'] } }

  it('fills in the texts of a tree, and leaves the rest', () => {
    const source = {
      user: '${account}',
      list: ['x-${service}', 1, true, null, { deep: '${service}' }],
      '${account}': 0,
    }
    expect(JSON.parse(JSON.stringify(tree.parse(source).render(values)))).to.deep.equal({
      user: 'a"\\',
      list: ['x-s', 1, true, null, { deep: 's' }],
      '${account}': 0,
    })
  })

  it('puts lists and objects where a placeholder is the whole text', () => {
    const filled = tree.parse({ input: { actions: '${actions}', labels: '${labels}' } }).render(values)
    expect(JSON.stringify(filled)).to.equal('{"input":{"actions":["pull"],"labels":{"group":["dev"]}}}')
    expect(tree.parse('${actions}').render(values)).to.deep.equal(['pull'])
  })

  it('keeps any value one string: it can not break out of its place', () => {
    fc.assert(
      fc.property(fc.string(), (account) => {
        const filled = JSON.parse(
          JSON.stringify(tree.parse({ a: '${account}', b: '-${account}-' }).render({ account })),
        )
        expect(filled).to.deep.equal({ a: account, b: `-${account}-` })
      }),
    )
  })

  const wrong: [unknown, (string | number)[], RegExp][] = [
    [{ a: [{ b: '${acount}' }] }, ['a', 0, 'b'], /did you mean "account"/],
    [{ a: 'all ${actions}' }, ['a'], /must be the whole text/],
    [{ a: undefined }, ['a'], /must be JSON/],
    [new Date(), [], /must be JSON/],
  ]
  for (const [source, path, message] of wrong) {
    it(`refuses ${JSON.stringify(source)} at ${path.join('.') || 'the top'}`, () => {
      const places = [...flatten(tree.safeParse(source).error?.issues ?? [])]
      expect(
        places.some((place) => message.test(place.message) && place.path.join() === path.join()),
        JSON.stringify(places),
      ).to.equal(true)
    })
  }

  it('shows in JSON Schema', () => {
    expect(() => z.toJSONSchema(tree, { io: 'input', unrepresentable: 'any' })).not.to.throw()
  })

  it('takes what YAML makes: objects without a prototype', () => {
    const source = Object.assign(Object.create(null), { user: '${account}' }) as JsonValue
    expect(JSON.stringify(tree.parse(source).render({ account: 'ann' }))).to.equal('{"user":"ann"}')
  })
})

/** Issues and those inside union branches, with whole paths. */
function* flatten(
  issues: readonly z.core.$ZodIssue[],
  above: PropertyKey[] = [],
): Generator<{ path: PropertyKey[]; message: string }> {
  for (const issue of issues) {
    const path = [...above, ...issue.path]
    yield { path, message: issue.message }
    if (issue.code === 'invalid_union') yield* flatten(issue.errors.flat(), path)
  }
}
