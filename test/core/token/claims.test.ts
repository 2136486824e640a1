import { expect } from 'chai'
import fc from 'fast-check'
import { type Access, createClaims } from '../../../core/token/claims.ts'

function claims(access: readonly Access[] = []) {
  return createClaims({
    issuer: 'Auth Service',
    account: 'alice',
    service: 'registry',
    access,
    now: 1_700_000_000_999,
    lifetime: 900_000,
  })
}

describe('claims', () => {
  it('say who, for which service, from ten seconds ago, for the lifetime', () => {
    const { jti, ...rest } = claims()
    expect(rest).to.deep.equal({
      iss: 'Auth Service',
      sub: 'alice',
      aud: 'registry',
      exp: 1_700_000_900,
      nbf: 1_699_999_990,
      iat: 1_699_999_990,
      access: [],
    })
    expect(jti).to.be.a('string').that.is.not.empty
  })

  it('name each token differently', () => {
    expect(claims().jti).not.to.equal(claims().jti)
  })

  it('keep a resource whose actions were denied, with an empty list', () => {
    const denied = { type: 'repository', name: 'a/b', actions: [] }
    expect(claims([denied]).access).to.deep.equal([denied])
  })

  it('hold one entry for each resource in the order asked, with all its actions sorted and once', () => {
    const access = [
      { type: 'repository', name: 'a', actions: ['push', 'pull'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
      { type: 'repository', name: 'a', actions: ['pull', 'delete'] },
      { type: 'repository', name: 'constructor', actions: [] },
    ]
    expect(claims(access).access).to.deep.equal([
      { type: 'repository', name: 'a', actions: ['delete', 'pull', 'push'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
      { type: 'repository', name: 'constructor', actions: [] },
    ])
  })

  it('hold of each resource what any of its entries holds', () => {
    const actions = fc.array(fc.constantFrom('pull', 'push', 'delete', '*', 'Pull', 'é'))
    const entry = fc.record({
      type: fc.constantFrom('a', 'b'),
      name: fc.constantFrom('', 'x:a', 'x'),
      actions,
    })
    fc.assert(
      fc.property(fc.array(entry), (access) => {
        const all = Map.groupBy(access, ({ type, name }) => `${type}:${name}`)
        const merged = [...all.values()].map((same) => ({
          ...same[0]!,
          actions: [...new Set(same.flatMap((one) => one.actions))].sort(),
        }))
        expect(claims(access).access).to.deep.equal(merged)
      }),
    )
  })

  it('keep resources apart whose names hold colons', () => {
    const access = [
      { type: 'repository', name: 'host:5000/a', actions: ['pull'] },
      { type: 'repository', name: 'host:5000/b', actions: ['push'] },
    ]
    expect(claims(access).access).to.deep.equal(access)
  })

  it('leave the given access as it was', () => {
    const given = [{ type: 'repository', name: 'a', actions: Object.freeze(['push', 'pull']) }]
    claims(given)
    expect(given[0]?.actions).to.deep.equal(['push', 'pull'])
  })
})
