// Connections with client certificates: what changes while they are open, and what a client can not change on one.
import { once } from 'node:events'
import type { Agent } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { certified, REQUEST } from '../support/certified-server.ts'
import { eventually } from '../support/server.ts'

describe('connections with client certificates', () => {
  const {
    tls,
    root,
    stranger,
    ci,
    server,
    start,
    agentOf,
    ask,
    reasons,
    write,
    renewTls,
    told,
    textOf,
    open,
  } = certified()

  describe('while the server runs:', () => {
    it('one that is revoked is refused at once, also on a connection that was open before', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root().list([]) },
      })
      const agent = agentOf(ci())
      expect((await ask(agent)).status).to.equal(200)
      await write('clients.crl', await root().list([ci()]))
      // The agent may use its old connection; that ends, or it has noticed already and makes another.
      const answer = await ask(agent).catch(() => ask(agent))
      expect(answer.status).to.equal(401)
      expect(reasons().at(-1)).to.contain('has been revoked')
      const fine = await root().issue('CN=ci')
      expect((await ask(agentOf(fine))).status).to.equal(200)
    })

    it('a connection that is busy when the authorities change ends before its next request', async () => {
      await start()
      const socket = await open(ci())
      // Half a request: the connection is not idle.
      socket.write('GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\n')
      await write('clients.pem', stranger().certificate)
      const closed = textOf(socket)
      socket.write('\r\n')
      expect(await closed).to.equal('')
    })

    it('a connection that began before, and shows its certificate after, ends before its first request', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root().list([]) },
      })
      const tcp = connectTcp(server().port, '127.0.0.1')
      await once(tcp, 'connect')
      // Connections are taken one after the other: with this one, the one before has been.
      expect((await ask(agentOf(undefined))).status).to.equal(200)
      await write('clients.crl', await root().list([ci()]))
      const socket = await open(ci(), { socket: tcp })
      const closed = textOf(socket)
      socket.write(REQUEST)
      expect(await closed).to.equal('')
      expect((await ask(agentOf(await root().issue('CN=ci')))).status).to.equal(200)
    })

    it('a revocation list that expires ends the connections that were judged by it', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root().list([]) },
      })
      const ends = () =>
        server()
          .lines()
          .filter(({ msg }) => /revocation list, has expired/.test(msg)).length
      let before: number
      let agent: Agent
      let status: number
      let seconds = 1
      let soon: Date
      // Where the first question came after the end of the list, the next list lasts longer.
      do {
        seconds *= 2
        soon = new Date(Math.ceil(Date.now() / 1_000 + seconds) * 1_000)
        await write('clients.crl', await root().list([], { nextUpdate: soon }))
        before = ends()
        agent = agentOf(ci())
        status = (await ask(agent)).status
      } while (status !== 200 && soon.getTime() <= Date.now())
      expect(status).to.equal(200)
      await eventually(() => ends() > before)
      const answer = await ask(agent).catch(() => ask(agent))
      expect(answer.status).to.equal(401)
      expect(reasons().at(-1)).to.contain('the revocation list of its authority has expired')
    })

    it('a new authority is trusted, and the old one is not any more', async () => {
      await start()
      await write('clients.pem', stranger().certificate)
      expect((await ask(agentOf(await stranger().issue('CN=ci')))).status).to.equal(200)
      expect((await ask(agentOf(ci()))).status).to.equal(401)
    })

    it('a damaged file does not count', async () => {
      await start()
      await write('clients.pem', root().certificate.slice(0, 200))
      expect(told().at(-1)!.msg).to.match(/could not be read again, and those in use stay: .*no certificate/)
      expect((await ask(agentOf(ci()))).status).to.equal(200)
    })

    it('a renewed TLS certificate goes on asking for them', async () => {
      await start()
      const next = await renewTls()
      expect((await ask(agentOf(ci(), next.certificate))).status).to.equal(200)
      expect((await ask(agentOf(await stranger().issue('CN=ci'), next.certificate))).status).to.equal(401)
    })
  })

  describe('a client that renegotiates to show another certificate is refused,', () => {
    const renegotiated = (socket: TLSSocket) =>
      new Promise<Error | null>((resolve) => {
        socket.removeAllListeners('error').on('error', resolve)
        socket.renegotiate({ rejectUnauthorized: false }, resolve)
      })

    async function attempt(ca = tls().certificate): Promise<void> {
      const forged = await stranger().issue('CN=admin')
      const socket = await open(ci(), { ca, maxVersion: 'TLSv1.2' })
      socket.setKeyCert(createSecureContext({ cert: forged.certificate, key: forged.key }))
      const refused = await renegotiated(socket)
      socket.destroy()
      expect(refused).to.be.instanceOf(Error)
      expect(refused!.message).to.match(/no renegotiation/i)
    }

    it('from the start', async () => {
      await start()
      await attempt()
    })

    it('when the TLS certificate and the authorities have been renewed', async () => {
      await start()
      await write('clients.pem', root().certificate + stranger().certificate)
      await attempt()
      const next = await renewTls()
      await attempt(next.certificate)
    })
  })

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`sessions of ${version} are not resumed: each connection shows its certificate`, async () => {
      await start()
      const connectWith = async (session?: Buffer) => {
        const socket = await open(ci(), { minVersion: version, maxVersion: version, session })
        const reused = socket.isSessionReused()
        let given: Buffer | undefined = socket.getSession()
        socket.on('session', (kept) => {
          given = kept
        })
        socket.write('GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        const text = Buffer.concat(await socket.toArray()).toString()
        return { text, given, reused }
      }
      const first = await connectWith()
      expect(first.given).to.be.instanceOf(Buffer)
      const second = await connectWith(first.given)
      expect(second.reused).to.equal(false)
      expect(second.text).to.match(/^HTTP\/1\.1 200 /)
      expect(
        server()
          .audits()
          .map(({ account }) => account),
      ).to.deep.equal(['ci', 'ci'])
    })
  }
})
