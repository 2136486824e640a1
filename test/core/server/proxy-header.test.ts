// Reading a header of the PROXY protocol: what is one, what is none, and what is cut off, broken or too large.
import { isIPv4, isIPv6 } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { crc32c } from '../../../core/server/proxy-protocol/crc32c.ts'
import { readHeader, V2_MOST } from '../../../core/server/proxy-protocol/header.ts'
import { inet, inet6, v2 } from '../../support/proxy-headers.ts'

const line = (text: string) => Buffer.from(`${text}\r\n`, 'latin1')
const REST = Buffer.from('GET / HTTP/1.1\r\n\r\n')
const source = (bytes: Buffer) => {
  const reading = readHeader(bytes)
  if (reading.is !== 'header') throw new Error(JSON.stringify(reading))
  return reading.source && `${reading.source.address} ${reading.source.port}`
}

describe('the header of a PROXY protocol', () => {
  const clients: [string, Buffer, string | undefined][] = [
    ['TCP4', line('PROXY TCP4 198.51.100.7 192.0.2.1 50000 443'), '198.51.100.7 50000'],
    ['TCP6', line('PROXY TCP6 2001:db8::7 2001:db8::1 1 65535'), '2001:db8::7 1'],
    [
      'the longest of TCP6',
      line(`PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`),
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535',
    ],
    ['TCP6 that is not shortened', line('PROXY TCP6 2001:0DB8:0:0:0:0:0:7 ::1 0 0'), '2001:db8::7 0'],
    ['TCP6 of an IPv4 client', line('PROXY TCP6 ::ffff:198.51.100.7 ::1 80 80'), '198.51.100.7 80'],
    ['UNKNOWN', line('PROXY UNKNOWN'), undefined],
    ['UNKNOWN, and more', line('PROXY UNKNOWN ffff::1 what ever 1'), undefined],
    ['v2 of IPv4', v2(), '198.51.100.7 50000'],
    [
      'v2 of IPv6',
      v2({ family: 0x21, addresses: inet6(Buffer.from('20010db8000000000000000000000007', 'hex'), 9) }),
      '2001:db8::7 9',
    ],
    [
      'v2 of an IPv4 client in IPv6',
      v2({ family: 0x21, addresses: inet6(Buffer.from('00000000000000000000ffffc6336407', 'hex'), 9) }),
      '198.51.100.7 9',
    ],
    ['v2 of a client of HTTP/3', v2({ family: 0x12 }), '198.51.100.7 50000'],
    ['v2 of a unix socket', v2({ family: 0x31, addresses: Buffer.alloc(216, 0x61) }), undefined],
    ['v2 without addresses', v2({ family: 0, addresses: Buffer.alloc(0) }), undefined],
    ['v2 LOCAL', v2({ command: 0x20, family: 0, addresses: Buffer.alloc(0) }), undefined],
    [
      'v2 LOCAL, with what there should not be',
      v2({ command: 0x20, family: 0xff, addresses: Buffer.alloc(3) }),
      undefined,
    ],
    [
      'v2 with entries',
      v2({
        entries: [
          [0x02, Buffer.from('auth.example.com')],
          [0x04, Buffer.alloc(0)],
          [0xea, Buffer.alloc(300)],
        ],
      }),
      '198.51.100.7 50000',
    ],
    [
      'v2 with a checksum',
      v2({ entries: [[0x05, Buffer.from('id')]], checksum: true }),
      '198.51.100.7 50000',
    ],
    [
      'the longest of v2',
      v2({ entries: [[0xe0, Buffer.alloc(V2_MOST - 16 - 12 - 3)]] }),
      '198.51.100.7 50000',
    ],
  ]
  for (const [name, bytes, expected] of clients) {
    it(`says whose the connection is: ${name}`, () => {
      expect(source(bytes)).to.equal(expected)
      expect(readHeader(Buffer.concat([bytes, REST]))).to.deep.include({ is: 'header', length: bytes.length })
    })

    it(`is waited for until it is whole: ${name}`, () => {
      for (let length = 1; length < bytes.length; length += 1)
        expect(readHeader(bytes.subarray(0, length)), String(length)).to.deep.equal({ is: 'begun' })
    })
  }

  const none: [string, Buffer][] = [
    ['a request', REST],
    ['TLS', Buffer.from([0x16, 3, 1])],
    ['another method that begins alike', Buffer.from('PROPFIND / HTTP/1.1\r\n')],
    ['small letters', Buffer.from('proxy TCP4')],
    ['an empty line before a request', Buffer.from('\r\nGET / HTTP/1.1\r\n')],
    ['a signature with one byte wrong', Buffer.from('\r\n\r\n\0\r\nQUIT\r')],
    ['a NUL', Buffer.from([0])],
  ]
  for (const [name, bytes] of none) {
    it(`is not there: ${name}`, () => expect(readHeader(bytes)).to.deep.equal({ is: 'no header' }))
  }

  const lines = [
    'PROXY TCP4 198.51.100.7 192.0.2.1 50000',
    'PROXY TCP4 198.51.100.7 192.0.2.1 50000 443 1',
    'PROXY TCP4 198.51.100.7  192.0.2.1 50000 443',
    'PROXY TCP4 198.51.100.7 192.0.2.1 50000 443 ',
    'PROXY  TCP4 198.51.100.7 192.0.2.1 50000 443',
    'PROXY TCP4 198.51.100 192.0.2.1 50000 443',
    'PROXY TCP4 0198.51.100.7 192.0.2.1 50000 443',
    'PROXY TCP4 2001:db8::7 2001:db8::1 1 1',
    'PROXY TCP4 198.51.100.7 2001:db8::1 1 1',
    'PROXY TCP6 198.51.100.7 192.0.2.1 1 1',
    'PROXY TCP6 fe80::1%eth0 ::1 1 1',
    'PROXY TCP6 2001:db8::7::1 ::1 1 1',
    'PROXY TCP4 198.51.100.7 192.0.2.1 65536 443',
    'PROXY TCP4 198.51.100.7 192.0.2.1 50000 99999',
    'PROXY TCP4 198.51.100.7 192.0.2.1 -1 443',
    'PROXY TCP4 198.51.100.7 192.0.2.1 080 443',
    'PROXY TCP4 198.51.100.7 192.0.2.1 0x50 443',
    'PROXY UDP4 198.51.100.7 192.0.2.1 50000 443',
    'PROXY tcp4 198.51.100.7 192.0.2.1 50000 443',
    'PROXY UNKNOWNS',
    'PROXY TCP4',
    'PROXY ',
    'PROXY TCP4 198.51.100.7\n192.0.2.1 50000 443',
    'PROXY TCP4 198.51.100.7 192.0.2.1 50000 443\r',
    `PROXY UNKNOWN ${'a'.repeat(92)}`,
  ]
  for (const text of lines) {
    it(`is broken: ${JSON.stringify(text)}`, () => expect(readHeader(line(text)).is).to.equal('broken'))
  }

  it('is broken as soon as its line is too long, whatever may come', () => {
    const endless = Buffer.from(`PROXY UNKNOWN ${'a'.repeat(93)}`)
    expect(endless).to.have.length(107)
    expect(readHeader(endless).is).to.equal('broken')
    expect(readHeader(endless.subarray(0, 106)).is).to.equal('begun')
  })

  const broken: [string, Buffer, RegExp][] = [
    ['version 1 in binary', v2({ command: 0x11 }), /its version is 1/],
    ['version 3', v2({ command: 0x31 }), /its version is 3/],
    ['another command', v2({ command: 0x22 }), /its command/],
    ['another family', v2({ family: 0x41 }), /family/],
    ['another transport', v2({ family: 0x13 }), /family/],
    ['too short for IPv4', v2({ addresses: Buffer.alloc(11) }), /too short/],
    ['too short for IPv6', v2({ family: 0x21, addresses: Buffer.alloc(35) }), /too short/],
    ['too short for a unix socket', v2({ family: 0x31, addresses: Buffer.alloc(215) }), /too short/],
    [
      'an entry that is cut off',
      v2({ addresses: Buffer.concat([inet('198.51.100.7', 1), Buffer.from([4, 0])]) }),
      /cut off/,
    ],
    [
      'an entry that is longer than the header',
      v2({ addresses: Buffer.concat([inet('198.51.100.7', 1), Buffer.from([4, 0, 2, 0])]) }),
      /cut off/,
    ],
    ['a wrong checksum', v2({ entries: [[0x03, Buffer.from([1, 2, 3, 4])]] }), /checksum/],
    ['a checksum of another length', v2({ entries: [[0x03, Buffer.alloc(3)]] }), /checksum/],
    [
      'a length that is too large, before it has come',
      v2({ length: V2_MOST - 15 }).subarray(0, 16),
      /at most 16384/,
    ],
  ]
  for (const [name, bytes, why] of broken) {
    it(`is broken: ${name}`, () => {
      expect(readHeader(bytes)).to.have.property('is', 'broken')
      expect(readHeader(bytes)).to.have.property('why').that.matches(why)
    })
  }

  it('with a checksum notices any change of a bit', () => {
    const bytes = v2({ entries: [[0x05, Buffer.from('unique id')]], checksum: true })
    for (let bit = 8 * 16; bit < 8 * bytes.length; bit += 1) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      // The type or the length of an entry may be what has changed, and the checksum none any more.
      const reading = readHeader(changed)
      if (bit >> 3 < 28 || bit >> 3 >= bytes.length - 4) expect(reading.is, String(bit)).to.equal('broken')
    }
  })

  it('has a checksum as in the standard', () => {
    // RFC 3720, B.4.
    expect(crc32c(Buffer.from('123456789'))).to.equal(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).to.equal(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).to.equal(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).to.equal(0x46dd794e)
    expect(crc32c(new Uint8Array())).to.equal(0)
  })
})

describe('any bytes', () => {
  const beginnings = fc.constantFrom(
    Buffer.alloc(0),
    Buffer.from('PROXY '),
    Buffer.from('PROXY TCP4 '),
    Buffer.from('PROXY UNKNOWN'),
    v2().subarray(0, 12),
    v2().subarray(0, 16),
    v2({ family: 0x21 }).subarray(0, 16),
  )
  const bytes = fc
    .tuple(beginnings, fc.uint8Array({ maxLength: 200 }))
    .map(([first, rest]) => Buffer.concat([first, rest]))
    .filter(({ length }) => length > 0)

  it('are read in the same way however they are cut: what is said once is not taken back', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        let last = readHeader(whole.subarray(0, 1))
        for (let length = 2; length <= whole.length; length += 1) {
          const reading = readHeader(whole.subarray(0, length))
          if (last.is !== 'begun') expect(reading).to.deep.equal(last)
          last = reading
        }
      }),
    )
  })

  it('give an address or none, never more bytes than there are, and never wait for more than the bounds', () => {
    fc.assert(
      fc.property(bytes, (whole) => {
        const reading = readHeader(whole)
        if (reading.is === 'header') {
          expect(reading.length).to.be.within(1, whole.length)
          if (reading.source) {
            expect(isIPv4(reading.source.address) || isIPv6(reading.source.address)).to.equal(true)
            expect(reading.source.port).to.be.within(0, 65_535)
          }
        }
        if (reading.is === 'begun') expect(whole.length).to.be.below(V2_MOST)
      }),
    )
  })

  it('that a proxy writes of a client are read back, in both versions', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.nat(65_535),
        fc.boolean(),
        fc.uint8Array({ maxLength: 50 }),
        (ip, port, checksum, value) => {
          const text = readHeader(line(`PROXY TCP4 ${ip} 192.0.2.1 ${port} 443`))
          const binary = readHeader(v2({ addresses: inet(ip, port), checksum, entries: [[0xe1, value]] }))
          for (const reading of [text, binary])
            expect(reading).to.have.deep.property('source', { address: ip, port })
        },
      ),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65_535), (ip, port) => {
        const groups = Array.from({ length: 8 }, (_, at) =>
          Buffer.from(ip)
            .readUInt16BE(2 * at)
            .toString(16),
        )
        const text = readHeader(line(`PROXY TCP6 ${groups.join(':')} ::1 ${port} 443`))
        const binary = readHeader(v2({ family: 0x21, addresses: inet6(ip, port) }))
        expect(text)
          .to.have.property('source')
          .that.deep.equals((binary as { source: object }).source)
      }),
    )
  })
})
