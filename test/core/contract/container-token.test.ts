// Tokens of what plugins share: their names, and that the name is the token.
import { expect } from 'chai'
import { TokenTable } from '../../../core/kit/token-table.ts'
import { createToken, LABELS } from '../../../core/plugin.ts'

describe('createToken', () => {
  for (const name of [
    'acme/directory',
    '@acme/ldap/directory',
    'a.b_c/x1',
    'dockwarden-plugin-corp/the-entry',
  ]) {
    it(`takes ${name}`, () => expect(createToken(name)).to.include({ name, version: 1 }))
  }

  const bad = [
    '',
    'directory',
    'Acme/directory',
    'acme/Directory',
    'acme/',
    '/x',
    'acme/two words',
    'acme/a/b',
    'acme/-x',
    'acme/x-',
    'dockwarden/labels',
    undefined,
    Symbol('acme/x'),
  ]
  for (const name of bad) {
    it(`refuses ${String(name)}`, () =>
      expect(() => createToken(name as string)).to.throw(TypeError, /createToken\(/))
  }

  for (const version of [0, -1, 1.5, Number.NaN, '2'])
    it(`refuses version ${version}`, () =>
      expect(() => createToken('acme/x', { version: version as number })).to.throw(TypeError, /version/))

  it('makes the same key of a table for two copies, and other keys in another table', () => {
    const table = new TokenTable()
    expect(table.keyOf(createToken('acme/x'))).to.equal(table.keyOf(createToken('acme/x')))
    expect(table.keyOf(createToken('acme/x'))).not.to.equal(table.keyOf(createToken('acme/y')))
    expect(new TokenTable().keyOf(LABELS)).not.to.equal(table.keyOf(LABELS))
    expect(() => table.keyOf(createToken('acme/x', { version: 3 }))).to.throw(
      'the token acme/x is there in version 1 and in version 3',
    )
  })
})
