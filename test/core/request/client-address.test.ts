// Where a request comes from: the connection, or a header of a proxy. A client can write what it wants into that header.

import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { createClientAddress } from '../../../core/request/client-address.ts'

/** A request from this peer; the header as Node gives it, several of them joined. */
function from(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage
}

const header = 'X-Forwarded-For'

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
    ['the peer when the header is empty', '10.0.0.1', '', '10.0.0.1'],
    ['the proxy next to what is no address', '10.0.0.1', '198.51.100.9, unknown, 10.3.3.3', '10.3.3.3'],
    ['not from behind an empty entry', '10.0.0.1', '198.51.100.9,,10.3.3.3', '10.3.3.3'],
    ['the first when all are proxies', '10.0.0.1', '10.5.5.5, 10.4.4.4', '10.5.5.5'],
    ['without a port', '10.0.0.1', '198.51.100.9:4711', '198.51.100.9'],
    ['without brackets and port', '10.0.0.1', '[2001:db8::9]:4711', '2001:db8::9'],
    ['an IPv6 client behind an IPv6 proxy', '2001:db8:aaaa::1', '2001:DB8:0:0::9', '2001:db8::9'],
    ['of a mapped address in other words', '10.0.0.1', '::FFFF:C633:6409', '198.51.100.9'],
    ['of a mapped peer that is a proxy', '::ffff:10.0.0.1', '::ffff:198.51.100.9', '198.51.100.9'],
    ['not the IPv4 address in the end of an IPv6 one', '10.0.0.1', '::198.51.100.9', '::c633:6409'],
    ['not a proxy by the end of an IPv6 address', '10.0.0.1', '198.51.100.9, ::10.0.0.1', '::a00:1'],
    ['not an octal form in an IPv6 address', '10.0.0.1', '::ffff:010.1.2.3', '10.0.0.1'],
    ['not a short form', '10.0.0.1', '127.1', '10.0.0.1'],
    ['not an octal form', '10.0.0.1', '0177.0.0.1', '10.0.0.1'],
    ['not a number', '10.0.0.1', '2130706433', '10.0.0.1'],
    ['of the header on a unix socket', undefined, '198.51.100.9, 10.3.3.3', '198.51.100.9'],
    ['none on a unix socket without a header', undefined, undefined, undefined],
    ['none on a unix socket with nonsense', undefined, 'unknown', undefined],
  ]
  for (const [name, peer, forwarded, expected] of cases) {
    it(`is ${name}: ${JSON.stringify(forwarded)} from ${peer}`, () => {
      expect(address(from(peer, forwarded))).to.equal(expected)
    })
  }

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
