// Which proxy a URL is asked through: the rules of Go's httpproxy, with cases of its own tests.
import { expect } from 'chai'
import fc from 'fast-check'
import { proxyOf, shownProxy } from '../../../core/kit/proxy-environment.ts'

function proxyFor(environment: Record<string, string>, url = 'http://example.com'): string | undefined {
  const proxy = proxyOf(environment)(new URL(url))
  return proxy?.href.replace(/\/$/, '')
}

describe('the proxies of the environment', () => {
  const proxies: [string, string | undefined][] = [
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['cache.corp.example.com:1234', 'http://cache.corp.example.com:1234'],
    ['cache.corp.example.com', 'http://cache.corp.example.com'],
    ['localhost', 'http://localhost'],
    ['localhost:3128', 'http://localhost:3128'],
    ['https://cache.corp.example.com', 'https://cache.corp.example.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://127.0.0.1:8080', 'https://127.0.0.1:8080'],
    ['HTTP://proxy:1', 'http://proxy:1'],
    ['user:word@proxy:3128', 'http://user:word@proxy:3128'],
    ['[2001:db8::1]:3128', 'http://[2001:db8::1]:3128'],
    ['', undefined],
  ]
  for (const [written, proxy] of proxies) {
    it(`${JSON.stringify(written)} is ${proxy}`, () => {
      expect(proxyFor({ HTTP_PROXY: written })).to.equal(proxy)
    })
  }

  const both = { HTTP_PROXY: 'http.proxy.tld', HTTPS_PROXY: 'secure.proxy.tld' }
  const choices: [string, Record<string, string>, string, string | undefined][] = [
    ['http', both, 'http://insecure.tld/', 'http://http.proxy.tld'],
    ['https', both, 'https://secure.tld/', 'http://secure.proxy.tld'],
    [
      'https through https',
      { ...both, HTTPS_PROXY: 'https://secure.proxy.tld' },
      'https://secure.tld/',
      'https://secure.proxy.tld',
    ],
    ['https, with a proxy for http only', { HTTP_PROXY: 'p' }, 'https://secure.tld/', undefined],
    ['http, with a proxy for https only', { HTTPS_PROXY: 'p' }, 'http://insecure.tld/', undefined],
    ['another scheme', both, 'ftp://insecure.tld/', undefined],
    ['nothing', {}, 'http://example.com', undefined],
    ['small letters', { https_proxy: 'p' }, 'https://secure.tld/', 'http://p'],
    ['capitals first', { HTTPS_PROXY: 'one', https_proxy: 'two' }, 'https://secure.tld/', 'http://one'],
    ['empty capitals', { HTTPS_PROXY: '', https_proxy: 'two' }, 'https://secure.tld/', 'http://two'],
    [
      'exceptions in small letters',
      { HTTPS_PROXY: 'p', no_proxy: 'secure.tld' },
      'https://secure.tld/',
      undefined,
    ],
    [
      'https in a CGI program',
      { ...both, REQUEST_METHOD: 'GET' },
      'https://secure.tld/',
      'http://secure.proxy.tld',
    ],
  ]
  for (const [name, environment, url, proxy] of choices) {
    it(`for ${name}: ${proxy}`, () => expect(proxyFor(environment, url)).to.equal(proxy))
  }

  it('are refused when they can not be used, without what they hold', () => {
    for (const written of [
      'foo://user:canary@host',
      'socks5://canary',
      'ftp://canary',
      'http://',
      'http://a b:canary',
      '::canary::',
      'p:canary',
    ]) {
      const name = 'HTTPS_PROXY'
      expect(() => proxyFor({ [name]: written }, 'https://x.tld'), written)
        .to.throw(`${name} is no proxy that can be used`)
        .with.property('message')
        .not.include('canary')
    }
  })

  it('that a client may have set are refused in a CGI program', () => {
    expect(() => proxyFor({ HTTP_PROXY: 'http://10.1.2.3:8080', REQUEST_METHOD: 'GET' })).to.throw('CGI')
  })

  it('are shown without user name and password', () => {
    expect(shownProxy(new URL('http://user:canary@proxy:3128/x'))).to.equal('http://proxy:3128')
  })

  describe('do not count for NO_PROXY', () => {
    const NO_PROXY =
      'foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64'
    const hosts: [string, boolean][] = [
      ['localhost', false],
      ['127.0.0.1', false],
      ['127.0.0.2', false],
      ['[::1]', false],
      ['[::2]', true],
      ['[::ffff:127.0.0.1]', false],
      ['192.168.1.1', false],
      ['[::ffff:192.168.1.1]', false],
      ['192.168.1.2', true],
      ['192.168.1.3', false],
      ['192.168.1.4', true],
      ['10.0.0.2', false],
      ['10.0.0.4', true],
      ['[2001:db8::52:0:1]', false],
      ['[2001:db8::52:0:2]', true],
      ['[2001:db8::52:0:3]', false],
      ['[2002:db8:a::123]', false],
      ['[fe80::424b:c8be:1643:a1b6]', true],
      ['barbaz.net', true],
      ['www.barbaz.net', false],
      ['foobar.com', false],
      ['FOOBAR.com', false],
      ['www.foobar.com', false],
      ['foofoobar.com', true],
      ['baz.com', true],
      ['localhost.net', true],
      ['local.localhost', true],
      ['barbarbaz.net', true],
      ['wildcard.io', true],
      ['nested.wildcard.io', false],
      ['awildcard.io', true],
    ]
    for (const [host, proxied] of hosts) {
      it(`${host}: ${proxied ? 'through the proxy' : 'directly'}`, () => {
        const asked = proxyFor({ HTTP_PROXY: 'proxy', NO_PROXY }, `http://${host}:80`)
        expect(asked).to.equal(proxied ? 'http://proxy' : undefined)
        expect(proxyFor({ HTTP_PROXY: 'proxy', NO_PROXY: '*' }, `http://${host}:80`)).to.equal(undefined)
        expect(proxyFor({ HTTP_PROXY: 'proxy', NO_PROXY: `a.example, * ,b` }, `http://${host}`)).to.equal(
          undefined,
        )
      })
    }

    const lists: [string, string, boolean][] = [
      ['example.com', 'http://example.com/', false],
      ['.example.com', 'http://example.com/', true],
      ['ample.com', 'http://example.com/', true],
      ['example.com', 'http://foo.example.com/', false],
      ['.foo.com', 'http://example.com/', true],
      ['EXAMPLE.com', 'http://example.com', false],
      ['.示例.com', 'http://www.示例.com', false],
      ['xn--fsq092h.com', 'http://www.示例.com', false],
      ['示例.com', 'http://www.xn--fsq092h.com', false],
      ['example.com:443', 'https://example.com', false],
      ['example.com:443', 'https://example.com:8443', true],
      ['example.com:8443', 'https://example.com:8443', false],
      ['.example.com:443', 'https://a.example.com', false],
      ['*.example.com:443', 'https://example.com', true],
      ['10.0.0.0/8', 'https://10.1.2.3:8443', false],
      ['10.0.0.0/8:443', 'https://10.1.2.3', true],
      ['::/0', 'https://10.1.2.3', true],
      ['0.0.0.0/0', 'https://[2001:db8::1]', true],
      ['[2001:db8::1]', 'https://[2001:db8::1]', true],
      ['10/8', 'https://10.1.2.3', true],
      [':1', 'http://example.com', true],
      [' , ,', 'http://example.com', true],
      ['.', 'http://example.com', true],
      ['com', 'http://example.com', false],
      ['**', 'http://example.com', true],
      ['exam*', 'http://example.com', true],
    ]
    for (const [NO, url, proxied] of lists) {
      it(`${JSON.stringify(NO)} and ${url}: ${proxied ? 'through the proxy' : 'directly'}`, () => {
        const asked = proxyFor({ HTTP_PROXY: 'proxy', HTTPS_PROXY: 'proxy', NO_PROXY: NO }, url)
        expect(asked).to.equal(proxied ? 'http://proxy' : undefined)
      })
    }

    it('never fails, whatever the list is', () => {
      fc.assert(
        fc.property(fc.string({ unit: fc.constantFrom(...'a.*:[]/0159, %-') }), (list) => {
          const found = proxyFor({ HTTPS_PROXY: 'proxy', NO_PROXY: list }, 'https://10.1.2.3')
          expect([undefined, 'http://proxy']).to.include(found)
          expect(
            proxyFor({ HTTPS_PROXY: 'proxy', NO_PROXY: `${list},10.1.2.3` }, 'https://10.1.2.3'),
          ).to.equal(undefined)
        }),
      )
    })
  })
})
