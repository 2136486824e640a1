import { expect } from 'chai'
import fc from 'fast-check'
import { networkOf } from '../../../core/work/network.ts'

describe('the network of a client', () => {
  const cases: [ip: string | undefined, network: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0'],
    ['2001:db8:0:0:9::', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    [undefined, 'unknown'],
    ['', 'unknown'],
    ['unknown', 'unknown'],
    ['192.0.2.256', 'unknown'],
  ]
  for (const [ip, network] of cases)
    it(`of ${ip} is ${network}`, () => expect(networkOf(ip)).to.equal(network))

  it('is the address itself, and the same where it is mapped into IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(networkOf(ip)).to.equal(ip)
        expect(networkOf(`::ffff:${ip}`)).to.equal(ip)
      }),
    )
  })
})
