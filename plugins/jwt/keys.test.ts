// How the keys of an issuer are read and used: rotation, useless answers, bearer tokens, TLS, files.
import { generateKeyPairSync } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { exportJWK } from 'jose'
import { json, serve } from '../../test/support/http-server.ts'
import { type JwtIssuer, newIssuerKey, signToken } from '../../test/support/jwt-issuer.ts'
import { JwtWorkloads, UNKNOWN_KEY } from '../../test/support/jwt-workloads.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { until } from '../../test/support/processes.ts'

/** The times in a token that is some seconds old. */
function issued(age: number) {
  const iat = Math.floor(Date.now() / 1_000) - age
  return { iat, nbf: iat }
}

describe('the keys of an issuer', () => {
  let workloads: JwtWorkloads
  let issuer: JwtIssuer
  beforeEach(async () => {
    workloads = await JwtWorkloads.start()
    issuer = workloads.issuer
  })
  afterEach(() => workloads.stop())

  const open = (more: object, shared?: object) => workloads.open(more, shared)
  const show = (token: string, signal?: AbortSignal) => workloads.show(token, signal)

  it('are read once for any number of tokens, and not before the first', async () => {
    expect(issuer.count()).to.equal(0)
    const token = await issuer.token()
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => show(token))))).to.deep.equal(
      new Set(['accept']),
    )
    expect(await show(token)).to.equal('accept')
    expect([issuer.count('/.well-known/openid-configuration'), issuer.count()]).to.deep.equal([1, 1])
  })

  it('may be rotated right after they were read: the next token works', async () => {
    expect(await show(await issuer.token())).to.equal('accept')
    const old = await issuer.token(issued(60))
    issuer.keys = [await newIssuerKey()]
    expect(await show(await issuer.token())).to.equal('accept')
    expect(issuer.count()).to.equal(2)
    expect(await show(old)).to.match(UNKNOWN_KEY)
  })

  it('without names are all tried, and may be rotated too', async () => {
    issuer.keys = [await newIssuerKey('ES256', ''), await newIssuerKey('ES256', '')]
    for (const key of issuer.keys) expect(await show(await issuer.token({}, { key }))).to.equal('accept')
    issuer.keys = [await newIssuerKey('ES256', '')]
    expect(await show(await issuer.token())).to.equal('accept')
    const other = await newIssuerKey('ES256', '')
    expect(await show(await issuer.token(issued(60), { key: other }))).to.match(/wrong signature/)
    expect(issuer.count()).to.equal(2)
  })

  it('are read again from time to time, without a request', async () => {
    await open({}, { refresh_every: 1 })
    const old = await issuer.token()
    expect(await show(old)).to.equal('accept')
    issuer.keys = [await newIssuerKey()]
    await until(async () => issuer.count() > 1)
    await until(async () => UNKNOWN_KEY.test(await show(old)))
  })

  it('that do not come in time end the request, not the reading: the next one has them', async () => {
    const held = issuer.hold('/keys')
    const token = await issuer.token()
    const ending = new AbortController()
    const first = show(token, ending.signal)
    await held.asked
    ending.abort()
    expect(await first).to.match(/did not come in time/)
    const second = show(token)
    held.release()
    expect(await second).to.equal('accept')
    expect(issuer.count()).to.equal(1)
  })

  const useless: [string, (path: string) => { status?: number; body: unknown } | undefined, RegExp][] = [
    ['no JSON', (path) => (path === '/keys' ? { body: '<html>' } : undefined), /\/keys: no set of keys came/],
    ['no key set', (path) => (path === '/keys' ? { body: { keys: 'x' } } : undefined), /no set of keys came/],
    [
      'too much',
      (path) => (path === '/keys' ? { body: ' '.repeat(2 ** 21) } : undefined),
      /larger than 1 MiB/,
    ],
    [
      'too many keys',
      (path) =>
        path === '/keys' ? { body: { keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) } } : undefined,
      /more than 100 keys/,
    ],
    [
      'an error',
      (path) => (path === '/keys' ? { status: 500, body: '' } : undefined),
      /\/keys: answered 500/,
    ],
    [
      'a redirect',
      (path) => (path === '/keys' ? { status: 302, body: '' } : undefined),
      /a redirect; write the final/,
    ],
    ['a wish for a bearer token', () => ({ status: 403, body: '' }), /answered 403; .*token_file/],
    ['no discovery', () => ({ body: 'x' }), /openid-configuration: what came is no JSON; .*jwks_url/],
    [
      'the discovery of another',
      () => ({ body: { issuer: 'https://x', jwks_uri: 'https://x' } }),
      /another issuer/,
    ],
    ['a discovery without keys', () => ({ body: { issuer: issuer.url } }), /names no https jwks_uri/],
    [
      'keys at no web address',
      () => ({ body: { issuer: issuer.url, jwks_uri: 'file:///etc/passwd' } }),
      /names no https/,
    ],
  ]
  for (const [name, answer, message] of useless) {
    it(`are none when the issuer gives ${name}, and come with a later token`, async () => {
      issuer.answer = answer
      expect(await show(await issuer.token())).to.match(message)
      issuer.answer = undefined
      workloads.ahead += 1_000
      expect(await show(await issuer.token())).to.equal('accept')
    })
  }

  const publishes = (...keys: object[]) => {
    issuer.answer = (path) => (path === '/keys' ? { body: { keys } } : undefined)
  }

  it('that are of no use are an outage for who has one, and nothing to others', async () => {
    const [good, other] = [issuer.keys[0]!, await newIssuerKey()]
    publishes({ ...other.jwk, x: 'AA' }, good.jwk)
    expect(await show(await issuer.token({}, { key: other }))).to.match(
      /a key of the issuer http.* is of no use/,
    )
    expect(await show(await issuer.token())).to.equal('accept')
  })

  it('without names that are of no use do not end the search for one that is', async () => {
    const [short, hidden, good] = [
      generateKeyPairSync('rsa', { modulusLength: 1024 }),
      await newIssuerKey('RS256', ''),
      await newIssuerKey('RS256', ''),
    ]
    publishes(await exportJWK(short.publicKey), await exportJWK(hidden.privateKey), good.jwk)
    expect(await show(await issuer.token({}, { key: good }))).to.equal('accept')
    expect(await show(await issuer.token({}, { key: hidden }))).to.match(/wrong signature/)
    expect(await show(await issuer.token({ aud: 'other' }, { key: good }))).to.match(/another audience/)
  })

  const without: [string, () => Promise<object[]>][] = [
    ['no key at all', async () => []],
    ['one for encryption', async () => [{ ...issuer.keys[0]!.jwk, use: 'enc' }]],
    ['a private one', async () => [await exportJWK(issuer.keys[0]!.privateKey)]],
    ['a secret one', async () => [{ kty: 'oct', k: 'c2VjcmV0' }]],
    ['a damaged one', async () => [{ ...issuer.keys[0]!.jwk, x: 'AA' }]],
    [
      'RSA keys that are too short',
      async () =>
        await Promise.all(
          [1, 2].map(() => exportJWK(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)),
        ),
    ],
  ]
  for (const [name, keys] of without) {
    it(`stay in use when the issuer gives a set with ${name}, with one warning, and come from no such set`, async () => {
      const token = await issuer.token()
      expect(await show(token)).to.equal('accept')
      publishes(...(await keys()))
      for (let round = 0; round < 3; round += 1) {
        expect(await show(await workloads.unknown())).to.match(/\/keys: a set without any public key/)
        expect(await show(token)).to.equal('accept')
        workloads.ahead += 1_000
      }
      expect(workloads.warnings).to.have.length(1)
      expect(await workloads.whyNotReady()).to.equal(undefined)
      await open({})
      expect(await workloads.whyNotReady()).to.match(/a set without any public key/)
      expect(await show(token)).to.match(/a set without any public key/)
    })
  }

  it('are asked for with the bearer token of a file, as it is at the moment', async () => {
    const file = join(workloads.folder, 'token')
    writeFileSync(file, 'first\n')
    await open({ jwks_url: `${issuer.url}/keys`, token_file: 'token' })
    expect(await show(await issuer.token())).to.equal('accept')
    writeFileSync(file, 'second\n')
    issuer.keys = [await newIssuerKey()]
    expect(await show(await issuer.token())).to.equal('accept')
    expect(issuer.authorizations).to.deep.equal(['Bearer first', 'Bearer second'])
    expect(issuer.count('/.well-known/openid-configuration')).to.equal(0)
  })

  it('are read over TLS with an authority of its own, as in a cluster, and discovery must stay there', async () => {
    const pair = await newPair('P-256', { name: 'localhost' })
    writeFileSync(join(workloads.folder, 'ca.crt'), pair.certificate)
    const answers = new Map<string, unknown>([['/keys', { keys: issuer.keys.map(({ jwk }) => jwk) }]])
    const cluster = await serve(({ url }, response) => json(response, 200, answers.get(url)), {
      cert: pair.certificate,
      key: pair.key,
    })
    try {
      const token = await issuer.token({ iss: cluster.origin })
      const names = (jwks_uri: string) =>
        answers.set('/.well-known/openid-configuration', { issuer: cluster.origin, jwks_uri })
      names(`${cluster.origin}/keys`)
      await open({ issuer: cluster.origin })
      expect(await show(token)).to.match(/https:\/\/localhost.*tls\.ca|authority/)
      await open({ issuer: cluster.origin, tls: { ca: 'ca.crt' } })
      names(`${issuer.url}/keys`)
      expect(await show(token)).to.match(/names no https jwks_uri/)
      names(`${cluster.origin}/keys`)
      workloads.ahead += 1_000
      expect(await show(token)).to.equal('accept')
    } finally {
      await cluster.close()
    }
  })

  it('in a file are read again when it changes, and stay in use when it is damaged', async () => {
    const file = join(workloads.folder, 'keys.json')
    const write = (text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    const [first, second] = [await newIssuerKey('RS256'), await newIssuerKey('EdDSA')]
    const claims = {
      iss: 'cluster',
      aud: 'registry',
      sub: 'builder',
      exp: Math.floor(Date.now() / 1_000) + 300,
    }
    write(JSON.stringify({ keys: [first.jwk] }))
    await open({ issuer: 'cluster', jwks_file: 'keys.json' })
    const old = await signToken(first, claims)
    expect(await show(old)).to.equal('accept')
    write('{"keys":')
    await until(async () => workloads.warnings.some((message) => message.includes('no set of keys')))
    expect(await show(old)).to.equal('accept')
    write(JSON.stringify({ keys: [second.jwk] }))
    await until(async () => UNKNOWN_KEY.test(await show(old)))
    expect(await show(await signToken(second, claims))).to.equal('accept')
  })
})
