import { expect } from 'chai'
import fc from 'fast-check'
import { parseAddress, storeSchema } from '../../../../core/config/native/store-schema.ts'
import { Secret } from '../../../../core/plugin.ts'

const ONE = { addresses: ['redis'] }

describe('schema of server.store', () => {
  it('may be left out, or say what it is then', () => {
    expect(storeSchema.parse(undefined)).equal(undefined)
    expect(storeSchema.parse('embedded')).equal('embedded')
  })

  it('has defaults for all of redis but the addresses', () => {
    expect(storeSchema.parse({ redis: ONE })).deep.equal({
      redis: { addresses: [{ host: 'redis' }], cluster: false, database: 0, key_prefix: 'dockwarden:' },
    })
  })

  it('takes all that belongs together', () => {
    const redis = {
      addresses: ['a:1', 'b'],
      sentinel: 'mymaster',
      username: 'dock',
      password: new Secret('x'),
      sentinel_password: new Secret('y'),
      database: 3,
      tls: { ca: 'ca.pem', certificate: 'own.crt', key: 'own.key' },
    }
    expect(storeSchema.safeParse({ redis }).success).equal(true)
    expect(
      storeSchema.safeParse({ redis: { addresses: ['a', 'b'], cluster: true, tls: true } }).success,
    ).equal(true)
  })

  const wrong: [unknown, string, RegExp][] = [
    [{ addresses: [] }, 'addresses', /at least one/],
    [{ addresses: ['redis:0'] }, 'addresses.0', /"redis:0" is no address; write/],
    [{ addresses: ['a', 'b'] }, 'addresses', /sentinel or cluster/],
    [{ addresses: ['a', 'b'], sentinel: 'm', cluster: true }, 'cluster', /excludes sentinel/],
    [{ ...ONE, cluster: true, database: 1 }, 'database', /must be 0/],
    [{ ...ONE, username: 'dock' }, 'username', /needs a password/],
    [{ ...ONE, sentinel_password: new Secret('x') }, 'sentinel_password', /set sentinel/],
    [{ ...ONE, tls: { key: 'own.key' } }, 'tls', /belong together/],
  ]
  for (const [redis, place, message] of wrong) {
    it(`says at ${place} what is wrong with ${JSON.stringify(redis)}`, () => {
      const issues = flat(storeSchema.safeParse({ redis }).error?.issues ?? [])
      expect(issues.map(({ path }) => path)).deep.equal([`redis.${place}`])
      expect(issues[0]?.message).match(message)
    })
  }
})

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly errors?: readonly (readonly Issue[])[]
}

/** As the configuration's reader does: of a union, the branch that got into the value. */
function flat(
  issues: readonly Issue[],
  above: readonly PropertyKey[] = [],
): { path: string; message: string }[] {
  return issues.flatMap(({ path, message, errors }) => {
    const branch = errors?.find((each) => each.every((inner) => inner.path.length > 0))
    return branch ? flat(branch, [...above, ...path]) : { path: [...above, ...path].join('.'), message }
  })
}

describe('parseAddress', () => {
  const cases: [string, ReturnType<typeof parseAddress>][] = [
    ['redis', { host: 'redis' }],
    ['redis-1.example.com:6380', { host: 'redis-1.example.com', port: 6380 }],
    ['10.0.0.5:1', { host: '10.0.0.5', port: 1 }],
    ['[::1]:6379', { host: '::1', port: 6379 }],
    ['[fe80::1]', { host: 'fe80::1' }],
    ['::1', { host: '::1' }],
    ['redis:65536', undefined],
    ['redis:', undefined],
    [':6379', undefined],
    ['[redis]:6379', undefined],
    ['redis://redis:6379', undefined],
    ['', undefined],
  ]
  for (const [text, parsed] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect(parseAddress(text)).deep.equal(parsed)
    })
  }

  it('reads back every IP address and port', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), fc.integer({ min: 1, max: 65_535 }), (v4, v6, port) => {
        expect(parseAddress(`${v4}:${port}`)).deep.equal({ host: v4, port })
        expect(parseAddress(`[${v6}]:${port}`)).deep.equal({ host: v6, port })
        expect(parseAddress(v6)).deep.equal({ host: v6 })
      }),
    )
  })
})
