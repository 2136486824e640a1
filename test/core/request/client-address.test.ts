// Where a request comes from: the connection, or a header of a proxy. A client can write what it wants into that header.

import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import { createClientAddress } from '../../../core/request/client-address.ts'
import { runs } from '../../support/properties.ts'

/** A request from this peer, with these lines of the header. */
function from(remoteAddress: string | undefined, ...lines: (string | undefined)[]): IncomingMessage {
  const [first] = lines
  const headersDistinct = first === undefined ? {} : { 'x-forwarded-for': lines }
  return { socket: { remoteAddress }, headersDistinct } as unknown as IncomingMessage
}

const header = 'X-Forwarded-For'

const urlHost = (ip: string) => (isIPv6(ip) ? `[${ip}]` : ip)

describe('the client address of a connection', () => {
  const address = createClientAddress(undefined)
  for (const [peer, expected] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, undefined],
  ]) {
    it(`is ${expected} for the peer ${peer}, whatever a header says`, () => {
      expect(address(from(peer))).to.equal(expected)
      expect(address(from(peer, '198.51.100.9'))).to.equal(expected)
    })
  }
})

describe('the client address behind trusted proxies', () => {
  const address = createClientAddress({
    header,
    trusted_proxies: ['10.0.0.0/8', '192.0.2.7', '2001:db8:aaaa::/48'],
  })
  const cases: [string, string | undefined, string | undefined, string | undefined][] = [
    ['the last address that is no proxy', '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['beyond several proxies', '10.0.0.1', '198.51.100.9, 192.0.2.7,10.9.9.9', '198.51.100.9'],
    ['not what the client claims before it', '10.0.0.1', '127.0.0.1, 198.51.100.9', '198.51.100.9'],
    [
      'not a trusted address that the client claims',
      '10.0.0.1',
      '10.1.1.1, 198.51.100.9, 10.2.2.2',
      '198.51.100.9',
    ],
    ['the peer itself when it is no proxy', '198.51.100.9', '127.0.0.1', '198.51.100.9'],
    ['the peer when there is no header', '10.0.0.1', undefined, '10.0.0.1'],
    ...[
      '',
      'unknown',
      '198.51.100.9, unknown',
      '198.51.100.9,',
      '198.51.100.9, ',
      ',',
      '198.51.100.9, unknown, 10.3.3.3',
      '198.51.100.9,,10.3.3.3',
      '198.51.100.9, _hidden',
      '_hidden, 10.3.3.3',
      '198.51.100.9 10.3.3.3',
      '198.51.100.9;10.3.3.3',
      '198.51.100.9/32',
      '198.51.100.9:',
      '198.51.100.9:x',
      '198.51.100.9:_x',
      '198.51.100.9:65536',
      '198.51.100.9:1:2',
      '"198.51.100.9"',
      '[198.51.100.9]',
      '[198.51.100.9]:80',
      '198.51.100.9%eth0',
      '[2001:db8::9',
      '2001:db8::9]',
      '[2001:db8::9]:',
      '[2001:db8::9]:x',
      '[2001:db8::9]x',
      '"[2001:db8::9]:4711"',
      'for=198.51.100.9',
      'fe80::1%',
      'client.example.com',
      'localhost',
      '198.51.100.256',
      '1.2.3',
    ].map((text): [string, string, string, undefined] => [
      'none with what is none',
      '10.0.0.1',
      text,
      undefined,
    ]),
    ['of a link with a zone', '10.0.0.1', 'fe80::9%eth0', 'fe80::9'],
    ['of a link with a zone and a port', '10.0.0.1', '[fe80::9%eth0]:80', 'fe80::9'],
    ['what is right of what is none', '10.0.0.1', 'unknown, 198.51.100.9, 10.3.3.3', '198.51.100.9'],
    ['with spaces and tabs around it', '10.0.0.1', ' 198.51.100.9\t', '198.51.100.9'],
    ['the first when all are proxies', '10.0.0.1', '10.5.5.5, 10.4.4.4', '10.5.5.5'],
    ['without a port', '10.0.0.1', '198.51.100.9:4711', '198.51.100.9'],
    ['without brackets and port', '10.0.0.1', '[2001:db8::9]:4711', '2001:db8::9'],
    ['an IPv6 client behind an IPv6 proxy', '2001:db8:aaaa::1', '2001:DB8:0:0::9', '2001:db8::9'],
    ['of a mapped address in other words', '10.0.0.1', '::FFFF:C633:6409', '198.51.100.9'],
    ['of a mapped peer that is a proxy', '::ffff:10.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
    ['not the IPv4 address in the end of an IPv6 one', '10.0.0.1', '::198.51.100.9', '::c633:6409'],
    ['not a proxy by the end of an IPv6 address', '10.0.0.1', '198.51.100.9, ::10.0.0.1', '::a00:1'],
    ['not an octal form in an IPv6 address', '10.0.0.1', '::ffff:010.1.2.3', undefined],
    ['not a short form', '10.0.0.1', '127.1', undefined],
    ['not an octal form', '10.0.0.1', '0177.0.0.1', undefined],
    ['not a number', '10.0.0.1', '2130706433', undefined],
    ['of the header on a unix socket', undefined, '198.51.100.9, 10.3.3.3', '198.51.100.9'],
    ['none on a unix socket without a header', undefined, undefined, undefined],
    ['none on a unix socket with nonsense', undefined, 'unknown', undefined],
  ]
  for (const [name, peer, forwarded, expected] of cases) {
    it(`is ${name}: ${JSON.stringify(forwarded)} from ${peer}`, () => {
      expect(address(from(peer, forwarded))).to.equal(expected)
    })
  }

  it('is the last one of several lines, and none when that is none', () => {
    const proxy = '10.0.0.1'
    expect(address(from(proxy, '127.0.0.1', '198.51.100.9'))).to.equal('198.51.100.9')
    expect(address(from(proxy, '198.51.100.9', '10.3.3.3, 192.0.2.7'))).to.equal('198.51.100.9')
    expect(address(from(proxy, '198.51.100.9', ''))).to.equal(undefined)
    expect(address(from(proxy, '198.51.100.9', 'unknown', '10.3.3.3'))).to.equal(undefined)
  })

  it('is found, whatever the client claims before it and however many proxies stand behind it', () => {
    const ip = fc.oneof(
      fc.ipV4().filter((text) => !/^(10|192)\./.test(text)),
      fc.ipV6().filter((text) => !/^2001:0?db8:aaaa/i.test(text) && !text.includes('.')),
    )
    const claim = fc.array(fc.oneof(fc.ipV4(), fc.string({ maxLength: 8 })), { maxLength: 3 })
    const proxies = fc.array(
      fc.constantFrom('10.9.9.9', '192.0.2.7', '[2001:db8:aaaa::5]:443', '10.1.1.1:80'),
      { maxLength: 3 },
    )
    const property = (client: string, claimed: string[], behind: string[]) => {
      const found = address(from('10.0.0.1', [...claimed, client, ...behind].join(', ')))
      const alone = createClientAddress(undefined)(from(client))!
      expect(new URL(`http://${urlHost(found!)}`).host).to.equal(new URL(`http://${urlHost(alone)}`).host)
    }
    fc.assert(fc.property(ip, claim, proxies, property), runs(1_000))
  })

  it('is never one of ours, nor the client’s invention, when an entry on the way can not be read', () => {
    const bad = fc
      .string({ maxLength: 12 })
      .filter((text) => !text.includes(',') && !isIP(text.trim()) && !/[\d\]]:?\d*$/.test(text))
    const proxies = fc.array(fc.constantFrom('10.9.9.9', '192.0.2.7'), { maxLength: 3 })
    const property = (before: string[], text: string, behind: string[]) => {
      expect(address(from('10.0.0.1', [...before, text, ...behind].join(',')))).to.equal(undefined)
    }
    fc.assert(fc.property(fc.array(fc.ipV4(), { maxLength: 2 }), bad, proxies, property), runs(1_000))
  })

  it('knows an IPv4 proxy by its mapped network too', () => {
    const mapped = createClientAddress({
      header,
      trusted_proxies: ['::ffff:10.0.0.0/104', '::ffff:192.0.2.7'],
    })
    expect(mapped(from('10.0.0.1', '198.51.100.9, 192.0.2.7'))).to.equal('198.51.100.9')
  })
})

describe('the client address at a position', () => {
  const cases: [number, string | undefined, string | 400][] = [
    [0, '198.51.100.9', '198.51.100.9'],
    [0, '198.51.100.9, 10.0.0.1', '198.51.100.9'],
    [1, '198.51.100.9, 10.0.0.1', '10.0.0.1'],
    [-1, '198.51.100.9, 10.0.0.1', '10.0.0.1'],
    [-2, '198.51.100.9, 10.0.0.1', '198.51.100.9'],
    // As docker_auth: further to the left than there is = the first.
    [-5, '198.51.100.9, 10.0.0.1', '198.51.100.9'],
    [2, '198.51.100.9, 10.0.0.1', 400],
    [0, undefined, 400],
    [0, '', 400],
    [0, 'unknown', 400],
    [1, '198.51.100.9,', 400],
    [-1, '198.51.100.9,', 400],
    [-1, '198.51.100.9, unknown', 400],
    [-2, '_hidden, 10.0.0.1', 400],
    [0, '[198.51.100.9]', 400],
    [-1, ',', 400],
    [0, '::ffff:198.51.100.9', '198.51.100.9'],
  ]
  for (const [position, forwarded, expected] of cases) {
    it(`${position} of ${JSON.stringify(forwarded)} is ${expected}`, () => {
      const address = createClientAddress({ header, position })
      const find = () => address(from('203.0.113.5', forwarded))
      if (expected !== 400) expect(find()).to.equal(expected)
      else expect(find).to.throw('x-forwarded-for').with.property('status', 400)
    })
  }
})
