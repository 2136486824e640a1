import { expect } from 'chai'
import fc from 'fast-check'
import { Secret } from '../../../core/plugin.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

const parse = (text: string, version: '1.1' | '1.2' = '1.2') =>
  parseYaml(text, 'f.yml', { version, base: '/nowhere' })

describe('a YAML file', () => {
  it('remembers line, column and path of every key and value', () => {
    const yaml = parse('server:\n  listen: ":1"\nlist:\n  - a\n  - b: 1\n')
    const value = yaml.value as { server: object; list: object[] }
    expect(yaml.places.get(value.server)?.entries.get('listen')).to.deep.include({
      key: { line: 2, column: 3, path: 'server.listen' },
      value: { line: 2, column: 11, path: 'server.listen' },
    })
    expect(yaml.places.get(value.list[1]!)?.self).to.deep.equal({ line: 5, column: 5, path: 'list[1]' })
  })

  it('keeps the text of scalars and of keys that look like numbers', () => {
    const yaml = parse('a: &n 007\n007: x\nc: 0xc014\nd: *n\n', '1.1')
    const value = yaml.value as Record<string, unknown>
    expect(Object.keys(value)).to.have.members(['a', '007', 'c', 'd'])
    expect(yaml.places.get(value)?.entries.get('a')?.text).to.equal('007')
    expect(yaml.places.get(value)?.entries.get('d')?.text).to.equal('007')
    expect(yaml.places.get(value)?.entries.get('c')?.text).to.equal('0xc014')
  })

  it('takes keys named constructor and __proto__ as any other', () => {
    const value = parse('constructor: 1\n__proto__: 2\n').value as Record<string, unknown>
    expect(Object.entries(value)).to.deep.equal([
      ['constructor', 1],
      ['__proto__', 2],
    ])
  })

  it('reads yes and no as truth values in version 1.1 only', () => {
    expect(parse('a: yes', '1.1').value).to.deep.equal({ a: true })
    expect(parse('a: yes', '1.2').value).to.deep.equal({ a: 'yes' })
  })

  it('merges << without replacing own keys, whatever their order', () => {
    const yaml = parse('base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nc:\n  y: own\n  <<: [*b, *o]\n')
    expect((yaml.value as { c: object }).c).to.deep.equal({ y: 'own', x: 1, z: 4 })
    expect(yaml.problems).to.deep.equal([])
  })

  it('reads !env as a Secret', () => {
    process.env.DOCKWARDEN_TEST_SECRET = 'hidden'
    const { a } = parse('a: !env DOCKWARDEN_TEST_SECRET').value as { a: Secret }
    delete process.env.DOCKWARDEN_TEST_SECRET
    expect(a).to.be.instanceOf(Secret)
    expect(a.reveal()).to.equal('hidden')
  })

  const faults: [string, string, string][] = [
    [
      'an unset !env',
      'a:\n  b: !env NOT_SET_ANYWHERE',
      'f.yml:2:11 a.b the environment variable NOT_SET_ANYWHERE is not set',
    ],
    [
      'a variable in the words of others',
      'a: !env ${NOT_SET}',
      'f.yml:1:9 a a variable is written without $; write !env NOT_SET',
    ],
    ['a missing !file', 'a: !file gone', 'f.yml:1:10 a cannot read /nowhere/gone: there is no such file'],
    ['an alias to itself', 'a: &x\n  b: *x', 'f.yml:2:6 a.b *x contains itself'],
    ['a key that is no text', '? [1]\n: 2', 'f.yml:1:3  a key must be plain text'],
    ['a key that stands twice', 'a: 1\na: 2', 'f.yml:2:1 a stands twice'],
    ['a tab', 'a:\n\tb: 1', 'f.yml:2:1  Tabs are not allowed as indentation; indent with spaces'],
    [
      'a star without quotes',
      'a: [*]',
      'f.yml:1:5  Alias cannot be an empty string; text that begins with * needs quotes: "*"',
    ],
    ['a colon in text', 'a: { b: c: d }', 'put text that holds ": " in quotes'],
    ['a merge of a scalar', 'a: {<<: 1}', 'f.yml:1:9 a << merges maps only'],
  ]
  for (const [name, text, expected] of faults) {
    it(`reports ${name} with its place`, () => {
      const [problem] = parse(text).problems
      expect(
        `${problem?.file}:${problem?.line}:${problem?.column} ${problem?.path} ${problem?.message}`,
      ).to.contain(expected)
    })
  }

  it('reports a placeholder without quotes once, not all that the parser stumbles over behind it', () => {
    const { problems } = parse('rules:\n  - { name: ${account}/*, ip: a }\n    actions: *\n')
    expect(problems).to.have.length(1)
    expect(problems[0]!.message).to.contain('put text with { } [ ] , or ": " in quotes')
  })

  it('only warns of a key that stands twice in docker_auth’s version, where the last one counts', () => {
    const yaml = parse('a: 1\na: 2', '1.1')
    expect(yaml.value).to.deep.equal({ a: 2 })
    expect(yaml.problems).to.deep.equal([])
    expect(yaml.warnings[0]).to.include({ line: 2, path: 'a' })
  })

  it('answers any text with a value or problems, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const yaml = parse(text)
        for (const { line, column } of yaml.problems) expect(line >= 1 && column >= 1).to.equal(true)
      }),
    )
  })
})
