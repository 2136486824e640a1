// The names of certificates that are ordered.
import { expect } from 'chai'
import { acmeSchema } from '../../../../core/config/native/acme-schema.ts'
import { nativeSchema } from '../../../../core/config/native/schema.ts'

describe('config: tls.acme.domains', () => {
  const read = (domains: string[]) => acmeSchema.safeParse({ domains })

  const good: [string, string[], string[]][] = [
    ['as they are', ['registry.example.com', 'localhost'], ['registry.example.com', 'localhost']],
    ['in small letters, without the root', ['Registry.Example.COM.'], ['registry.example.com']],
    ['each once', ['a.example', 'A.example', 'b.example', 'a.example.'], ['a.example', 'b.example']],
    ['of other scripts, as the DNS has them', ['xn--bcher-kva.example'], ['xn--bcher-kva.example']],
  ]
  for (const [name, domains, expected] of good) {
    it(`are taken ${name}`, () => {
      expect(read(domains).data?.domains).to.deep.equal(expected)
    })
  }

  const bad: [string, RegExp][] = [
    ['*.example.com', /needs a record in its DNS.*write each name/],
    ['192.0.2.1', /is an address; write the name/],
    ['[2001:db8::1]', /is an address; write the name/],
    ['../registry', /is no name of the DNS/],
    ['acme_account+key', /is no name of the DNS/],
    ['a..example', /is no name of the DNS/],
    ['-a.example', /is no name of the DNS/],
    ['bücher.example', /is no name of the DNS/],
    [`${'a'.repeat(64)}.example`, /is no name of the DNS/],
    ['registry.example.com:443', /is no name of the DNS/],
    ['', /is no name of the DNS/],
  ]
  for (const [name, expected] of bad) {
    it(`are not ${JSON.stringify(name)}`, () => {
      expect(read([name]).error?.issues[0]?.message).to.match(expected)
    })
  }

  it('are at least one', () => {
    expect(read([]).error?.issues[0]?.message).to.match(/must name at least one/)
  })
})

describe('config: tls.acme of several addresses', () => {
  const ONE = { domains: ['one.example', 'more.example'] }
  const cases: [string, object, object, boolean][] = [
    ['one certificate for both', ONE, { domains: ['one.example', 'MORE.example'] }, true],
    ['other first names', ONE, { domains: ['two.example', 'more.example'] }, true],
    ['a folder for each', ONE, { domains: ['one.example'], folder: 'other' }, true],
    ['the same first name with other ones', ONE, { domains: ['one.example'] }, false],
    ['another directory', ONE, { ...ONE, directory: 'https://ca.example/directory' }, false],
  ]
  for (const [name, common, own, good] of cases) {
    it(`${good ? 'may be' : 'is not'} ${name}`, () => {
      const { error } = nativeSchema.safeParse({
        server: { listen: [':1', { address: ':2', tls: { acme: own } }], tls: { acme: common } },
        authenticators: [],
        authorizers: [],
      })
      const issues = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
      if (good) expect(issues).to.deep.equal([])
      else
        expect(issues.join('\n')).to.match(
          /^server\.listen\.1\.tls\.acme: orders another certificate for one\.example than server\.tls\.acme, in the same folder; /,
        )
    })
  }
})
