// A request's line and headers: which host names are some, and which of two counts.
import type { IncomingMessage } from 'node:http'
import { expect } from 'chai'
import fc from 'fast-check'
import { RequestError } from '../../../core/request/errors.ts'
import { assertHead, authorityOf } from '../../../core/request/head.ts'
import { runs } from '../../support/properties.ts'

function request(host: string | undefined, url = '/auth', httpVersion = '1.1'): IncomingMessage {
  const rawHeaders = host === undefined ? [] : ['Host', host]
  return { url, httpVersion, rawHeaders, headers: { host } } as unknown as IncomingMessage
}
const refused = (given: IncomingMessage) =>
  expect(() => assertHead(given))
    .to.throw(RequestError)
    .that.includes({ status: 400 })

describe('the host of a request', () => {
  const port = fc.option(fc.nat({ max: 65_535 }), { nil: undefined })
  const name = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.constantFrom('', 'dockwarden_1', 'localhost', 'LOCALHOST', 'a-b.c~d', '[fe80::1%25eth0]', 'x%20y'),
  )
  const host = fc.tuple(name, port).map(([held, at]) => (at === undefined ? held : `${held}:${at}`))

  it('may be any host, with or without a port', () => {
    fc.assert(fc.property(host, (held) => assertHead(request(held))))
  })

  it('is refused with what no host has in it', () => {
    const bad = fc.constantFrom(
      ' ',
      '/',
      '@',
      '?',
      '#',
      '\\',
      '<',
      '"',
      '|',
      '^',
      '`',
      '{',
      '%',
      '\x80',
      '[',
      ']',
      '::',
    )
    const property = (held: string, mark: string, place: number) => {
      const at = place % (held.length + 1)
      const made = held.slice(0, at) + mark + held.slice(at)
      // What came of it by chance is an address again.
      fc.pre(!/^\[[\da-f:.]*(%.*)?\](:\d*)?$/i.test(made) && !/%[\da-f]{2}/i.test(made))
      refused(request(made))
    }
    fc.assert(fc.property(host, bad, fc.nat(), property), runs(2_000))
  })

  for (const bad of [
    'a b',
    'a,b c',
    'u@h',
    'u:p@h',
    'h/x',
    'h:x',
    'h:-1',
    'h:65536',
    'h:80:80',
    '::1',
    '[::1',
    '[::1]x',
    '[1.2.3.4]',
    '[x]',
    '%zz',
    'žluť',
  ]) {
    it(`is refused as ${bad}`, () => refused(request(bad)))
  }

  it('may be missing in HTTP/1.0 only, and empty in both', () => {
    refused(request(undefined))
    assertHead(request(undefined, '/auth', '1.0'))
    assertHead(request('', '/auth', '1.0'))
    assertHead(request(''))
  })

  const cases: [string, string | undefined, string][] = [
    ['/auth', 'a:1', 'a:1'],
    ['/auth', undefined, ''],
    ['/http://b/', 'a', 'a'],
    ['//b/auth', 'a', 'a'],
    ['*', 'a', 'a'],
    ['http://b:2/auth', 'a:1', 'b:2'],
    ['HTTPS://b', 'a', 'b'],
    ['http://b?x=//c', '', 'b'],
  ]
  for (const [url, header, expected] of cases) {
    it(`is ${JSON.stringify(expected)} of ${url} and the header ${header}`, () => {
      expect(authorityOf(request(header, url))).to.equal(expected)
    })
  }

  for (const url of [
    'http:///auth',
    'http://',
    'http://u@b/',
    'http://u:p@b/',
    'http://[/',
    'http://a b/',
    'ftp://b/auth',
    'auth',
    'http:/auth',
    '/auth#x',
  ])
    it(`is refused in the URL ${url}`, () => refused(request('a', url)))
})
