// The shell scripts of examples/seed (examples/boxlogin-http has the same), as a person runs them.
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { needs } from './support/debian.ts'

const SEED = fileURLToPath(new URL('../examples/seed/', import.meta.url))

interface Run {
  readonly status: number
  readonly output: string
}

describe('the scripts of examples/seed', () => {
  needs('openssl', 'curl')

  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-scripts-'))
    for (const name of ['make-ssl.sh', 'check.sh']) cpSync(join(SEED, name), join(folder, name))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs a script from another folder: each must find its own. */
  const run = (script: string, env: Record<string, string> = {}): Promise<Run> =>
    new Promise((resolve) => {
      const options = { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } }
      execFile(join(folder, script), options, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr })
      })
    })

  const read = (name: string) => readFileSync(join(folder, 'ssl', name), 'utf8')

  describe('make-ssl.sh', () => {
    for (const [domain, subjectAltName] of [
      ['registry.example.com', 'DNS:registry.example.com'],
      ['192.0.2.7', 'IP Address:192.0.2.7'],
    ] as const) {
      it(`makes an RSA pair for ${domain}, with a key that only its owner reads`, async () => {
        expect((await run('make-ssl.sh', { DOMAIN: domain })).status).to.equal(0)
        const certificate = new X509Certificate(read('domain.crt'))
        expect(certificate.subjectAltName).to.equal(subjectAltName)
        expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).to.equal(2048)
        expect(read('domain.key')).to.match(/^-----BEGIN PRIVATE KEY-----/)
        expect(statSync(join(folder, 'ssl', 'domain.key')).mode & 0o777).to.equal(0o600)
      })
    }

    it('takes the name from .env', async () => {
      writeFileSync(join(folder, '.env'), '# a comment\nDOMAIN=registry.example.com\nCICD_SECRET=x\n')
      expect((await run('make-ssl.sh')).status).to.equal(0)
      expect(new X509Certificate(read('domain.crt')).checkHost('registry.example.com')).to.be.a('string')
    })

    it('changes nothing when it runs again', async () => {
      await run('make-ssl.sh', { DOMAIN: 'registry.example.com' })
      const before = read('domain.crt') + read('domain.key')
      const { status, output } = await run('make-ssl.sh', { DOMAIN: 'registry.example.com' })
      expect(status, output).to.equal(0)
      expect(read('domain.crt') + read('domain.key')).to.equal(before)
    })

    it('refuses to overwrite the pair of another name, or half a pair', async () => {
      await run('make-ssl.sh', { DOMAIN: 'registry.example.com' })
      const before = read('domain.key')
      expect((await run('make-ssl.sh', { DOMAIN: 'other.example.com' })).status).to.equal(1)
      rmSync(join(folder, 'ssl', 'domain.crt'))
      expect((await run('make-ssl.sh', { DOMAIN: 'registry.example.com' })).status).to.equal(1)
      expect(read('domain.key')).to.equal(before)
    })

    it('says how to name the domain when there is none', async () => {
      const { status, output } = await run('make-ssl.sh')
      expect(status).to.equal(2)
      expect(output).to.include('.env')
    })
  })

  describe('check.sh', () => {
    const running: Server[] = []

    afterEach(() => {
      for (const server of running.splice(0)) {
        server.close()
        server.closeAllConnections()
      }
    })

    /** A server under the name localhost that answers everything alike. */
    const answering = async (status: number, challenge?: string): Promise<string> => {
      const tls = { cert: read('domain.crt'), key: read('domain.key') }
      const server = createServer(tls, (_, response) => {
        if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge)
        response.writeHead(status).end()
      })
      running.push(server)
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
      return `https://localhost:${(server.address() as AddressInfo).port}`
    }

    const check = async (registry: Promise<string>, auth: Promise<string>) =>
      run('check.sh', { DOMAIN: 'localhost', REGISTRY: await registry, AUTH: await auth })

    beforeEach(() => run('make-ssl.sh', { DOMAIN: 'localhost' }))

    it('is content with two 401 and their challenges', async () => {
      const { status, output } = await check(
        answering(401, 'Bearer realm="x"'),
        answering(401, 'Basic realm="x"'),
      )
      expect(status, output).to.equal(0)
    })

    it('is not when one of the two answers otherwise', async () => {
      const bearer = () => answering(401, 'Bearer realm="x"')
      const basic = () => answering(401, 'Basic realm="x"')
      const nobody = async () => 'https://localhost:1'
      expect((await check(answering(200), basic())).status).to.equal(1)
      expect((await check(bearer(), answering(401))).status).to.equal(1)
      expect((await check(bearer(), nobody())).status).to.equal(1)
    })
  })
})
