// `dockwarden doctor` names what is wrong with deployments of a real registry, a real server and a real proxy.
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../core/cli/command-line.ts'
import { alternativeNames, newAuthority } from '../support/client-certificates.ts'
import { needs } from '../support/debian.ts'
import { type Given, runDoctor } from '../support/doctor.ts'
import { freePort } from '../support/free-port.ts'
import { json, serve } from '../support/http-server.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { startNginx } from '../support/nginx.ts'
import { type Registry, type RegistryOptions, startRegistry } from '../support/registry.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the patient'
const HOUR = 3_600_000
const LOCALHOST = alternativeNames(['dns', 'localhost'])

describe('dockwarden doctor, with a real registry', function () {
  needs('docker-registry', 'nginx')
  this.timeout(120_000)

  let stack: AsyncDisposableStack
  let key: TestPair
  let other: TestPair
  let tls: TestPair

  before(async () => {
    key = await newPair('P-256', { name: 'signing' })
    other = await newPair('P-256', { name: 'another' })
    tls = await (await newAuthority('clients trust nobody')).issue('CN=localhost', {
      names: [LOCALHOST],
    })
  })
  beforeEach(() => {
    stack = new AsyncDisposableStack()
  })
  afterEach(() => stack.disposeAsync())

  interface Deployment {
    readonly server: TestInstance
    readonly port: number
    readonly registry: Registry
    readonly file: string
    doctor(given?: Given): ReturnType<typeof runDoctor>
  }

  /** A server and a registry that fit, but for what is given. */
  async function deploy(
    given: {
      server?: object
      token?: object
      files?: Record<string, string>
      registry?: (port: number) => Partial<RegistryOptions> | Promise<Partial<RegistryOptions>>
    } = {},
  ): Promise<Deployment> {
    const port = await freePort()
    const server = await startTestServer({
      config: {
        server: { listen: `127.0.0.1:${port}`, ...given.server },
        token: { issuer: 'Auth Service', keys: [{ certificate: 'key.crt', key: 'key.pem' }], ...given.token },
        authenticators: [{ plugin: 'static', options: { users: { alice: { password: '!file password' } } } }],
        authorizers: [{ plugin: 'acl', options: { rules: [{ match: {}, actions: ['*'] }] } }],
      },
      files: {
        password: PASSWORD,
        'key.crt': key.certificate,
        'key.pem': key.key,
        'other.crt': other.certificate,
        'other.pem': other.key,
        'tls.crt': tls.certificate,
        'tls.key': tls.key,
        ...given.files,
      },
    })
    stack.defer(() => server.stop())
    const registry = await startRegistry({
      realm: `http://localhost:${port}/auth`,
      service: 'registry',
      issuer: 'Auth Service',
      rootcertbundle: key.certificate,
      ...(await given.registry?.(port)),
    })
    stack.defer(() => registry.stop())
    const file = join(server.folder, 'dockwarden.yml')
    return {
      server,
      port,
      registry,
      file,
      doctor: (more) =>
        runDoctor(file, { registry: `http://localhost:${registry.url.split(':').at(-1)}`, ...more }),
    }
  }

  async function proxy(locations: string, pair?: TestPair): Promise<string> {
    const nginx = await startNginx(locations, pair)
    stack.defer(() => nginx.stop())
    return nginx.origin
  }

  const TLS = { tls: { certificate: 'tls.crt', key: 'tls.key' } }

  it('finds nothing wrong where nothing is, shows tokens without access, and says so in an audit line', async () => {
    const { doctor, server, registry } = await deploy()
    const { status, of, stderr, said } = await doctor({ as: 'alice', input: `${PASSWORD}\n` })
    expect([of('wrong'), status]).to.deep.equal([[], 0])
    expect(of('warning')).to.deep.equal([])
    expect(of('ok').map((line) => line.split(':')[0])).to.include.members([
      'registry',
      'realm-server',
      'realm-path',
      'clock',
      'token',
      'registry-config',
      'login',
      'backend',
      'store',
      'running',
      'listening',
    ])
    expect(JSON.parse(stderr)).to.include({ audit: 'probe tokens', account: 'dockwarden-doctor', shown: 1 })
    expect(said).not.to.include(PASSWORD)
    expect(registry.address).to.be.a('string')
    expect(server.audits().at(-1)).to.include({ account: 'alice', client: 'dockwarden-doctor', status: 200 })
  })

  it('says that a login is refused', async () => {
    const { doctor } = await deploy()
    const { status, of, said } = await doctor({ as: 'alice', input: 'not the canary' })
    expect(of('wrong')).to.have.length(1)
    expect(of('wrong')[0]).to.match(/^login: the login of "alice" is answered with 401/)
    expect(said).not.to.include('not the canary')
    expect(status).to.equal(1)
  })

  interface Case {
    readonly name: string
    readonly given: Parameters<typeof deploy>[0]
    readonly id: string
    readonly level?: 'warning' | 'wrong'
    readonly what: RegExp
    readonly remedy: RegExp
  }
  const CASES: readonly Case[] = [
    {
      name: 'another issuer',
      given: { registry: () => ({ issuer: 'Some Body' }) },
      id: 'registry-issuer',
      what: /config\.yml has issuer "Some Body", and this server's tokens have "Auth Service"/,
      remedy: /issuer: "Auth Service" .*token\.issuer: "Some Body"/,
    },
    {
      name: 'the bundle of another key',
      given: { registry: () => ({ rootcertbundle: other.certificate }) },
      id: 'registry-bundle',
      what: /holds neither the certificate of the key that signs now .* but CN=another/,
      remedy: /key export --format bundle/,
    },
    {
      name: 'a service that no tokens are made for',
      given: { token: { services: ['another'] } },
      id: 'service',
      what: /no tokens for service "registry"/,
      remedy: /token\.services/,
    },
    {
      name: 'a realm without a path',
      given: { registry: (port) => ({ realm: `http://localhost:${port}/` }) },
      id: 'realm-path',
      what: /path \/ is not the token endpoint/,
      remedy: /write http:\/\/localhost:\d+\/auth in/,
    },
    {
      name: 'a realm with too much of a path',
      given: { registry: (port) => ({ realm: `http://localhost:${port}/auth/x` }) },
      id: 'realm-path',
      what: /path \/auth\/x is not the token endpoint/,
      remedy: /write http:\/\/localhost:\d+\/auth in/,
    },
    {
      name: 'a realm without the prefix of the server',
      given: { server: { path_prefix: '/tokens' } },
      id: 'realm-path',
      what: /path \/auth is not the token endpoint/,
      remedy: /write http:\/\/localhost:\d+\/tokens\/auth in/,
    },
    {
      name: 'a realm with an address',
      given: { registry: (port) => ({ realm: `http://127.0.0.1:${port}/auth` }) },
      id: 'realm-address',
      level: 'warning',
      what: /has a private address in the place of a name/,
      remedy: /host name/,
    },
    {
      name: 'a realm with http where HTTPS is spoken',
      given: { server: TLS },
      id: 'realm-protocol',
      what: /says http, and localhost:\d+ speaks HTTPS/,
      remedy: /write https:\/\//,
    },
    {
      name: 'a realm with https where HTTP is spoken',
      given: { registry: (port) => ({ realm: `https://localhost:${port}/auth` }) },
      id: 'realm-protocol',
      what: /says https, and localhost:\d+ speaks plain HTTP/,
      remedy: /server\.tls/,
    },
    {
      name: 'a realm that the registry makes of its own name',
      given: { registry: () => ({ token: { autoredirect: true } }) },
      id: 'realm-protocol',
      what: /speaks plain HTTP/,
      remedy: /autoredirect/,
    },
    {
      name: 'a realm where nobody listens',
      given: { registry: async () => ({ realm: `http://localhost:${await freePort()}/auth` }) },
      id: 'realm-unreachable',
      what: /connection refused/,
      remedy: /it listens on 127\.0\.0\.1:\d+/,
    },
    {
      name: 'a realm whose name nobody knows',
      given: { registry: () => ({ realm: 'https://auth.invalid/auth' }) },
      id: 'realm-name',
      what: /auth\.invalid is not known here/,
      remedy: /DNS/,
    },
    {
      name: 'a realm that is no URL',
      given: { registry: () => ({ realm: '/auth' }) },
      id: 'realm-url',
      what: /"\/auth" is no URL that clients take/,
      remedy: /https:\/\/HOST\/auth/,
    },
    {
      name: 'a certificate that nobody trusts',
      given: { server: TLS, registry: (port) => ({ realm: `https://localhost:${port}/auth` }) },
      id: 'realm-certificate',
      what: /of an authority that is not known here/,
      remedy: /fullchain\.pem.*--ca FILE/,
    },
    {
      name: 'a registry without any auth',
      given: { registry: () => ({ auth: {} }) },
      id: 'registry-open',
      what: /asks for no token/,
      remedy: /set auth\.token/,
    },
    {
      name: 'tokens in a form that the registry does not take',
      given: { token: { x5c: false, key_id: 'thumbprint' } },
      id: 'token-form',
      what: /only with x5c: true, and this configuration has x5c: false and key_id: thumbprint/,
      remedy: /token\.x5c: true/,
    },
    {
      name: 'a registry that was started before the key was changed',
      given: {
        token: {
          keys: [
            { certificate: 'other.crt', key: 'other.pem' },
            { certificate: 'key.crt', key: 'key.pem' },
          ],
        },
      },
      id: 'registry-bundle',
      what: /neither the certificate of the key that signs now/,
      remedy: /restart the registry/,
    },
  ]
  for (const { name, given, id, level = 'wrong', what, remedy } of CASES) {
    it(`names ${name}`, async () => {
      const { doctor } = await deploy(given)
      const examined = await doctor()
      const lines = examined.of(level)
      const found = lines.find((line) => line.startsWith(`${id}: `) && what.test(line))
      expect(found, lines.join('\n')).to.be.a('string')
      expect(examined.remedy(id)).to.match(remedy)
      if (level === 'wrong') expect(examined.of('wrong'), examined.of('wrong').join('\n')).to.have.length(1)
      expect(examined.status).to.equal(level === 'wrong' ? 1 : 0)
    })
  }

  describe('where the registry itself can not be looked at', () => {
    /** Of a proxy before it nothing shows of the registry's settings. */
    async function hidden(given: Parameters<typeof deploy>[0], locations = '') {
      const { registry, doctor } = await deploy(given)
      const origin = await proxy(`location / { proxy_pass ${registry.url}; ${locations} }`)
      return { examined: await doctor({ registry: origin }), registry, doctor, origin }
    }

    it('finds an issuer that many use by trying', async () => {
      const { examined } = await hidden({ token: { issuer: 'Mine' } })
      expect(examined.of('wrong')).to.deep.equal([
        'registry-issuer: the registry takes tokens of issuer "Auth Service", and this server\'s have "Mine"',
      ])
    })

    it('finds two faults at once', async () => {
      const { examined } = await hidden({ token: { issuer: 'Mine', x5c: false, key_id: 'thumbprint' } })
      expect(examined.of('wrong').map((line) => line.split(':')[0])).to.deep.equal([
        'registry-issuer',
        'token-form',
      ])
    })

    it('finds the key that the registry still knows', async () => {
      const keys = [
        { certificate: 'other.crt', key: 'other.pem' },
        { certificate: 'key.crt', key: 'key.pem' },
      ]
      const { examined } = await hidden({ token: { keys } })
      expect(examined.of('wrong')).to.have.length(1)
      expect(examined.of('wrong')[0]).to.match(
        /^registry-key: the registry takes tokens of the key .* \(published\), but not of/,
      )
    })

    it('says what is left, and reads the file that is named', async () => {
      const { examined, registry, doctor, origin } = await hidden({
        registry: () => ({ rootcertbundle: other.certificate }),
      })
      expect(examined.of('wrong')).to.have.length(1)
      expect(examined.of('wrong')[0]).to.match(/^registry-refuses: /)
      const config = join(registry.folder, 'config.yml')
      const read = await doctor({ registry: origin, registryConfig: config })
      expect(read.of('wrong')[0]).to.match(/^registry-bundle: .*CN=another/)
      writeFileSync(join(registry.folder, 'bundle.pem'), key.certificate)
      const mended = await doctor({ registry: origin, registryConfig: config })
      expect(mended.remedy('registry-refuses')).to.match(/^restart the registry/)
    })

    it('names a proxy that drops Authorization on the way to the registry', async () => {
      const { examined } = await hidden({}, 'proxy_set_header Authorization "";')
      expect(examined.of('wrong')).to.have.length(1)
      expect(examined.of('wrong')[0]).to.match(/^registry-authorization: /)
    })
  })

  it('names a bundle that was written after the registry was started', async () => {
    const { doctor, registry } = await deploy({ registry: () => ({ rootcertbundle: other.certificate }) })
    const bundle = join(registry.folder, 'bundle.pem')
    writeFileSync(bundle, key.certificate)
    const later = new Date(Date.now() + HOUR)
    utimesSync(bundle, later, later)
    const { of, remedy } = await doctor()
    expect(of('wrong')).to.have.length(1)
    expect(of('wrong')[0]).to.match(/^registry-restart: /)
    expect(remedy('registry-restart')).to.equal('restart the registry')
  })

  it('names a rotation that a registry with one key only can not follow', async () => {
    const port = await freePort()
    const server = await startTestServer({
      config: { server: { listen: `127.0.0.1:${port}` }, authenticators: [], authorizers: [] },
      watchInterval: 10,
    })
    stack.defer(() => server.stop())
    const file = join(server.folder, 'dockwarden.yml')
    const command = async (...args: string[]) => {
      let text = ''
      const status = await runCommandLine([...args, '--config', file], {
        stdout: { write: (more) => (text += more) },
        stderr: { write: () => {} },
      })
      expect(status).to.equal(0)
      return text
    }
    const registry = await startRegistry({
      realm: `http://localhost:${port}/auth`,
      service: 'registry',
      issuer: 'Dockwarden',
      rootcertbundle: await command('key', 'export', '--format', 'certificate'),
    })
    stack.defer(() => registry.stop())
    const hidden = await proxy(`location / { proxy_pass ${registry.url}; }`)
    const before = await runDoctor(file, { registry: registry.url })
    expect(before.of('wrong')).to.deep.equal([])
    expect(before.of('warning').join('\n')).to.match(/registry-bundle: .*not the authority above it/)

    const kid = (await command('key', 'rotate', '--wait', '0')).trim()
    await eventually(async () => (await server.send({ path: '/.well-known/jwks.json' })).text.includes(kid))
    const after = await runDoctor(file, { registry: registry.url })
    expect(after.of('wrong').map((line) => line.split(':')[0])).to.deep.equal(['registry-bundle'])
    const behind = await runDoctor(file, { registry: hidden })
    expect(behind.of('wrong')).to.have.length(1)
    expect(behind.of('wrong')[0]).to.match(
      /^registry-key: the registry takes tokens of the key .* \(retiring\), but not of/,
    )
  })

  it('names a clock that is an hour off', async () => {
    const { server, registry, file, port } = await deploy()
    // What this machine would be like with such a clock: the server answers with its time.
    const clock = await serve(async (request, response) => {
      const { text, status } = await server.send({
        path: request.url,
        headers: { authorization: request.headers.authorization ?? [] },
      })
      response.setHeader('date', new Date(Date.now() + HOUR).toUTCString())
      response.writeHead(status).end(text)
    })
    stack.defer(() => clock.close())
    await registry.stop()
    const again = await startRegistry({
      realm: `http://localhost:${clock.port}/auth`,
      service: 'registry',
      issuer: 'Auth Service',
      rootcertbundle: key.certificate,
    })
    stack.defer(() => again.stop())
    expect(port).to.be.greaterThan(0)
    const { of, status } = await runDoctor(file, {
      registry: again.url.replace('127.0.0.1', 'localhost'),
      ahead: HOUR,
    })
    expect(of('wrong')).to.deep.equal([
      "clock: the registry's clock is 60 min behind that of the token server",
      "clock: the registry takes tokens only by its own clock, which is 60 min behind the token server's",
    ])
    expect(status).to.equal(1)
  })

  const PROXIES: readonly {
    readonly name: string
    readonly server?: object
    readonly locations: (port: number) => string
    readonly id: string
    readonly what: RegExp
    readonly remedy: RegExp
  }[] = [
    {
      name: 'that speaks HTTPS to a server without TLS',
      locations: (port) => `location / { proxy_pass https://127.0.0.1:${port}; }`,
      id: 'realm-proxy',
      what: /answers 502/,
      remedy: /plain HTTP \(no server\.tls\)/,
    },
    {
      name: 'that speaks HTTP to a server with TLS',
      server: TLS,
      locations: (port) => `location / { proxy_pass http://127.0.0.1:${port}; }`,
      id: 'realm-proxy',
      what: /speaks plain HTTP to a token server that wants HTTPS/,
      remedy: /proxy_pass https:\/\//,
    },
    {
      name: 'that drops Authorization on the way to the server',
      locations: (port) =>
        `location / { proxy_pass http://127.0.0.1:${port}; proxy_set_header Authorization ""; }`,
      id: 'realm-authorization',
      what: /does not arrive at the token server/,
      remedy: /proxy_set_header/,
    },
    {
      name: 'that redirects to https',
      locations: (port) => `location / { return 301 https://localhost:${port}$request_uri; }`,
      id: 'realm-redirect',
      what: /redirects to https:\/\/localhost:\d+\/auth$/,
      remedy: /where it ends/,
    },
    {
      name: 'that leads elsewhere',
      locations: () => 'location / { return 200 "hello"; }',
      id: 'realm-other',
      what: /answers no token server/,
      remedy: /auth\.token\.realm/,
    },
  ]
  for (const { name, server, locations, id, what, remedy } of PROXIES) {
    it(`names a proxy ${name}`, async () => {
      const { doctor } = await deploy({
        ...(server && { server }),
        registry: async (port) => ({ realm: `${await proxy(locations(port))}/auth` }),
      })
      const examined = await doctor()
      const wrong = examined.of('wrong')
      expect(wrong, wrong.join('\n')).to.have.length(1)
      expect(wrong[0])
        .to.match(new RegExp(`^${id}: `))
        .and.match(what)
      expect(examined.remedy(id)).to.match(remedy)
    })
  }

  it('says that a proxy hides the addresses of clients', async () => {
    const { doctor } = await deploy({
      registry: async (port) => ({
        realm: `${await proxy(`location / { proxy_pass http://127.0.0.1:${port}; }`)}/auth`,
      }),
    })
    const { of } = await doctor()
    expect(of('wrong')).to.deep.equal([])
    expect(of('warning').filter((line) => line.startsWith('client-ip:'))).to.have.length(1)
  })

  it('tells a proxy that speaks HTTPS to a registry without TLS, and a registry that is asked in the wrong way', async () => {
    const { registry, doctor } = await deploy()
    const origin = await proxy(`location / { proxy_pass ${registry.url.replace('http', 'https')}; }`)
    const behind = await doctor({ registry: origin })
    expect(behind.of('wrong')[0]).to.match(/^registry-proxy: .*answers 502/)
    const direct = await doctor({ registry: registry.url.replace('http', 'https') })
    expect(direct.of('wrong')[0]).to.match(/^registry-protocol: .*speaks plain HTTP/)
    const gone = await doctor({ registry: `http://localhost:${await freePort()}` })
    expect(gone.of('wrong')[0]).to.match(/^registry-unreachable: .*connection refused/)
    const none = await doctor({ registry: `http://localhost:${registry.url.split(':').at(-1)}/elsewhere` })
    expect(none.of('wrong')[0]).to.match(/^registry-none: .*answers 404/)
  })

  it('tells self-signed and expired certificates, and those for other names', async () => {
    const DAY = 24 * HOUR
    const authority = await newAuthority('authority')
    const names = [LOCALHOST]
    const expired = { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) }
    const pairs: readonly (readonly [TestPair, RegExp])[] = [
      [await newPair('P-256', { name: 'localhost' }), /no subject alternative name/],
      [await authority.issue('CN=localhost', { names, ...expired }), /has expired on/],
      [
        await authority.issue('CN=a', { names: [alternativeNames(['dns', 'a.example'])] }),
        /is for a\.example, not for localhost/,
      ],
    ]
    for (const [pair, what] of pairs) {
      const { doctor } = await deploy({
        server: TLS,
        files: { 'tls.crt': pair.certificate, 'tls.key': pair.key },
        registry: (port) => ({ realm: `https://localhost:${port}/auth` }),
      })
      const { of } = await doctor()
      const found = of('wrong').find((line) => line.startsWith('realm-certificate: '))
      expect(found, of('wrong').join('\n')).to.match(what)
    }
  })

  it('trusts the authorities that are named', async () => {
    const authority = await newAuthority('house')
    const pair = await authority.issue('CN=localhost', { names: [LOCALHOST] })
    const { doctor, server } = await deploy({
      server: TLS,
      files: { 'tls.crt': pair.certificate, 'tls.key': pair.key, 'house.pem': authority.certificate },
      registry: (port) => ({ realm: `https://localhost:${port}/auth` }),
    })
    const { of, status } = await doctor({
      ca: join(server.folder, 'house.pem'),
      as: 'alice',
      input: PASSWORD,
    })
    expect([of('wrong'), status]).to.deep.equal([[], 0])
  })

  it('tells another Dockwarden, and a server that runs with other settings', async () => {
    const another = await deploy({ token: { keys: [{ certificate: 'other.crt', key: 'other.pem' }] } })
    const { doctor, file, server } = await deploy({
      registry: () => ({ realm: `http://localhost:${another.port}/auth` }),
    })
    const examined = await doctor()
    expect(examined.of('wrong')).to.have.length(1)
    expect(examined.of('wrong')[0]).to.match(
      /^realm-other: at .* answers another server of issuer "Auth Service", without any key/,
    )
    const changed = readFileSync(file, 'utf8').replace('Auth Service', 'New Name')
    writeFileSync(file, changed)
    const own = await deploy()
    writeFileSync(own.file, readFileSync(own.file, 'utf8').replace('Auth Service', 'New Name'))
    const running = await own.doctor()
    expect(running.of('wrong')[0]).to.match(/^running-config: .*"Auth Service", and the file says "New Name"/)
    expect(server.port).to.be.greaterThan(0)
  })

  it('shows the registry tokens also where only a password of the environment is missing', async () => {
    const { doctor, file } = await deploy({ registry: () => ({ issuer: 'Some Body' }) })
    writeFileSync(file, readFileSync(file, 'utf8').replace('!file password', '!env NOT_SET_HERE'))
    const { of, status } = await doctor()
    expect(of('wrong').map((line) => line.split(':')[0])).to.deep.equal(['configuration', 'registry-issuer'])
    expect(status).to.equal(2)
  })

  it('names several servers with different keys behind one realm', async () => {
    let asked = 0
    const { doctor } = await deploy({
      registry: async (port) => {
        const balancer = await serve(async ({ url, headers: { authorization = [] } }, response) => {
          const other = url.includes('jwks') && asked++ % 2 === 1
          const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
            headers: other ? {} : { authorization: String(authorization) },
          })
          for (const name of ['content-type', 'x-request-id', 'x-content-type-options'])
            response.setHeader(name, answer.headers.get(name) ?? '')
          const text = await answer.text()
          response.writeHead(answer.status).end(other ? JSON.stringify({ keys: [{ kty: 'EC' }] }) : text)
        })
        stack.defer(() => balancer.close())
        return { realm: `http://localhost:${balancer.port}/auth` }
      },
    })
    const { of } = await doctor()
    expect(of('wrong')).to.have.length(1)
    expect(of('wrong')[0]).to.match(/^realm-nodes: behind .* are several servers with different keys/)
  })

  it('says that the certificate in the tokens has expired', async () => {
    const expired = await newPair('P-256', {
      notBefore: new Date(Date.now() - 9 * 24 * HOUR),
      notAfter: new Date(Date.now() - 24 * HOUR),
    })
    const { doctor } = await deploy({
      files: { 'key.crt': expired.certificate, 'key.pem': expired.key },
      registry: () => ({ rootcertbundle: expired.certificate }),
    })
    const { of } = await doctor()
    expect(of('wrong').map((line) => line.split(':')[0])).to.deep.equal(['certificate', 'token'])
  })

  it('tells another token server, and a registry with passwords of its own', async () => {
    const stranger = await serve((_, response) => json(response, 200, { token: 'abc' }))
    stack.defer(() => stranger.close())
    const { doctor } = await deploy({ registry: () => ({ realm: `http://localhost:${stranger.port}/auth` }) })
    expect((await doctor()).of('wrong')[0]).to.match(/^realm-other: .*answers another token server/)
    const { doctor: basic } = await deploy({
      registry: () => ({ auth: { htpasswd: { realm: 'the house', path: '/dev/null' } } }),
    })
    expect((await basic()).of('wrong')[0]).to.match(/^registry-basic: .*\(Basic, realm "the house"\)/)
  })

  it('says of the registry what it can without a configuration', async () => {
    const { registry, server } = await deploy({ registry: () => ({ realm: 'http://localhost:1/auth' }) })
    const url = registry.url.replace('127.0.0.1', 'localhost')
    const without = await runDoctor(join(server.folder, 'none.yml'), { registry: url, isNamed: false })
    expect(without.of('wrong')[0]).to.match(/^realm-unreachable: /)
    expect(without.status).to.equal(1)
    const broken = join(server.folder, 'broken.yml')
    writeFileSync(broken, 'authenticator: []\n')
    const examined = await runDoctor(broken, { registry: url })
    expect(examined.of('wrong').map((line) => line.split(':')[0])).to.include.members([
      'configuration',
      'realm-unreachable',
    ])
    expect(examined.status).to.equal(2)
  })
})
