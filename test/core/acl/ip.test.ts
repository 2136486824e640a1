import { expect } from 'chai'
import fc from 'fast-check'
import { contains, parseAddress, parseNetwork } from '../../../core/acl/ip.ts'

function holds(network: string, address: string): boolean {
  return contains(parseNetwork(network)!, parseAddress(address)!)
}

describe('acl: addresses and networks', () => {
  const table: [network: string, address: string, inside: boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.4/30', '10.1.2.7', true],
    ['10.1.2.4/30', '10.1.2.8', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['10.0.0.0/08', '10.1.2.3', true],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.1.2.3', false],
    ['::/0', '::ffff:10.1.2.3', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['::ffff:0a01:0203', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:0:0/96', '10.1.2.3', true],
    ['::ffff:0:0/96', '2001:db8::1', false],
    ['::ffff:0:0/95', '10.1.2.3', false],
    ['::ffff:0:0/95', '::fffe:1:1', true],
    ['::1.2.3.4', '1.2.3.4', false],
    ['::1.2.3.4', '::102:304', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
  ]
  for (const [network, address, inside] of table) {
    it(`${network} ${inside ? 'holds' : 'does not hold'} ${address}`, () => {
      expect(holds(network, address)).to.equal(inside)
    })
  }

  const nonsense = [
    '',
    '10.0.0',
    '10',
    '0x0a.0.0.1',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.1 ',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/+8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/8.0',
    '/8',
    '::1/129',
    ':::',
    '1::2::3',
    '::12345',
    'fe80::1%eth0',
    'fe80::1%eth0/64',
    '[::1]',
    'localhost',
  ]
  for (const text of nonsense) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseNetwork(text)).to.equal(undefined)
    })
  }

  it('finds an IPv4 address in a network just when their leading bits are the same', () => {
    const address = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 32 }))
    fc.assert(
      fc.property(address, fc.nat(32), ([one, noise, bits], kept) => {
        // The other address shares some leading bits with the first one.
        const other = kept === 0 ? noise : (one ^ ((noise >>> (kept - 1)) >>> 1)) >>> 0
        const same =
          one.toString(2).padStart(32, '0').slice(0, bits) ===
          other.toString(2).padStart(32, '0').slice(0, bits)
        expect(holds(`${dotted(one)}/${bits}`, dotted(other))).to.equal(same)
      }),
    )
  })
})

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}
