// A server process among clients that send nothing, half of something, or never close: none keeps its place, and none keeps the
// process from stopping.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type BadClient, badClients } from '../support/bad-clients.ts'
import { type DockwardenProcess, startImpatient } from '../support/dockwarden.ts'
import { newPair } from '../support/key-pairs.ts'
import { eventually } from '../support/server.ts'

const MANY = 5
const IMPATIENT = { handshake: 100, headers: 100, request: 200, answer: 200, linger: 20, interval: 10 }

for (const secure of [false, true]) {
  describe(`a server process, with ${secure ? 'TLS' : 'plain HTTP'}, among clients that do not go on,`, () => {
    let folder: string
    let file: string
    let server: DockwardenProcess
    let sockets: Socket[]

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-bad-connections-'))
      file = join(folder, 'dockwarden.yml')
      const { certificate, key } = await newPair('P-256', { name: 'localhost' })
      writeFileSync(join(folder, 'tls.crt'), certificate)
      writeFileSync(join(folder, 'tls.key'), key)
      const config = {
        server: {
          listen: '127.0.0.1:0',
          limits: { keep_alive: '1s' },

          ...(secure && { tls: { certificate: 'tls.crt', key: 'tls.key' } }),
        },
        authenticators: [{ plugin: 'static', options: { users: { '': {} } } }],
        authorizers: [],
      }
      writeFileSync(file, JSON.stringify(config))
    })
    beforeEach(() => {
      sockets = []
    })
    afterEach(async () => {
      for (const socket of sockets) socket.destroy()
      server.child.kill('SIGKILL')
      await server.stop()
    })
    after(() => rmSync(folder, { recursive: true }))

    /** Descriptors of the server. */
    const open = () => readdirSync(`/proc/${server.child.pid}/fd`).length

    async function opened(client: BadClient): Promise<void> {
      sockets.push(...(await Promise.all(Array.from({ length: MANY }, () => client(server.port)))))
    }

    it('gets every descriptor back while they are still there', async () => {
      server = await startImpatient(file, IMPATIENT)
      const before = open()
      for (const client of badClients(secure).values()) await opened(client)
      await eventually(() => open() <= before)
    })

    it('gets every descriptor back when they close', async () => {
      server = await startImpatient(file, {
        ...IMPATIENT,
        handshake: 60_000,
        headers: 60_000,
        request: 60_000,
      })
      const before = open()
      for (const client of badClients(secure).values()) await opened(client)
      for (const socket of sockets) socket.end()
      await eventually(() => open() <= before)
    })

    it('ends when it is told to', async () => {
      // A second for what is silent; nothing here waits for the server's time to stop.
      server = await startImpatient(file, { leave: 300, drain: 3_600_000 })
      for (const client of badClients(secure).values()) await opened(client)
      expect(await server.stop()).to.equal(0)
    })
  })
}
