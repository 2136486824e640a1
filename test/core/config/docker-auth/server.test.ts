import { expect } from 'chai'
import { TOKEN, translateText } from '../../../support/docker-auth-form.ts'

const server = (text: string) => translateText(`server:\n${text}\n${TOKEN}users: {}\nacl: []\n`)

describe("docker_auth's server section", () => {
  const pieces: [string, string, object][] = [
    ['an address', ' addr: "127.0.0.1:5001"', { listen: '127.0.0.1:5001' }],
    ['an address that YAML takes for a number', ' addr: 12:30', { listen: '12:30' }],
    ['a port by name', ' addr: ":https"', { listen: ':443' }],
    ['a port by name of this host', ' addr: localhost:http', { listen: 'localhost:80' }],
    ['an address in brackets', ' addr: "[127.0.0.1]:5001"', { listen: '127.0.0.1:5001' }],
    ['no port', ' addr: "localhost:"', { listen: 'localhost:0' }],
    ['a unix socket', ' addr: /run/x.sock\n net: unix', { listen: 'unix:/run/x.sock' }],
    ['a native address', ' listen: ":1"\n state_dir: /s', { listen: ':1', state_dir: '/s' }],
    ['a prefix', ' addr: ":1"\n path_prefix: /x', { listen: ':1', path_prefix: '/x' }],
    ['yes', ' addr: ":1"\n hsts: yes', { listen: ':1', hsts: true }],
    [
      'TLS settings',
      [
        ' addr: ":1"',
        ' certificate: c',
        ' key: k',
        ' tls_min_version: 0x0303',
        ' tls_curve_preferences: [P521, 24]',
        ' tls_cipher_suites: [0xc014, TLS_RSA_WITH_AES_128_GCM_SHA256]',
      ].join('\n'),
      {
        listen: ':1',
        tls: {
          certificate: 'c',
          key: 'k',
          min_version: 'TLSv1.2',
          curves: ['secp521r1', 'secp384r1'],
          cipher_suites: ['ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256'],
        },
      },
    ],
    [
      'empty TLS lists, as none',
      ' addr: ":1"\n tls_curve_preferences: []\n tls_cipher_suites: []',
      { listen: ':1' },
    ],
    [
      'letsencrypt',
      ' addr: ":1"\n letsencrypt: { email: a@b.example, cache_dir: /c, host: r.example.com }',
      { listen: ':1', tls: { acme: { email: 'a@b.example', folder: '/c', domains: ['r.example.com'] } } },
    ],
    ['empty letsencrypt', ' addr: ":1"\n letsencrypt: { email: "" }', { listen: ':1' }],
  ]
  for (const [name, text, expected] of pieces) {
    it(`becomes the native one: ${name}`, () => {
      const { native, problems, warnings } = server(text)
      expect([...problems, ...warnings]).to.deep.equal([])
      expect(native.server).to.deep.equal(expected)
    })
  }

  const faults: [string, string][] = [
    [' net: tcp', 'f:1:1: server.addr: is missing; write ":5001", "HOST:PORT", or a path beside net: unix'],
    [
      ' addr: "5001"',
      'f:2:8: server.addr: "5001" is no address; write ":5001", "127.0.0.1:5001" or "[::1]:5001"',
    ],
    [
      ' addr: /run/x.sock',
      'f:2:8: server.addr: "/run/x.sock" is no address; write ":5001", "127.0.0.1:5001" or "[::1]:5001", or net: unix beside the path of a socket',
    ],
    [' addr: ":1"\n net: udp', 'f:3:7: server.net: must be tcp or unix'],
    [
      ' addr: ":1"\n listen: ":2"',
      "f:3:2: server.listen: stands beside addr, which is docker_auth's form of it; remove one of the two",
    ],
    [
      ' addr: ":1"\n certificate: c',
      'f:1:1: server.key: is missing beside certificate; name both files or neither',
    ],
    [
      ' addr: ":1"\n certificate: ""\n key: k',
      'f:3:15: server.certificate: is missing beside key; name both files or neither',
    ],
    [
      ' addr: ":1"\n tls: auto\n certificate: c\n key: k',
      "f:3:2: server.tls: stands beside certificate, which is docker_auth's form of it; remove one of the two",
    ],
    [
      ' addr: ":1"\n letsencrypt: { email: a@b, host: r.example.com }',
      'f:3:2: server.letsencrypt.cache_dir: is required; write the folder of the certificates',
    ],
    [
      ' addr: ":1"\n letsencrypt: { email: a@b, cache_dir: /c }',
      'f:3:2: server.letsencrypt.host: is required here; write the name by which clients reach this server, for which docker_auth waits until one asks for it',
    ],
    [
      ' addr: ":1"\n tls_min_version: TLS1.2',
      'f:3:19: server.tls_min_version: is no TLS version; did you mean "TLS12"?',
    ],
    [
      ' addr: ":1"\n tls_curve_preferences: [P256, P-384]',
      'f:3:32: server.tls_curve_preferences[1]: is no curve; did you mean "P384"?',
    ],
    [
      ' addr: ":1"\n tls_curve_preferences: [4588]',
      'f:3:25: server.tls_curve_preferences: names no curve that is known here; remove the key',
    ],
    [
      ' addr: ":1"\n tls_cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA, TLS_NOPE]',
      'f:3:52: server.tls_cipher_suites[1]: is no cipher suite; known: TLS_RSA_WITH_RC4_128_SHA,',
    ],
    [
      ' addr: ":1"\n tls_min_version: TLS13\n tls_cipher_suites: []',
      "f:4:21: server.tls_cipher_suites: TLS 1.3's cipher suites are not configurable; remove the key, or lower tls_min_version",
    ],
  ]
  for (const [text, expected] of faults) {
    it(`is refused with ${expected.replace(/;.*/, '')}`, () => {
      const { problems } = server(text)
      expect(problems).to.have.length(1)
      expect(problems[0]!.slice(0, expected.length)).to.equal(expected)
    })
  }

  it('is left with TLS 1.3 when no cipher suite of TLS 1.2 can be chosen', () => {
    const { native, problems, warnings } = server(
      ' addr: ":1"\n certificate: c\n key: k\n tls_cipher_suites: [TLS_AES_128_GCM_SHA256, 5]',
    )
    expect(problems).to.deep.equal([])
    expect(native.server.tls).to.deep.equal({ certificate: 'c', key: 'k', min_version: 'TLSv1.3' })
    expect(warnings.at(-1)).to.equal(
      'f:5:2: server.tls_cipher_suites: names no suite of TLS 1.2 that can be chosen, so that only TLS 1.3 is left; write tls_min_version: TLS13 instead',
    )
  })

  it('warns of what is dead or dangerous in it', () => {
    const { native, problems, warnings } = server(
      [
        ' addr: ":1"',
        ' path_prefix: /x/',
        ' certificate: c',
        ' key: k',
        ' tls_min_version: SSL30',
        ' tls_cipher_suites: [TLS_AES_128_GCM_SHA256, 0xc014, 0x0005]',
        ' letsencrypt: { email: a@b, mail: x }',
        ' real_ip_header: X-Real-IP',
        ' real_ip_pos: -1',
        ' tls_curve_preferences: [4588, P256]',
      ].join('\n'),
    )
    expect(problems).to.deep.equal([])
    expect(warnings).to.deep.equal([
      "f:3:2: server.path_prefix: ends with /, so that docker_auth answers at /x//auth; here both that and /x/auth are answered: remove the /, and let the registries' realms name the latter",
      'f:6:2: server.tls_min_version: is TLSv1, which can be broken (RFC 8996); write TLS12 unless old clients need it',
      'f:11:26: server.tls_curve_preferences[0]: is no curve that is known here; it is left out, remove it',
      "f:7:22: server.tls_cipher_suites[0]: TLS 1.3's cipher suites are always on; it is left out here, remove it",
      'f:7:54: server.tls_cipher_suites[2]: OpenSSL has no such cipher suite; it is left out here, remove it',
      'f:8:29: server.letsencrypt.mail: unknown key, which is ignored; did you mean "email"?',
      'f:8:2: server.letsencrypt: is not used, since certificate and key are given; remove it',
      'f:9:2: server.real_ip_header: trusts whoever connects to tell the client address; write client_ip: { header: NAME, trusted_proxies: [NETWORK] } instead',
    ])
    expect(native.server).to.deep.equal({
      listen: ':1',
      path_prefix: '/x',
      tls: {
        certificate: 'c',
        key: 'k',
        min_version: 'TLSv1',
        curves: ['prime256v1'],
        cipher_suites: ['ECDHE-RSA-AES256-SHA'],
      },
      client_ip: { header: 'X-Real-IP', position: -1 },
    })
  })
})
