// What balancers send to see whether a server is alive, as their manuals have it.
import { expect } from 'chai'
import { exchange, openRaw } from '../support/raw-http.ts'
import { startTestServer } from '../support/server.ts'

const HOST = 'Host: localhost\r\n'
const DOWN = `import { definePlugin, pass, z } from 'dockwarden/plugin'
  export default definePlugin({
    kind: 'authorizer', name: 'down', options: z.strictObject({}),
    create: () => ({ authorize: async () => pass, ready: async () => { throw new Error('away') } }),
  })`

function start(server: object = {}, authorizers: object[] = []) {
  return startTestServer({
    config: { server, authenticators: [], authorizers },
    files: { 'down.ts': DOWN },
  })
}

describe("a balancer's check", () => {
  const checks: [string, string, number][] = [
    ["HAProxy's own", 'OPTIONS / HTTP/1.0\r\n\r\n', 200],
    ['OPTIONS', `OPTIONS / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 200],
    ['OPTIONS of the server as a whole', `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 204],
    ['the same of HTTP/1.0', 'OPTIONS * HTTP/1.0\r\n\r\n', 204],
    ['HEAD', `HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, 200],
    ['HEAD of HTTP/1.0', 'HEAD / HTTP/1.0\r\n\r\n', 200],
    ['GET of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 200],
    ['HEAD of /healthz', 'HEAD /healthz HTTP/1.0\r\n\r\n', 200],
    ['OPTIONS of /healthz', 'OPTIONS /healthz HTTP/1.0\r\n\r\n', 200],
    ['HEAD of /readyz', 'HEAD /readyz HTTP/1.0\r\n\r\n', 200],
    ['OPTIONS of /readyz', 'OPTIONS /readyz HTTP/1.0\r\n\r\n', 200],
  ]
  for (const [name, bytes, status] of checks) {
    it(`finds it alive, and is not logged: ${name}`, async () => {
      await using server = await start()
      using connection = await openRaw(server.port)
      connection.write(bytes)
      await connection.closed()
      // A HEAD's answer has the length of a body that does not come.
      expect(connection.text).to.match(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(server.lines().filter(({ level }) => level === 'warn')).to.deep.equal([])
    })
  }

  it('says with OPTIONS which methods there are', async () => {
    await using server = await start()
    for (const path of ['/', '/healthz', '/readyz', '*']) {
      const [answer] = await exchange(server.port, `OPTIONS ${path} HTTP/1.0\r\n\r\n`)
      expect(answer!.headers.get('allow')).to.equal('HEAD, GET, OPTIONS')
    }
  })

  it('of /readyz finds a backend that is down, whatever the method', async () => {
    await using server = await start({}, [{ plugin: './down.ts' }])
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect((await server.send({ method, path: '/readyz' })).status).to.equal(503)
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect((await server.send({ method, path: '/' })).status).to.equal(200)
  })

  it('is answered below path_prefix', async () => {
    await using server = await start({ path_prefix: '/tokens' })
    for (const path of ['/tokens/', '/tokens/healthz', '/tokens/readyz'])
      for (const method of ['HEAD', 'OPTIONS'])
        expect((await server.send({ method, path })).status).to.equal(200)
    expect((await server.send({ method: 'OPTIONS', path: '/' })).status).to.equal(404)
    const [whole] = await exchange(server.port, 'OPTIONS * HTTP/1.0\r\n\r\n')
    expect(whole!.status).to.equal(204)
  })

  it('of HTTP/1.1 without a Host, and with two, is 400', async () => {
    await using server = await start()
    for (const hosts of ['', `${HOST}${HOST}`])
      for (const path of ['/', '*', '/healthz']) {
        const [answer] = await exchange(
          server.port,
          `OPTIONS ${path} HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`,
        )
        expect(answer!.status, path).to.equal(400)
      }
  })

  it('with OPTIONS where a token is asked for is told where tokens are', async () => {
    await using server = await start()
    const answer = await server.send({ method: 'OPTIONS', path: '/', query: { service: 'registry' } })
    expect(answer.status).to.equal(404)
  })

  it('with another method is 405', async () => {
    await using server = await start()
    for (const path of ['/', '/healthz']) {
      const answer = await server.send({ method: 'PUT', path })
      expect(answer.status).to.equal(405)
      expect(answer.headers.allow).to.equal('HEAD, GET, OPTIONS')
      expect(answer.json.errors[0].message).to.equal('use GET here')
    }
  })
})
