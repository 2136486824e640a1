import { expect } from 'chai'
import { formatProblem } from '../../../core/yaml/problems.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

function parse(text: string) {
  const { value, problems, warnings } = parseYaml(text, 'f', { version: '1.1', base: '/nowhere' })
  return { value, problems: problems.map(formatProblem), warnings: warnings.map(formatProblem) }
}

describe('what stands twice in docker_auth’s form', () => {
  // As gopkg.in/yaml.v2 v2.4.0 fills docker_auth's structs.
  const cases: [string, unknown, string][] = [
    [
      '{match: {a: 1}, match: {b: 2}}',
      { match: { a: 1, b: 2 } },
      'f:1:17: match: stands twice; both count, as in docker_auth; write one',
    ],
    ['{acl: [1], acl: [2]}', { acl: [2] }, 'f:1:12: acl: stands twice; the last one counts'],
    ['{token: {a: 1}, token: }', { token: null }, 'f:1:17: token: stands twice; the last one counts'],
    [
      '{users: {a: {x: 1}}, users: {b: {x: 2}}}',
      { users: { a: { x: 1 }, b: { x: 2 } } },
      'f:1:22: users: stands twice; both count',
    ],
    [
      '{users: {a: {x: 1}, a: {z: 2}}}',
      { users: { a: { z: 2 } } },
      'f:1:21: users.a: stands twice; the last one counts',
    ],
  ]
  for (const [text, value, warning] of cases) {
    it(`is read as docker_auth reads it: ${text}`, () => {
      const found = parse(text)
      expect(found.value).to.deep.equal(value)
      expect(found.problems).to.deep.equal([])
      expect(found.warnings[0]).to.contain(warning)
      expect(found.warnings).to.have.length(1)
    })
  }

  it('is merged as docker_auth merges: what stands behind counts', () => {
    const base = 'x: &x {p: base, m: {a: 1}}\n'
    const before = parse(`${base}y: {<<: *x, p: own, m: {b: 2}}`)
    expect(before.value).to.deep.include({ y: { p: 'own', m: { a: 1, b: 2 } } })
    expect(before.warnings).to.deep.equal([])
    const behind = parse(`${base}y: {p: own, <<: *x}`)
    expect(behind.value).to.deep.include({ y: { p: 'base', m: { a: 1 } } })
    expect(behind.warnings).to.deep.equal([
      'f:2:17: y."<<": stands behind p and counts before it, as in docker_auth; put << first',
    ])
    expect(parse(`${base}y: {<<: [{p: first}, *x]}`).value).to.deep.include({
      y: { p: 'first', m: { a: 1 } },
    })
    // What is merged is not changed by it.
    expect(before.value).to.deep.include({ x: { p: 'base', m: { a: 1 } } })
  })
})
