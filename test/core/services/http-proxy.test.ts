// The HTTP client and the proxies of the environment, against a proxy that forwards and tunnels.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { HttpClientOptions, HttpResponse } from '../../../core/plugin.ts'
import { createFiles } from '../../../core/services/files.ts'
import { createHttpClients } from '../../../core/services/http-client.ts'
import { WorkPlaces } from '../../../core/work/places.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'
import { findProgram, needs } from '../../support/debian.ts'
import { freePort } from '../../support/free-port.ts'
import { serve, type TestServer } from '../../support/http-server.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'
import { eventually } from '../../support/server.ts'

/** Nobody has this name: only the proxy knows where it leads. */
const NAME = 'peer.example.test'

describe('the HTTP client and proxies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'http-proxy-'))
  let plain: TestServer
  let secure: TestServer
  const lines: Record<string, unknown>[] = []
  const log = {
    debug: () => {},
    info: (facts: object, msg: string) => void lines.push({ ...facts, msg }),
    warn: () => {},
    error: () => {},
  }

  before(async () => {
    const { certificate, key } = await createTlsCertificate([NAME], Date.now())
    writeFileSync(join(folder, 'ca.pem'), certificate)
    plain = await serve((_, response) => response.end('plain'))
    secure = await serve((_, response) => response.end('secure'), { cert: certificate, key })
  })
  beforeEach(() => {
    lines.length = 0
  })
  after(async () => {
    await Promise.all([plain.close(), secure.close()])
    rmSync(folder, { recursive: true })
  })

  async function ask(
    url: string,
    environment: Record<string, string>,
    options: Partial<HttpClientOptions> = {},
  ): Promise<HttpResponse> {
    const clients = createHttpClients(createFiles(folder), new WorkPlaces(), environment)
    const client = clients.open({ retries: 0, connections: 2, tls: { ca: 'ca.pem' }, ...options }, log)
    try {
      const request = {
        method: 'GET',
        url,
        headers: { 'x-test': 'canary' },
        signal: AbortSignal.timeout(10_000),
      }
      await client.send(request)
      // undici leaves a connection alone for one turn after its answer.
      await setImmediate()
      return await client.send(request)
    } finally {
      await client.close()
    }
  }
  const failure = (asked: Promise<unknown>) =>
    asked.then(
      () => expect.fail('it did not fail'),
      (error: Error) => error.message,
    )
  const whatOf = ({ asked }: TestProxy) => asked.map(({ what }) => what)

  it('ask https through a tunnel, which is kept', async () => {
    await using proxy = await startProxy()
    const url = `https://${NAME}:${secure.port}/login?q=1`
    const { body } = await ask(url, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })
    expect(body).to.equal('secure')
    expect(whatOf(proxy)).to.deep.equal([`CONNECT ${NAME}:${secure.port}`])
    expect(lines).to.deep.equal([
      { origin: new URL(url).origin, proxy: `http://127.0.0.1:${proxy.port}`, msg: 'asked through a proxy' },
    ])
  })

  it('ask http of the proxy itself, where that is wanted', async () => {
    await using proxy = await startProxy()
    const url = `http://${NAME}:${plain.port}/login?q=1`
    const { body } = await ask(url, { HTTP_PROXY: `127.0.0.1:${proxy.port}` }, { proxy: 'env' })
    expect(body).to.equal('plain')
    expect(whatOf(proxy)).to.deep.equal([`GET ${url}`, `GET ${url}`])
  })

  it('say at the start which proxy is used, without its password, which the proxy gets', async () => {
    await using proxy = await startProxy()
    const url = `https://${NAME}:${secure.port}/`
    const HTTPS_PROXY = `http://us%40er:se%3Acret@127.0.0.1:${proxy.port}`
    const clients = createHttpClients(createFiles(folder), new WorkPlaces(), { HTTPS_PROXY })
    await clients.open({ retries: 0, connections: 1, origins: [url] }, log).close()
    expect(lines.map(({ proxy }) => proxy)).to.deep.equal([`http://127.0.0.1:${proxy.port}`])
    await ask(url, { HTTPS_PROXY })
    expect(proxy.asked[0]!.authorization).to.equal(`Basic ${btoa('us@er:se:cret')}`)
  })

  it('ask directly: loopback, exceptions, http unless wanted, and where no proxy is wanted', async () => {
    await using proxy = await startProxy()
    const address = `http://127.0.0.1:${proxy.port}`
    const environment = { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: '.test' }
    expect((await ask(plain.origin, environment, { proxy: 'env' })).body).to.equal('plain')
    expect((await ask(plain.origin, environment)).body).to.equal('plain')
    const reason = new RegExp(`^https?://${NAME}:1: name not found`)
    expect(await failure(ask(`https://${NAME}:1`, environment))).to.match(reason)
    delete (environment as Partial<typeof environment>).NO_PROXY
    expect(await failure(ask(`https://${NAME}:1`, environment, { proxy: 'none' }))).to.match(reason)
    expect(await failure(ask(`http://${NAME}:1`, environment))).to.match(reason)
    expect(proxy.asked).to.deep.equal([])
    expect(lines).to.deep.equal([])
  })

  it('name server and proxy when the proxy is not there, and try again', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const url = `https://${NAME}:1`
    expect(await failure(ask(url, { HTTPS_PROXY: `u:canary@${address}` }, { retries: 1 }))).to.match(
      new RegExp(`^${url}: through the proxy http://${address}: connection refused`),
    )
  })

  for (const [status, words] of [
    [407, /wants a user name and password; write them in HTTPS_PROXY/],
    [403, /does not allow this server; .* NO_PROXY/],
    [502, /could not reach the server, and answered 502/],
  ] as const) {
    it(`say what a proxy means with ${status}`, async () => {
      await using proxy = await startProxy(status)
      const way = `through the proxy http://127\\.0\\.0\\.1:${proxy.port}: it `
      const message = await failure(ask(`https://${NAME}:1`, { HTTPS_PROXY: `127.0.0.1:${proxy.port}` }))
      expect(message).to.match(new RegExp(way)).and.match(words)
    })
  }

  it('refuse a certificate of another name, also through a tunnel', async () => {
    await using proxy = await startProxy()
    const url = `https://other.example.test:${secure.port}`
    expect(await failure(ask(url, { HTTPS_PROXY: `127.0.0.1:${proxy.port}` }))).to.match(
      /is for another name/,
    )
  })

  it('end in time with a proxy that says nothing', async () => {
    const silent = createTcpServer((socket: Socket) => socket.on('error', () => {}))
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`
    expect(await failure(ask(`https://${NAME}:1`, { HTTPS_PROXY: address }))).to.include(
      `proxy http://${address}: `,
    )
    silent.close()
  })

  it('do not begin with a proxy that can not be used', () => {
    const clients = createHttpClients(createFiles(folder), new WorkPlaces(), {
      HTTPS_PROXY: 'gopher://canary',
    })
    const options = { retries: 0, connections: 1, origins: [`https://${NAME}`] }
    expect(() => clients.open(options, log)).to.throw('HTTPS_PROXY is no proxy that can be used')
    expect(() => clients.open({ ...options, proxy: 'none' }, log)).not.to.throw()
  })

  describe('with a real one', () => {
    needs('tinyproxy')
    const [address] = Object.values(networkInterfaces())
      .flatMap((found) => found ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map((found) => found.address)

    it('ask through it', async function () {
      if (address === undefined) this.skip()
      const port = await freePort()
      const target = createServer((_, response) => response.end('far')).listen(0, address)
      await once(target, 'listening')
      const file = join(folder, 'tinyproxy.conf')
      writeFileSync(
        file,
        `Port ${port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth user canary\nMaxClients 20\n`,
      )
      const child = spawn(findProgram('tinyproxy')!, ['-d', '-c', file], { stdio: 'ignore' })
      const ended = once(child, 'exit')
      try {
        await eventually(() => reachable(port))
        const url = `http://${address}:${(target.address() as AddressInfo).port}/`
        const HTTP_PROXY = `http://user:canary@127.0.0.1:${port}`
        expect((await ask(url, { HTTP_PROXY }, { proxy: 'env' })).body).to.equal('far')
        const wrong = failure(ask(url, { HTTP_PROXY: `127.0.0.1:${port}` }, { proxy: 'env' }))
        expect(await wrong).to.match(/wants a user name and password/)
      } finally {
        child.kill('SIGKILL')
        await ended
        target.close()
      }
    })
  })
})

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
