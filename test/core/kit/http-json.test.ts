// JSON of a certain shape from a real server: what is taken, and what is said of everything else.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { z } from '../../../core/plugin.ts'
import { testHost } from '../../../core/testing/index.ts'

const SECRET = 'a token that nobody may read'

describe('host.http.json', () => {
  let server: Server
  let origin: string
  const seen: { method?: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = []

  before(async () => {
    server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push({ method: request.method, headers: request.headers, body })
      const [, status, text] = /^\/(\d+)\/(.*)$/.exec(decodeURIComponent(request.url!))!
      response.writeHead(Number(status)).end(text)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => void server.close())
  beforeEach(() => void seen.splice(0))

  const schema = z.object({ groups: z.array(z.string()) })
  const ask = (path: string, more: object = {}) =>
    testHost().http.json(origin + path, schema, { signal: AbortSignal.timeout(5_000), ...more })

  it('gives what the schema gives, of a GET', async () => {
    expect(await ask('/200/{"groups":["dev"],"more":1}')).to.deep.equal({ groups: ['dev'] })
    expect(seen[0]).to.deep.include({ method: 'GET', body: '' })
    expect(seen[0]!.headers).to.include({ accept: 'application/json' })
  })

  it('posts a body as JSON, with own headers', async () => {
    await ask('/200/{"groups":[]}', {
      body: { account: 'ann' },
      headers: { authorization: `Bearer ${SECRET}` },
    })
    expect(seen[0]).to.deep.include({ method: 'POST', body: '{"account":"ann"}' })
    expect(seen[0]!.headers).to.include({
      'content-type': 'application/json',
      authorization: `Bearer ${SECRET}`,
    })
  })

  const faults: [string, string, string][] = [
    ['another status', '/404/{"groups":[]}', ': answered 404'],
    ['a redirect', '/302/', ': answered 302'],
    ['no JSON', `/200/<html>${SECRET}`, ': answered 200 with a body that is not JSON'],
    [
      'another shape',
      `/200/{"groups":["${SECRET}",7]}`,
      ': its answer is not what is expected: groups[1]: Invalid input: expected string, received number',
    ],
  ]
  for (const [what, path, message] of faults) {
    it(`names the host and what is wrong with ${what}, and no value`, async () => {
      const headers = { authorization: `Bearer ${SECRET}` }
      const error = await ask(path, { headers }).catch((thrown: Error) => thrown)
      expect((error as Error).message).to.equal(origin + message)
    })
  }

  it('ends with its signal', async () => {
    const error = await ask('/200/{}', { signal: AbortSignal.abort() }).catch((thrown: Error) => thrown)
    expect((error as Error).message).to.contain(origin)
  })
})
