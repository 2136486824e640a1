// A server that orders its certificate: the names are proved for real, over its own ports.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { type AcmeServer, startAcmeServer } from '../support/acme-server.ts'
import { freePort } from '../support/free-port.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const NAME = 'registry.example.com'
const PLUGINS = {
  authenticators: [{ plugin: 'static', options: { users: { ann: { password: '!env ANN' } } } }],
  authorizers: [{ plugin: 'acl', options: { rules: [{ match: { account: 'ann' }, actions: ['pull'] }] } }],
}

describe('a certificate by ACME', function () {
  this.timeout(60_000)
  let acme: AcmeServer
  before(async () => {
    acme = await startAcmeServer()
  })
  after(() => acme[Symbol.asyncDispose]())

  function start(server: object): Promise<TestInstance> {
    return startTestServer({
      config: { server: { state_dir: 'state', ...server }, ...PLUGINS },
      env: { ANN: 'a password of ann' },
      watchInterval: 20,
    })
  }

  const order = (more: object = {}) => ({
    acme: { directory: acme.directory, email: 'admin@example.com', domains: [NAME], ...more },
  })

  /** Who issued what clients are shown. */
  function issuerAt(port: number, protocols?: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, servername: NAME, rejectUnauthorized: false }
      const socket = connect({ ...options, ...(protocols && { ALPNProtocols: protocols }) }, () => {
        resolve(socket.getPeerCertificate().issuer.CN as string)
        socket.end()
      })
      socket.once('error', reject)
    })
  }

  const issued = (port: number) => eventually(async () => (await issuerAt(port)) === 'Test ACME authority')

  it('is had by a handshake on the own port (tls-alpn-01), and served without a restart', async () => {
    const port = await freePort()
    acme.validate = { tls: port }
    await using server = await start({ listen: `127.0.0.1:${port}`, tls: order() })
    expect(await issuerAt(port)).to.equal(NAME)
    await issued(port)
    expect(await issuerAt(port, ['http/1.1'])).to.equal('Test ACME authority')
    expect(server.server.services.warnings.map(({ message }) => message).join()).to.contain(
      `there is no certificate for ${NAME} yet`,
    )
    expect(server.logged).to.not.contain('the client hung up')
    // Nobody is being validated any more.
    const refused = await issuerAt(port, ['acme-tls/1']).catch(({ code }) => code)
    expect(refused).to.equal('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
  })

  it('is had by a file on a plain port (http-01), at the root of the host', async () => {
    const [plain, secure] = [await freePort(), await freePort()]
    acme.validate = { http: plain }
    await using server = await start({
      listen: [{ address: `127.0.0.1:${plain}`, tls: false }, { address: `127.0.0.1:${secure}` }],
      path_prefix: '/registry-auth',
      tls: order({ challenge: 'http-01' }),
    })
    await issued(secure)
    const other = await server.send({ path: '/.well-known/acme-challenge/another' })
    expect(other.status).to.equal(404)
  })

  it('is what was there at the next start, without another order', async () => {
    const port = await freePort()
    acme.validate = { tls: port }
    const former = await start({ listen: `127.0.0.1:${port}`, tls: order() })
    await issued(port)
    const pem = readFileSync(join(former.folder, 'state/acme', NAME), 'utf8')
    await former.stop()
    const orders = acme.issuedSoFar()
    await using server = await startTestServer({
      config: { server: { state_dir: 'state', listen: `127.0.0.1:${port}`, tls: order() }, ...PLUGINS },
      files: { [`state/acme/${NAME}`]: pem },
      env: { ANN: 'a password of ann' },
      watchInterval: 20,
    })
    expect(await issuerAt(port)).to.equal('Test ACME authority')
    expect(server.server.services.warnings.map(({ message }) => message).join()).to.not.contain('acme')
    expect(acme.issuedSoFar()).to.equal(orders)
  })

  it('is not had for a name that leads elsewhere; the log has the server’s words, and requests are served on', async () => {
    const [port, elsewhere] = [await freePort(), await freePort()]
    const silent = createServer((socket) => void socket.end()).listen(elsewhere, '127.0.0.1')
    try {
      acme.validate = { tls: elsewhere }
      await using server = await start({ listen: `127.0.0.1:${port}`, tls: order() })
      await eventually(() => server.logged.includes('no certificate for'))
      const line = server.lines().find(({ msg }) => msg?.includes('no certificate for'))!
      expect(line.level).to.equal('warn')
      expect(line.msg).to.contain(`${NAME} shows `).and.to.contain('tried again in 1 min')
      expect(line.directory).to.equal(acme.directory)
      expect(existsSync(join(server.folder, 'state/acme', NAME))).to.equal(false)
      expect(await issuerAt(port)).to.equal(NAME)
    } finally {
      silent.close()
    }
  })

  it('is no change at a reload, as long as it has not come', async () => {
    const port = await freePort()
    acme.validate = undefined
    acme.refusal = { type: 'rejectedIdentifier', detail: 'not this name' }
    try {
      const server = { state_dir: 'state', listen: `127.0.0.1:${port}`, tls: order() }
      await using running = await start(server)
      await eventually(() => running.logged.includes('no certificate for'))
      const reloaded = await running.reload({ server, ...PLUGINS }, { ANN: 'a password of ann' })
      expect(reloaded).to.deep.include({ outcome: 'reloaded', changed: [] })
      expect(running.lines().filter(({ msg }) => msg?.includes('no certificate for'))).to.have.length(1)
    } finally {
      acme.refusal = undefined
    }
  })

  it('follows a reload that names another domain', async () => {
    const port = await freePort()
    acme.validate = undefined
    const tls = (domains: string[]) => order({ domains })
    const config = (domains: string[]) => ({
      server: { state_dir: 'state', listen: `127.0.0.1:${port}`, tls: tls(domains) },
      ...PLUGINS,
    })
    await using server = await start({ listen: `127.0.0.1:${port}`, tls: tls([NAME]) })
    await issued(port)
    writeFileSync(join(server.folder, 'state', 'seen'), '')
    const reloaded = await server.reload(config([NAME, 'auth.example.com']), { ANN: 'a password of ann' })
    expect(JSON.stringify(reloaded)).to.contain('is not for all of domains yet')
    await eventually(() =>
      server.lines().some(({ msg }) => msg === `a certificate for ${NAME}, auth.example.com was issued`),
    )
  })
})
