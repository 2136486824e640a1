// What an operator is told once the server listens.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { welcome } from '../../../core/cli/welcome.ts'
import { readConfig } from '../../../core/config/config.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'
import { SIGNING_IN } from '../../support/plugins/index.ts'
import { startTestServer } from '../../support/server.ts'

async function toldWith(...authenticators: object[]): Promise<{ text: string; port: number }> {
  return await told({ authenticators })
}
async function told(given: object, files: Record<string, string> = {}) {
  await using server = await startTestServer({
    config: { authenticators: [], authorizers: [], ...given },
    files,
  })
  const config = await readConfig(join(server.folder, 'dockwarden.yml'))
  return { text: welcome(config, server.server), port: server.port }
}
const signIn = (more: object) => ({
  plugin: SIGNING_IN,
  options: { provider: 'http://127.0.0.1:1', ...more },
})

describe('the words of a start', () => {
  it('say where people sign in: at the address that is registered', async () => {
    const { text } = await toldWith(signIn({ redirect_url: 'https://auth.example.com/team/example_auth' }))
    expect(text).to.include('People sign in with the browser at https://auth.example.com/team/\n')
  })

  it('say where people sign in: here, when none is registered', async () => {
    const { text, port } = await toldWith(signIn({}))
    expect(text).to.include(`People sign in with the browser at http://127.0.0.1:${port}/\n`)
  })

  it('say where the metrics are, if anywhere', async () => {
    const { text } = await told({ server: { metrics: { listen: '127.0.0.1:0' } } })
    expect(text).to.match(/^Prometheus finds metrics at http:\/\/127\.0\.0\.1:\d+\/metrics$/m)
    expect((await told({})).text).not.to.contain('Prometheus')
  })

  const services: [string, object, string][] = [
    ['any', {}, 'service: registry'],
    ['the one that there is', { services: ['hub.example.com:5000'] }, 'service: hub.example.com:5000'],
    ['the first of several', { services: [{ name: 'one' }, 'two'] }, 'service: one   # or two'],
    ['one that YAML reads otherwise', { services: ['on', '#2'] }, 'service: "on"   # or "#2"'],
  ]
  for (const [name, token, line] of services) {
    it(`say a service that tokens are made for: ${name}`, async () => {
      expect((await told({ token })).text.split('\n')).to.include(`      ${line}`)
    })
  }

  const realms: [string, object, RegExp, RegExp?][] = [
    ['on loopback', {}, /^http:\/\/localhost:\d+\/auth$/, /In place of localhost, write the name/],
    [
      'behind a prefix',
      { path_prefix: '/my registry' },
      /^http:\/\/localhost:\d+\/my%20registry\/auth$/,
      /In place of localhost/,
    ],
    ['on all addresses', { listen: '0.0.0.0:0' }, /^http:\/\/localhost:\d+\/auth$/, /In place of localhost/],
    ['on a name', { listen: 'localhost:0' }, /^http:\/\/localhost:\d+\/auth$/],
    [
      'on a socket',
      { listen: `unix:${join(tmpdir(), `dockwarden-welcome-${process.pid}.sock`)}` },
      /^https:\/\/YOUR-HOST\/auth$/,
      /In place of YOUR-HOST, write the name/,
    ],
    [
      'with a certificate',
      { tls: { certificate: 'tls.crt', key: 'tls.key' } },
      /^https:\/\/auth\.example\.com:\d+\/auth$/,
    ],
    ['with one of our own', { tls: 'auto' }, /^https:\/\/localhost:\d+\/auth$/, /In place of localhost/],
  ]
  for (const [name, server, realm, advice] of realms) {
    it(`say a realm with a name, as clients want it: ${name}`, async () => {
      const { certificate, key } = await createTlsCertificate(['auth.example.com'], Date.now())
      const { text } = await told({ server }, { 'tls.crt': certificate, 'tls.key': key })
      expect(/realm: (.*)/.exec(text)![1]).to.match(realm)
      if (advice) expect(text).to.match(advice)
      else expect(text).not.to.include('In place of')
    })
  }

  it('say nothing of it when there is no way to', async () => {
    expect((await toldWith()).text).not.to.include('browser')
  })
})
