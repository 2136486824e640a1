// How the keys of an issuer are read, kept and read again: rotation, floods, outages, files.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authenticator, Secret } from '../../core/contract/index.ts'
import { createFiles } from '../../core/services/files.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { json, serve } from '../../test/support/http-server.ts'
import { JwtIssuer, newIssuerKey, signToken } from '../../test/support/jwt-issuer.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { until } from '../../test/support/processes.ts'
import plugin from './index.ts'

const HOUR = 3_600_000

describe('the keys of an issuer', () => {
  let issuer: JwtIssuer
  let folder: string
  let instance: Authenticator
  let host: ReturnType<typeof testHost>
  /** How far the server's clock is ahead, in milliseconds. */
  let ahead: number

  beforeEach(async () => {
    issuer = await JwtIssuer.start()
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-jwt-'))
    ahead = 0
    host = testHost({
      base: folder,
      clock: { now: () => Date.now() + ahead },
      files: createFiles(folder, 20),
    })
    await open({})
  })
  afterEach(async () => {
    await instance.close?.()
    await issuer.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open(more: object, shared: object = {}): Promise<void> {
    await instance?.close?.()
    const one = { issuer: issuer.url, audience: 'registry', ...more }
    instance = await plugin.create(plugin.options.parse({ issuers: [one], ...shared }), host)
  }

  /** What comes of a token: the outcome, or why there is none. */
  async function show(token: string): Promise<string> {
    const credentials = { kind: 'password', account: 'ci', password: new Secret(token) } as const
    try {
      const answer = await instance.authenticate(credentials, testRequest())
      return answer.outcome === 'reject' ? answer.reason : answer.outcome
    } catch (error) {
      return (error as Error).message
    }
  }

  const unknown = async () => await issuer.token({}, { key: await newIssuerKey() })
  const UNKNOWN = /key \(kid\) that the issuer does not publish/

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
    const old = await issuer.token()
    issuer.keys = [await newIssuerKey()]
    expect(await show(await issuer.token())).to.equal('accept')
    expect(issuer.count()).to.equal(2)
    expect(await show(old)).to.match(UNKNOWN)
  })

  it('are read once in a cool-down for a flood of unknown ones, and a known one goes on', async () => {
    const good = await issuer.token()
    expect(await show(good)).to.equal('accept')
    for (let round = 0; round < 3; round += 1) {
      const flood = await Promise.all(Array.from({ length: 30 }, unknown))
      for (const answer of await Promise.all(flood.map(show))) expect(answer).to.match(UNKNOWN)
      expect(issuer.count()).to.equal(2)
      expect(await show(good)).to.equal('accept')
    }
    ahead += 31_000
    await Promise.all((await Promise.all(Array.from({ length: 30 }, unknown))).map(show))
    expect(issuer.count()).to.equal(3)
  })

  it('are not read twice for a flood that comes first of all', async () => {
    const flood = await Promise.all(Array.from({ length: 30 }, unknown))
    for (const answer of await Promise.all(flood.map(show))) expect(answer).to.match(UNKNOWN)
    expect(issuer.count()).to.equal(1)
  })

  it('without names are all tried, and may be rotated too', async () => {
    issuer.keys = [await newIssuerKey('ES256', ''), await newIssuerKey('ES256', '')]
    for (const key of issuer.keys) expect(await show(await issuer.token({}, { key }))).to.equal('accept')
    issuer.keys = [await newIssuerKey('ES256', '')]
    expect(await show(await issuer.token())).to.equal('accept')
    const other = await newIssuerKey('ES256', '')
    expect(await show(await issuer.token({}, { key: other }))).to.match(/wrong signature/)
    expect(issuer.count()).to.equal(2)
  })

  it('are read again from time to time, without a request', async () => {
    await open({}, { refresh_every: 1 })
    const old = await issuer.token()
    expect(await show(old)).to.equal('accept')
    issuer.keys = [await newIssuerKey()]
    await until(async () => issuer.count() > 1)
    await until(async () => UNKNOWN.test(await show(old)))
  })

  it('stay in use while the issuer is down, with one warning, and not for ever', async () => {
    const token = await issuer.token({}, { lifetime: 200_000 })
    expect(await show(token)).to.equal('accept')
    await issuer.stop()
    for (let round = 0; round < 3; round += 1) {
      // An outage, not a no: a key that is unknown here may have been published since.
      expect(await show(await unknown())).to.match(/127\.0\.0\.1:\d+: connection refused/)
      expect(await show(token)).to.equal('accept')
      ahead += HOUR
    }
    const warnings = host.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/can't be read: .*connection refused; the last ones stay in use until 20/)
    ahead += 24 * HOUR
    expect(await show(token)).to.match(/connection refused/)
    await issuer.start()
    expect(await show(token)).to.equal('accept')
  })

  it('may come late: an issuer that is down at the start is asked when a token comes', async () => {
    await issuer.stop()
    await open({})
    const token = await issuer.token()
    expect(await instance.ready!().catch((error) => error.message)).to.match(/connection refused/)
    expect(await show(token)).to.match(/connection refused/)
    await issuer.start()
    expect(await show(token)).to.equal('accept')
    await instance.ready!()
  })

  it('that do not come in time end the request, not the reading: the next one has them', async () => {
    const held = issuer.hold('/keys')
    const token = await issuer.token()
    const credentials = { kind: 'password', account: 'ci', password: new Secret(token) } as const
    const ending = new AbortController()
    const first = instance.authenticate(credentials, testRequest({ signal: ending.signal }))
    await held.asked
    ending.abort()
    expect(await first.catch((error) => error.message)).to.match(/did not come in time/)
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
    it(`are none when the issuer gives ${name}, and come with the next token`, async () => {
      issuer.answer = answer
      expect(await show(await issuer.token())).to.match(message)
      issuer.answer = undefined
      expect(await show(await issuer.token())).to.equal('accept')
    })
  }

  it('that are of no use are an outage, not a wrong token', async () => {
    const [key] = issuer.keys
    issuer.answer = (path) => (path === '/keys' ? { body: { keys: [{ ...key!.jwk, x: 'AA' }] } } : undefined)
    expect(await show(await issuer.token())).to.match(/a key of the issuer http.* is of no use/)
  })

  it('are asked for with the bearer token of a file, as it is at the moment', async () => {
    const file = join(folder, 'token')
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
    writeFileSync(join(folder, 'ca.crt'), pair.certificate)
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
      expect(await show(token)).to.equal('accept')
    } finally {
      await cluster.close()
    }
  })

  it('in a file are read again when it changes, and stay in use when it is damaged', async () => {
    const file = join(folder, 'keys.json')
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
    await until(async () => host.log.lines.some(({ message }) => message.includes('no set of keys')))
    expect(await show(old)).to.equal('accept')
    write(JSON.stringify({ keys: [second.jwk] }))
    await until(async () => UNKNOWN.test(await show(old)))
    expect(await show(await signToken(second, claims))).to.equal('accept')
  })
})
