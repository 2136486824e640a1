// The deployment that the project grew from: its configuration and scripts as they are, Debian's registry, skopeo.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { findProgram, needs } from '../support/debian.ts'
import { type DockwardenProcess, startDockwarden } from '../support/dockwarden.ts'
import { writeImage } from '../support/image.ts'
import { newPair } from '../support/key-pairs.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { skopeoIn } from '../support/skopeo.ts'

const SEED = new URL('../../examples/seed/', import.meta.url)
const CICD_SECRET = 'cicd secret of the test'

describe('the seed deployment', function () {
  needs('docker-registry', 'skopeo', 'python3')
  this.timeout(60_000)

  let folder: string
  let boxlogin: Server
  let dockwarden: DockwardenProcess
  let registry: Registry
  let skopeo: ReturnType<typeof skopeoIn>

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-seed-'))
    writeImage(join(folder, 'image'))
    skopeo = skopeoIn(folder)
    boxlogin = await startBoxlogin()
    const pair = await newPair('RSA-2048')
    layOut(folder, pair)
    // As the seed's image starts it, docker_auth's flags included.
    dockwarden = await startDockwarden(
      ['-alsologtostderr=true', '-log_dir=/logs', join(folder, 'extAuth.yml')],
      {
        CICD_SECRET,
        BOXLOGIN_URL: `http://127.0.0.1:${(boxlogin.address() as AddressInfo).port}/login`,
        PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      },
    )
    registry = await startRegistry({
      // Not 127.0.0.0/8, to which the first rule grants everything.
      realm: `https://[::1]:${dockwarden.port}/auth`,
      service: 'Docker registry',
      issuer: 'Auth Service',
      rootcertbundle: pair.certificate,
      tls: pair,
    })
  })

  after(async () => {
    await registry?.stop()
    await dockwarden?.stop()
    boxlogin?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const push = (creds: string, image = 'team/app') =>
    skopeo(
      'copy',
      '--dest-tls-verify=false',
      `--dest-creds=${creds}`,
      `oci:${folder}/image:latest`,
      `docker://${registry.address}/${image}:1`,
    )
  const pull = (creds: string, image = 'team/app') =>
    skopeo('inspect', '--tls-verify=false', `--creds=${creds}`, `docker://${registry.address}/${image}:1`)

  it('lets cicd push', async () => {
    expect(await push(`cicd:${CICD_SECRET}`)).to.include({ status: 0 })
  })

  it('lets everybody else who is known pull, and only pull', async () => {
    await push(`cicd:${CICD_SECRET}`, 'team/pulled')
    expect(await pull('alice:alices password', 'team/pulled')).to.include({ status: 0 })
    const refused = await push('alice:alices password', 'team/pulled')
    expect(refused.status).not.to.equal(0)
    expect(refused.output).to.match(/denied|unauthorized/)
  })

  it('refuses a wrong password of either kind of account', async () => {
    for (const creds of ['cicd:wrong', 'alice:wrong', 'nobody:x']) {
      const { status, output } = await pull(creds)
      expect(status).not.to.equal(0)
      expect(output).to.match(/invalid username\/password|unauthorized/)
    }
  })

  it('grants the catalog to who is logged in', async () => {
    const { token } = JSON.parse(
      (
        await ask(
          dockwarden.port,
          '/auth?service=Docker+registry&scope=registry:catalog:*',
          'alice:alices password',
        )
      ).body,
    )
    const [host, port] = registry.address.split(':') as [string, string]
    const answer = await ask(Number(port), '/v2/_catalog', undefined, {
      host,
      authorization: `Bearer ${token}`,
    })
    expect(answer.status).to.equal(200)
    expect(JSON.parse(answer.body)).to.have.property('repositories')
  })

  it('grants everything to a client on 127.0.0.0/8', async () => {
    const path = '/auth?service=Docker+registry&scope=repository:any/thing:push,pull'
    const answer = await ask(dockwarden.port, path, 'alice:alices password', { host: '127.0.0.1' })
    expect(JSON.parse(answer.body).scope).to.equal('repository:any/thing:pull,push')
  })

  it('answers the document’s two curl checks with 401 and a challenge', async () => {
    const [host, port] = registry.address.split(':') as [string, string]
    const v2 = await ask(Number(port), '/v2/', undefined, { host })
    expect(v2.status).to.equal(401)
    expect(v2.challenge).to.match(/^Bearer realm="https:\/\/\[::1\]:\d+\/auth",service="Docker registry"/)
    const auth = await ask(dockwarden.port, '/auth')
    expect(auth.status).to.equal(401)
    expect(auth.challenge).to.match(/^Basic realm="Auth Service"/)
  })

  it('says at its start which registries refuse its tokens', () => {
    expect(dockwarden.output()).to.match(
      /^note: .*extAuth\.yml:\d+:\d+: token.*: Distribution 3 refuses these tokens; /m,
    )
  })

  it('writes no password into its log', () => {
    expect(dockwarden.output()).to.contain('token issued')
    expect(dockwarden.output()).not.to.match(/cicd secret|alices password/)
  })
})

/** The box that knows the users: code 0 = right, as the document's service answers. */
async function startBoxlogin(): Promise<Server> {
  const server = createServer(async (incoming, answer) => {
    const { username, password } = JSON.parse(Buffer.concat(await Array.fromAsync(incoming)).toString())
    answer.end(JSON.stringify({ code: username === 'alice' && password === 'alices password' ? 0 : 1 }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return server
}

/** The seed's files; only the roots of its absolute paths and the port are the test's own. */
function layOut(folder: string, pair: { certificate: string; key: string }): void {
  const local = (text: string) =>
    text.replaceAll('/ssl/', `${folder}/ssl/`).replaceAll('/extensions/', `${folder}/extensions/`)
  const seed = (name: string) => readFileSync(new URL(name, SEED), 'utf8')
  for (const name of ['ssl', 'extensions', 'bin']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'ssl/domain.crt'), pair.certificate)
  writeFileSync(join(folder, 'ssl/domain.key'), pair.key)
  writeFileSync(join(folder, 'extAuth.yml'), local(seed('config/extAuth.yml')).replace(':5001', ':0'))
  writeFileSync(join(folder, 'extensions/ext_auth.sh'), local(seed('extensions/ext_auth.sh')))
  writeFileSync(join(folder, 'extensions/boxlogin.py'), seed('extensions/boxlogin.py'))
  chmodSync(join(folder, 'extensions/ext_auth.sh'), 0o755)
  symlinkSync(findProgram('python3')!, join(folder, 'bin/python'))
}

interface Answer {
  readonly status: number | undefined
  readonly challenge: string | undefined
  readonly body: string
}

function ask(
  port: number,
  path: string,
  auth?: string,
  { host = '::1', authorization }: { host?: string; authorization?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = authorization ? { authorization } : {}
    request({ host, port, path, auth, headers, rejectUnauthorized: false }, async (answer) => {
      const body = Buffer.concat(await Array.fromAsync(answer)).toString()
      resolve({ status: answer.statusCode, challenge: answer.headers['www-authenticate'], body })
    })
      .on('error', reject)
      .end()
  })
}
