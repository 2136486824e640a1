// Several addresses at once: plain and TLS, IPv4 and IPv6, sockets; one server behind all of them.
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, isIPv4 } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { expect } from 'chai'
import { readConfig } from '../../core/config/config.ts'
import { freePort } from '../support/free-port.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { scripted } from '../support/plugins/index.ts'
import { openRaw } from '../support/raw-http.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'

const accept = scripted.authenticator('yes', { answer: { outcome: 'accept' } })
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const ANY = '127.0.0.1:0'

describe('several addresses', () => {
  let folder: string
  let one: TestPair
  let other: TestPair

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-listeners-'))
    one = await newPair('P-256', { name: 'localhost' })
    other = await newPair('P-256', { name: 'localhost' })
  })
  after(() => rmSync(folder, { recursive: true }))

  function start(server: object, more: object = {}): Promise<TestInstance> {
    return startTestServer({
      config: { server, authenticators: [accept], authorizers: [] },
      files: { 'a.crt': one.certificate, 'a.key': one.key, 'b.crt': other.certificate, 'b.key': other.key },
      ...more,
    })
  }

  async function failure(server: object): Promise<string> {
    try {
      await (await start(server)).stop()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('it started')
  }

  async function plain(to: number | string): Promise<number> {
    using connection = await openRaw(to)
    connection.write(HEALTH)
    return (await connection.closed())[0]!.status
  }

  /** The certificate that is served at a port. */
  async function certificateAt(port: number): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    const certificate = socket.getPeerX509Certificate()!.toString()
    socket.destroy()
    return certificate
  }

  it('are one server: plain, TLS and a socket', async () => {
    const socket = join(folder, 'one.sock')
    const tls = { certificate: 'a.crt', key: 'a.key' }
    const server = await start({
      listen: [
        { address: ANY, tls: false },
        ANY,
        { address: `unix:${socket}`, tls: false, socket: { mode: '0600' } },
      ],
      tls,
    })
    const { addresses, ports, connections } = server.server.listener
    expect(addresses).to.deep.equal([
      `http://127.0.0.1:${ports[0]}`,
      `https://127.0.0.1:${ports[1]}`,
      `unix:${socket}`,
    ])
    expect(server.server.listener).to.include({ address: addresses[0], port: ports[0] })
    expect(await plain(ports[0]!)).to.equal(200)
    expect(await certificateAt(ports[1]!)).to.equal(one.certificate)
    expect(await plain(ports[1]!)).to.equal(400)
    expect(await plain(socket)).to.equal(200)
    expect(statSync(socket).mode & 0o777).to.equal(0o600)
    // All count together.
    using _first = await openRaw(ports[0]!)
    using _second = await openRaw(ports[1]!)
    using _third = await openRaw(socket)
    await eventually(() => connections.size === 3)
    await server.stop()
    expect(existsSync(socket)).to.equal(false)
    expect(connections.size).to.equal(0)
  })

  it('may have certificates of their own', async () => {
    await using server = await start({
      listen: [
        { address: ANY, tls: { certificate: 'b.crt', key: 'b.key' } },
        ANY,
        { address: ANY, tls: 'auto' },
      ],
      tls: { certificate: 'a.crt', key: 'a.key' },
    })
    const [own, common, made] = server.server.listener.ports
    expect(await certificateAt(own!)).to.equal(other.certificate)
    expect(await certificateAt(common!)).to.equal(one.certificate)
    expect([one.certificate, other.certificate]).not.to.include(await certificateAt(made!))
  })

  it('get a renewed certificate where it is theirs', async () => {
    await using server = await start(
      {
        listen: [{ address: ANY, tls: { certificate: 'b.crt', key: 'b.key' } }, ANY],
        tls: { certificate: 'a.crt', key: 'a.key' },
      },
      { watchInterval: 10 },
    )
    const [own, common] = server.server.listener.ports
    const renewed = await newPair('P-256', { name: 'localhost' })
    writeFileSync(join(server.folder, 'b.key'), renewed.key)
    writeFileSync(join(server.folder, 'b.crt'), renewed.certificate)
    await eventually(async () => (await certificateAt(own!)) === renewed.certificate)
    expect(await certificateAt(common!)).to.equal(one.certificate)
  })

  it('are IPv4 and IPv6 on the same port', async function () {
    if (!hasIpv6()) this.skip()
    const port = await freePort()
    for (const listen of [
      [`0.0.0.0:${port}`, `[::]:${port}`],
      [`[::]:${port}`, `127.0.0.1:${port}`],
    ]) {
      await using server = await start({ listen })
      for (const host of ['127.0.0.1', '::1']) {
        const socket = connect({ port, host })
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
        socket.end(HEALTH)
        expect((await socket.setEncoding('latin1').toArray()).join('')).to.match(/^HTTP\/1\.1 200 /)
      }
      expect(server.server.listener.ports).to.deep.equal([port, port])
    }
  })

  it('are none when one of them is taken', async () => {
    const socket = join(folder, 'none.sock')
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const free = await freePort()
    const listen = [`unix:${socket}`, `127.0.0.1:${free}`, `127.0.0.1:${port}`]
    expect(await failure({ listen })).to.include(`cannot listen on 127.0.0.1:${port}: another process does`)
    expect(existsSync(socket)).to.equal(false)
    await using again = await start({ listen: listen.slice(0, 2) })
    expect(await plain(again.server.listener.ports[1]!)).to.equal(200)
    taken.close()
  })

  it('are logged one by one, and each plain one that others reach is warned of', async () => {
    await using server = await start({
      listen: [{ address: '0.0.0.0:0', tls: false }, ANY, { address: '127.0.0.2:0', tls: false }],
      tls: 'auto',
    })
    const { warnings } = await readConfig(join(server.folder, 'dockwarden.yml'))
    expect(warnings.map(({ path, message }) => [path, message.slice(0, 40)])).to.deep.equal([
      ['server.listen[0]', 'passwords cross the network in the clear'],
    ])
  })

  const wrong: [string, unknown, string][] = [
    ['an empty list', [], 'server.listen: must name an address'],
    ['no address', ['5001', ':99999'], 'server.listen[0]: "5001" is no address; write ":5001"'],
    [
      'no address in a map',
      [{ address: 'localhost' }],
      'server.listen[0].address: "localhost" is no address; write "localhost:5001"',
    ],
    ['a map without an address', [{ tls: false }], 'server.listen[0].address: is missing'],
    [
      'an unknown key',
      [{ address: ':1', certificate: 'a.crt' }],
      'server.listen[0].certificate: unknown key',
    ],
    ['a map in the place of a list', { address: ':1' }, 'server.listen: must be an address, or a list'],
    ['the same twice', [':5001', ':5001'], 'server.listen[1]: is taken already by listen[0]'],
    [
      'all addresses beside one',
      [':5001', '127.0.0.1:5001'],
      'server.listen[1]: is taken already by listen[0]',
    ],
    ['one beside all', ['10.0.0.1:80', '0.0.0.0:80'], 'server.listen[1]: is taken already'],
    [
      'one of IPv6 beside all',
      ['[::1]:80', { address: '[::]:80' }],
      'server.listen[1].address: is taken already',
    ],
    ['a socket twice', ['unix:/run/a.sock', 'unix:/run/a.sock'], 'server.listen[1]: is taken already'],
    [
      'a mode without a socket',
      [{ address: ':1', socket: { mode: '0600' } }],
      'server.listen[0].socket: needs address: unix:/PATH',
    ],
    ['true for TLS', [{ address: ':1', tls: true }], 'server.listen[0].tls: must be false, auto, or a map'],
    [
      'half a pair',
      [{ address: ':1', tls: { key: 'a.key' } }],
      'server.listen[0].tls.certificate: is missing',
    ],
    [
      'a file that is not there',
      [{ address: ANY, tls: { certificate: 'no.crt', key: 'a.key' } }],
      'server.listen[0].tls.certificate: ',
    ],
    [
      'another key',
      [{ address: ANY, tls: { certificate: 'a.crt', key: 'b.key' } }],
      'server.listen[0].tls: TLS: the certificate does not belong to the key',
    ],
  ]
  for (const [name, listen, message] of wrong) {
    it(`are checked, each at its place: ${name}`, async () => {
      expect(await failure({ listen })).to.include(message)
    })
  }

  for (const listen of [
    ['10.0.0.1:80', '10.0.0.2:80'],
    ['[::]:80', '10.0.0.2:80'],
    ['0.0.0.0:80', '[::1]:80'],
    ['127.0.0.1:0', '127.0.0.1:0'],
    ['a.example.com:80', 'b.example.com:80'],
  ]) {
    it(`may stand beside each other: ${listen.join(' and ')}`, async () => {
      const server = { listen, limits: { scopes: 'canary' } }
      expect(await failure(server)).not.to.include('is taken already')
    })
  }
})

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => !isIPv4(address)))
}
