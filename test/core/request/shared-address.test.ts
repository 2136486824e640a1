import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { createSharedAddress } from '../../../core/request/shared-address.ts'

describe('an address that many share', () => {
  let warned: string[]
  const silent = () => {}
  const log = {
    debug: silent,
    info: silent,
    warn: (_facts: object, message: string) => void warned.push(message),
    error: silent,
  }
  beforeEach(() => {
    warned = []
  })
  const request = (peer: string | undefined, headers: object = {}) =>
    ({ socket: { remoteAddress: peer }, headers }) as unknown as IncomingMessage
  const forwarded = { 'x-forwarded-for': '192.0.2.1' }

  for (const [peer, headers, expected] of [
    ['10.1.2.3', forwarded, true],
    ['10.1.2.3', { 'x-real-ip': '192.0.2.1' }, true],
    ['10.1.2.3', { forwarded: 'for=192.0.2.1' }, true],
    ['10.1.2.3', { via: '1.1 proxy' }, true],
    ['10.1.2.3', {}, false],
    ['10.1.2.3', { 'x-forwarded-host': 'a.example' }, false],
    ['127.0.0.1', forwarded, true],
    ['172.17.0.1', forwarded, true],
    ['192.168.1.1', forwarded, true],
    ['100.64.0.1', forwarded, true],
    ['::1', forwarded, true],
    ['fd00::1', forwarded, true],
    ['fe80::1', forwarded, true],
    ['192.0.2.7', forwarded, false],
    ['8.8.8.8', forwarded, false],
    ['2001:db8::1', forwarded, false],
    [undefined, {}, true],
  ] as const) {
    it(`is ${expected ? '' : 'not '}that of ${peer ?? 'a unix socket'} with ${Object.keys(headers).join() || 'no header'}`, () => {
      const isShared = createSharedAddress(undefined, log)
      expect(isShared(request(peer, headers), peer)).to.equal(expected)
      expect(warned).to.have.length(expected && peer ? 1 : 0)
    })
  }

  it('stays one once the header was there, and is warned of once', () => {
    const isShared = createSharedAddress(undefined, log)
    const ask = (peer: string, headers: object = {}) => isShared(request(peer, headers), peer)
    expect(ask('10.0.0.5')).to.equal(false)
    expect(ask('10.0.0.5', forwarded)).to.equal(true)
    expect(ask('10.0.0.5')).to.equal(true)
    expect(ask('10.0.0.6', { forwarded: 'for=1' })).to.equal(true)
    expect(ask('10.0.0.7')).to.equal(false)
    expect(warned).to.have.length(1)
    expect(warned[0])
      .to.include('10.0.0.5 sends X-Forwarded-For')
      .and.include('server.client_ip: { header: X-Forwarded-For, trusted_proxies: ["10.0.0.5"] }')
  })

  it('advises no header that is not read', () => {
    createSharedAddress(undefined, log)(request('10.0.0.5', { via: '1.1 x' }), '10.0.0.5')
    expect(warned[0]).to.include('sends Via').and.include('header: X-Forwarded-For')
  })

  it('is a proxy’s own where the proxies are named: it asked for somebody without saying for whom', () => {
    const isShared = createSharedAddress({ trusted_proxies: ['10.0.0.0/8'] }, log)
    expect(isShared(request('10.0.0.5'), '10.0.0.5')).to.equal(true)
    expect(isShared(request('::ffff:10.0.0.5'), '10.0.0.5')).to.equal(true)
    expect(isShared(request('10.0.0.5', forwarded), undefined)).to.equal(true)
    // Somebody else, said by the proxy.
    expect(isShared(request('10.0.0.5', forwarded), '192.0.2.1')).to.equal(false)
    expect(isShared(request('10.0.0.5', { 'x-forwarded-for': '10.9.9.9' }), '10.9.9.9')).to.equal(false)
    // Not a proxy of ours, whatever it sends.
    expect(isShared(request('172.16.0.5', forwarded), '172.16.0.5')).to.equal(false)
    expect(warned).to.deep.equal([])
  })

  it('is nobody’s where any peer is believed', () => {
    const isShared = createSharedAddress({}, log)
    expect(isShared(request('10.0.0.5', forwarded), '192.0.2.1')).to.equal(false)
  })
})
