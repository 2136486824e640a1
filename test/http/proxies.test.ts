// A server process whose environment names a proxy: logins, key sets and sign-ins go through it, and the start says so.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createTlsCertificate } from '../../core/x509/certificates.ts'
import { type DockwardenProcess, startDockwarden } from '../support/dockwarden.ts'
import { basic } from '../support/http-question.ts'
import { serve, type TestServer } from '../support/http-server.ts'
import { startProxy, type TestProxy } from '../support/proxy.ts'
import { eventually } from '../support/server.ts'

describe('a server with a proxy in its environment', () => {
  let folder: string
  let proxy: TestProxy
  let login: TestServer
  let server: DockwardenProcess

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-proxies-'))
    const { certificate, key } = await createTlsCertificate(['login.example.test'], Date.now())
    proxy = await startProxy()
    login = await serve((_, response) => response.end('{"team":"far"}'), { cert: certificate, key })
    writeFileSync(join(folder, 'ca.pem'), certificate)
    const at = (name: string) => `https://${name}.example.test:${login.port}`
    const config = {
      server: { listen: '127.0.0.1:0' },
      authenticators: [
        { plugin: 'http', options: { url: `${at('login')}/`, tls: { ca: 'ca.pem' } } },
        { plugin: 'http', id: 'near', options: { url: 'http://near.example.test/' } },
        { plugin: 'http', id: 'never', options: { url: at('never'), proxy: 'none' } },
        { plugin: 'jwt', options: { issuers: [{ issuer: at('ci'), audience: 'x', accept: 'true' }] } },
        {
          plugin: 'oidc',
          options: {
            issuer: at('people'),
            client_id: 'x',
            redirect_url: 'https://auth.example.test/oidc',
            registry: 'r',
          },
        },
      ],
      labelers: [
        { plugin: 'http', id: 'teams', options: { url: at('teams'), labels: { team: 'body.team' } } },
      ],
      authorizers: [{ plugin: 'http', id: 'policy', options: { url: at('policy'), grant: 'true' } }],
    }
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, JSON.stringify(config))
    const address = `http://user:canary-of-proxy@127.0.0.1:${proxy.port}`
    const environment = {
      HTTPS_PROXY: address,
      HTTP_PROXY: address,
      NO_PROXY: 'policy.example.test',
      https_proxy: '',
      no_proxy: '',
    }
    server = await startDockwarden(['serve', file], environment)
  })
  after(async () => {
    await server?.stop()
    await Promise.all([proxy?.close(), login?.close()])
    rmSync(folder, { recursive: true })
  })

  it('says which proxy each plugin uses, without its password', () => {
    const said = server
      .output()
      .split('\n')
      .filter((line) => line.includes('asked through a proxy'))
      .map((line) => JSON.parse(line))
    expect(said.map(({ id }) => id).sort()).to.deep.equal(['http', 'jwt', 'oidc', 'teams'])
    for (const { proxy: shown } of said) expect(shown).to.equal(`http://127.0.0.1:${proxy.port}`)
    expect(server.output()).not.to.include('canary')
  })

  it('asks through it', async () => {
    const names = () => proxy.asked.map(({ what }) => /^CONNECT (\w+)/.exec(what)?.[1])
    // Key sets and providers are asked at the start.
    await eventually(() => ['ci', 'people'].every((name) => names().includes(name)))
    await fetch(`http://127.0.0.1:${server.port}/auth`, { headers: { authorization: basic('ann', 'any') } })
    expect(names()).to.include('login').and.not.include('near').and.not.include('never')
    expect(login.received.length).to.be.at.least(1)
  })
})
