// What the doctor says of registries and token servers that are none, or that nobody expected.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runDoctor } from '../../support/doctor.ts'
import { json, serve } from '../../support/http-server.ts'
import { newPair } from '../../support/key-pairs.ts'

describe('dockwarden doctor, with odd servers', function () {
  this.timeout(60_000)
  let folder: string
  let file: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-odd-'))
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'key.crt'), certificate)
    writeFileSync(join(folder, 'key.pem'), key)
    file = join(folder, 'dockwarden.yml')
    writeFileSync(
      file,
      'server: { listen: 127.0.0.1:0 }\ntoken: { issuer: Odd, keys: [{ certificate: key.crt, key: key.pem }] }\nauthenticators: []\nauthorizers: []\n',
    )
  })
  after(() => rmSync(folder, { recursive: true }))

  const challenge = 'Bearer realm="http://localhost:1/auth",service="s"'
  const CASES: readonly {
    readonly name: string
    readonly answer: (response: ServerResponse, headers: IncomingHttpHeaders, url: string) => void
    readonly found: readonly string[]
  }[] = [
    {
      name: 'a page',
      answer: (response) => void response.end('<html>hello</html>'),
      found: ['registry-none'],
    },
    { name: 'an empty API', answer: (response) => json(response, 200, {}), found: ['registry-open'] },
    {
      name: 'a refusal without a challenge',
      answer: (response) => json(response, 401, {}),
      found: ['registry-challenge'],
    },
    {
      name: 'a challenge without anything in it',
      answer: (response) => void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(),
      found: ['realm-url', 'registry-authorization'],
    },
    {
      name: 'a redirect to itself',
      answer: (response) => void response.writeHead(302, { location: '/v2/' }).end(),
      found: ['registry-redirect'],
    },
    {
      name: 'a redirect to nowhere',
      answer: (response) => void response.writeHead(302, { location: 'http://' }).end(),
      found: ['registry-none'],
    },
    { name: 'a hang-up', answer: (response) => void response.destroy(), found: ['registry-unreachable'] },
    {
      name: 'an endless body',
      answer: (response) => void response.end('x'.repeat(2_000_000)),
      found: ['registry-none'],
    },
    {
      name: 'zot, which sends no challenge with the refusal of a token',
      answer: (response, { authorization }) => {
        if (authorization === undefined) response.writeHead(401, { 'www-authenticate': challenge }).end()
        else json(response, 401, { errors: [{ code: 'UNSUPPORTED' }] })
      },
      found: ['realm-unreachable', 'registry-refuses'],
    },
    {
      name: 'a realm that leads back to the registry',
      answer: (response, { host, authorization }, url) => {
        if (url !== '/v2/') response.writeHead(404).end('404 page not found')
        else if (authorization)
          response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
        else
          response
            .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/auth",service="s"` })
            .end()
      },
      found: ['realm-other', 'registry-refuses'],
    },
    {
      name: 'one that fails at every token',
      answer: (response, { authorization }) => {
        if (authorization === undefined) response.writeHead(401, { 'www-authenticate': challenge }).end()
        else response.writeHead(500).end()
      },
      found: ['realm-unreachable'],
    },
  ]
  it('a token that is none, of a stranger at the realm', async () => {
    const server = await serve(({ url, headers: { host, authorization } }, response) => {
      if (url.startsWith('/auth')) json(response, 200, { token: 'a\nb', issued_at: 'now' })
      else if (authorization) response.writeHead(401, { 'www-authenticate': 'Bearer error="x"' }).end()
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/auth",service="s"` })
          .end()
    })
    try {
      const given = { registry: `http://localhost:${server.port}`, as: 'alice', input: 'canary-of-alice' }
      const { of, said } = await runDoctor(join(folder, 'none.yml'), { ...given, isNamed: false })
      expect(of('wrong').map((line) => line.split(':')[0])).to.deep.equal(['realm-other'])
      expect(of('warning')).to.include('login: the login of "alice" was not tried')
      expect(said).not.to.include('canary')
      expect(
        server.received.filter(({ headers }) => headers.authorization?.startsWith('Basic')),
      ).to.deep.equal([])
    } finally {
      await server.close()
    }
  })

  for (const { name, answer, found } of CASES) {
    it(name, async () => {
      const server = await serve(({ headers, url }, response) => answer(response, headers, url))
      try {
        const { of, status } = await runDoctor(file, { registry: `http://localhost:${server.port}` })
        expect(of('wrong').map((line) => line.split(':')[0])).to.deep.equal(found)
        expect(status).to.equal(1)
      } finally {
        await server.close()
      }
    })
  }
})
