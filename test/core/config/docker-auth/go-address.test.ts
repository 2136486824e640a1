import { expect } from 'chai'
import fc from 'fast-check'
import { addressText, goAddress } from '../../../../core/config/docker-auth/go-address.ts'

describe('an address as Go reads it', () => {
  const cases: [string, string, number][] = [
    [':5001', '', 5001],
    [':05001', '', 5001],
    [':+5', '', 5],
    [':https', '', 443],
    [':HTTP', '', 80],
    ['localhost:https', 'localhost', 443],
    ['localhost:', 'localhost', 0],
    ['[::1]:5001', '::1', 5001],
    ['[127.0.0.1]:5001', '127.0.0.1', 5001],
    ['[fe80::1%eth0]:389', 'fe80::1%eth0', 389],
  ]
  for (const [text, host, port] of cases) {
    it(`is ${JSON.stringify(text)}`, () => expect(goAddress(text)).to.deep.equal({ host, port }))
  }

  for (const text of [
    ...[
      '',
      '5001',
      'localhost',
      '::1:5001',
      'ldap://dc1:389',
      'a:1,b:2',
      '[::1]',
      '[::1]x:1',
      ':65536',
      ':-1',
      ':no-such-service',
    ],
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(goAddress(text)).to.equal(undefined))
  }

  it('is the same when it is written down again', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constant(''))
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (name, port) => {
        expect(goAddress(addressText({ host: name, port }))).to.deep.equal({ host: name, port })
      }),
    )
  })
})
