import { X509Certificate } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { keyFileName } from '../../../core/keys/key-schedule.ts'
import { newKey, newPair } from '../../support/key-pairs.ts'

const MINUTE = 60_000
/** How long tokens live, and the margin after it. */
const LIFETIME = 15 * MINUTE
const MARGIN = 2 * MINUTE
const PLAIN = {
  server: { listen: '127.0.0.1:5001' },
  token: { expiration: '15m' },
  authenticators: [{ plugin: 'static', options: { users: { '': {} } } }],
  authorizers: [],
}

describe('dockwarden key', () => {
  let folder: string
  let state: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-key-'))
    state = join(folder, 'var')
    file = join(folder, 'dockwarden.yml')
    configure({})
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function configure(token: object): void {
    writeFileSync(file, JSON.stringify({ ...PLAIN, token: { ...PLAIN.token, ...token } }))
  }

  async function key(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const output = {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => err.push(text) },
    }
    const status = await runCommandLine(['key', ...args, '--config', file], output)
    return { status, stdout: out.join(''), stderr: err.join('') }
  }

  async function json(...args: string[]) {
    const { status, stdout, stderr } = await key(...args, '--json')
    expect(status, stderr).to.equal(0)
    return JSON.parse(stdout)
  }

  const stages = async () => (await json('list')).map(({ stage }: { stage: string }) => stage)
  const kids = async () => (await json('list')).map(({ kid }: { kid: string }) => kid)
  const signingFiles = () => readdirSync(state).filter((name) => /^signing(-\d.*)?\.pem$/.test(name))
  /** As if the last key had been made to sign at another time. */
  const move = (from: string, signsFrom: number) => renameSync(from, join(state, keyFileName(signsFrom)))

  describe('generate', () => {
    it('makes the CA and a key, and prints where the bundle is', async () => {
      const { status, stdout, stderr } = await key('generate')
      expect(status).to.equal(0)
      expect(stdout).to.equal(`${join(state, 'signing-ca.crt')}\n`)
      expect(stderr).to.contain('rootcertbundle')
      expect(readdirSync(state).sort()).to.deep.equal(['signing-ca.crt', 'signing-ca.pem', 'signing.pem'])
      for (const name of readdirSync(state)) {
        expect(statSync(join(state, name)).mode & 0o777, name).to.equal(0o600)
      }
      expect(statSync(state).mode & 0o777).to.equal(0o700)
    })

    it('says the same as JSON', async () => {
      const made = await json('generate')
      expect(made).to.deep.equal({ kid: (await kids())[0], bundle: join(state, 'signing-ca.crt') })
    })

    it('leaves keys that are there alone: exit 1', async () => {
      await key('generate')
      const before = readFileSync(join(state, 'signing.pem'))
      const { status, stdout, stderr } = await key('generate')
      expect([status, stdout]).to.deep.equal([1, ''])
      expect(stderr).to.contain('there are keys already').and.contain('key rotate')
      expect(readFileSync(join(state, 'signing.pem'))).to.deep.equal(before)
    })
  })

  describe('before there are keys', () => {
    for (const args of [
      ['list'],
      ['rotate'],
      ['export', '--format', 'jwks'],
      ['export', '--format', 'bundle'],
    ]) {
      it(`${args.join(' ')} says where it looked and what to do, and makes nothing: exit 1`, async () => {
        const { status, stderr } = await key(...args)
        expect(status).to.equal(1)
        expect(stderr).to.contain(`there are no keys in ${state} yet; run dockwarden key generate`)
        expect(existsSync(state)).to.equal(false)
      })
    }

    it('list as JSON is an empty list', async () => {
      expect(await key('list', '--json')).to.include({ status: 1, stdout: '[]\n' })
    })
  })

  describe('rotate', () => {
    beforeEach(() => key('generate'))

    it('issues a key that waits ten minutes unless told otherwise, under the same CA', async () => {
      const [former] = await kids()
      const before = Date.now()
      const made = await json('rotate')
      const signsFrom = Date.parse(made.signs_from)
      expect(signsFrom).to.be.within(before + 10 * MINUTE - 1000, Date.now() + 10 * MINUTE)
      expect(Date.parse(made.retires_at)).to.equal(signsFrom + LIFETIME + MARGIN)
      expect(made.retires).to.equal(former)
      expect(made.file).to.equal(join(state, keyFileName(signsFrom)))
      expect(statSync(made.file).mode & 0o777).to.equal(0o600)
      expect(await stages()).to.deep.equal(['signing', 'waiting'])
      expect(await kids()).to.deep.equal([former, made.kid])
      const ca = new X509Certificate(readFileSync(join(state, 'signing-ca.crt')))
      expect(new X509Certificate(readFileSync(made.file)).verify(ca.publicKey)).to.equal(true)
    })

    it('prints the id alone on standard output, and what happens when on standard error', async () => {
      const { status, stdout, stderr } = await key('rotate', '--wait', '1h')
      expect(status).to.equal(0)
      const [former, next] = await kids()
      expect(stdout).to.equal(`${next}\n`)
      expect(stderr).to.contain('published at once').and.contain(`${former}, stays published until 20`)
      expect(stdout + stderr).not.to.contain('PRIVATE')
    })

    it('while a key waits, there is no second one: exit 1', async () => {
      const { kid } = await json('rotate')
      const { status, stdout, stderr } = await key('rotate')
      expect([status, stdout]).to.deep.equal([1, ''])
      expect(stderr)
        .to.contain(`the key ${kid} is waiting already, and signs from 20`)
        .and.contain('--wait 0')
      expect(signingFiles()).to.have.length(2)
    })

    it('--wait 0 signs at once, also while another key waits, which has its turn later', async () => {
      await key('rotate')
      const { kid } = await json('rotate', '--wait', '0')
      expect(await stages()).to.deep.equal(['retiring', 'signing', 'waiting'])
      expect((await kids())[1]).to.equal(kid)
    })

    it('two at the same moment end with keys that are all good', async () => {
      const both = await Promise.all([key('rotate', '--wait', '0'), key('rotate', '--wait', '0')])
      const good = both.filter(({ status }) => status === 0)
      expect(good).not.to.have.length(0)
      const known = await kids()
      for (const { stdout } of good) expect(known).to.include(stdout.trim())
      for (const { status, stderr } of both) {
        if (status !== 0) expect(stderr).to.contain('another key was made in the same second; try again')
      }
    })

    it('removes the files of retired keys, and only these', async () => {
      const { file: second } = await json('rotate', '--wait', '0')
      const beforeRetirement = Date.now() - LIFETIME - MARGIN + MINUTE
      move(second, beforeRetirement)
      const { file: third } = await json('rotate', '--wait', '0')
      expect(await stages()).to.deep.equal(['retiring', 'retiring', 'signing'])
      expect(signingFiles()).to.have.length(3)
      rmSync(third)
      move(join(state, keyFileName(beforeRetirement)), Date.now() - LIFETIME - MARGIN - MINUTE)
      expect(await stages()).to.deep.equal(['retired', 'signing'])
      await key('rotate', '--wait', '1h')
      expect(await stages()).to.deep.equal(['signing', 'waiting'])
      expect(existsSync(join(state, 'signing.pem'))).to.equal(false)
      expect(existsSync(join(state, 'signing-ca.pem'))).to.equal(true)
    })

    it('works when the clock was set back behind all keys', async () => {
      const { file: second } = await json('rotate', '--wait', '0')
      move(second, Date.now() + 60 * MINUTE)
      rmSync(join(state, 'signing.pem'))
      const [former] = await kids()
      expect(await stages()).to.deep.equal(['signing'])
      expect((await json('rotate', '--wait', '2h')).retires).to.equal(former)
      expect(await stages()).to.deep.equal(['signing', 'waiting'])
    })

    it('a longer lifetime for a service counts for how long the former key stays', async () => {
      configure({ services: [{ name: 'registry', expiration: '2h' }] })
      const { signs_from: from, retires_at: retires } = await json('rotate')
      expect(Date.parse(retires) - Date.parse(from)).to.equal(120 * MINUTE + MARGIN)
    })

    for (const wait of ['soon', '-1', '', '10', '1y', '999999d']) {
      it(`--wait ${JSON.stringify(wait)} ${wait === '10' ? 'is seconds' : 'is refused with an example: exit 2'}`, async () => {
        const { status, stderr } = await key('rotate', `--wait=${wait}`)
        if (wait === '10') expect(status).to.equal(0)
        else {
          expect(status).to.equal(2)
          expect(stderr).to.contain(
            `--wait ${JSON.stringify(wait)} is no time up to 365d; write for example 10m`,
          )
          expect(signingFiles()).to.deep.equal(['signing.pem'])
        }
      })
    }
  })

  describe('list', () => {
    it('shows each key, what it does and until when', async () => {
      await key('generate')
      await key('rotate', '--wait', '0')
      await key('rotate', '--wait', '1h')
      const { status, stdout } = await key('list')
      expect(status).to.equal(0)
      const lines = stdout.trimEnd().split('\n')
      expect(lines).to.have.length(3)
      expect(lines[0]).to.match(
        /^\S+ {2}ES256 {2}retiring \(until 20\S+Z\) {2}certificate ends 20\S+Z {2}\S+signing\.pem$/,
      )
      expect(lines[1]).to.match(/^\S+ {2}ES256 {2}signing {2}certificate ends /)
      expect(lines[2]).to.match(/^\S+ {2}ES256 {2}waiting \(from 20\S+Z\) {2}certificate ends /)
    })

    it('shows configured keys: the first signs, the others are published', async () => {
      const pair = await newPair('RSA-2048')
      writeFileSync(join(folder, 'one.crt'), pair.certificate)
      writeFileSync(join(folder, 'one.key'), pair.key)
      writeFileSync(join(folder, 'two.key'), newKey('Ed25519'))
      configure({ keys: [{ certificate: 'one.crt', key: 'one.key' }, { key: 'two.key' }] })
      const [one, two] = await json('list')
      expect(one).to.include({ algorithm: 'RS256', stage: 'signing', file: join(folder, 'one.key') })
      expect(two).to.include({ algorithm: 'EdDSA', stage: 'published', file: join(folder, 'two.key') })
      expect((await key('list')).stdout).to.contain('EdDSA  published  no certificate')
    })

    it('names a damaged file and the remedy: exit 2', async () => {
      await key('generate')
      const { file: second } = await json('rotate')
      const text = readFileSync(second, 'utf8')
      writeFileSync(second, text.slice(0, 100))
      const { status, stderr } = await key('list')
      expect(status).to.equal(2)
      expect(stderr).to.contain(second).and.contain('put back a good copy, or remove the file')
      expect(stderr).not.to.contain(text.slice(40, 60))
    })

    it('says what can not be read, and why: exit 2', async () => {
      await key('generate')
      const path = join(state, keyFileName(Date.now()))
      mkdirSync(path)
      const { status, stderr } = await key('list')
      expect(status).to.equal(2)
      expect(stderr).to.equal(`dockwarden: cannot read ${path}: it is a folder\n`)
    })
  })

  describe('export', () => {
    it('--format bundle prints the CA, and which registries it fits', async () => {
      await key('generate')
      await key('rotate')
      const { status, stdout, stderr } = await key('export', '--format', 'bundle')
      expect(status).to.equal(0)
      expect(stdout).to.equal(readFileSync(join(state, 'signing-ca.crt'), 'utf8'))
      expect(stderr).to.match(/^Distribution v2 with rootcertbundle: fits this configuration$/m)
      expect(stderr).to.match(/^Distribution v3 with rootcertbundle: fits this configuration$/m)
    })

    it('--format jwks prints every key that a verifier must know, and which registries it fits', async () => {
      await key('generate')
      await key('rotate')
      const { status, stdout, stderr } = await key('export', '--format', 'jwks')
      expect(status).to.equal(0)
      const { keys } = JSON.parse(stdout)
      expect(keys.map(({ kid }: { kid: string }) => kid)).to.deep.equal(await kids())
      for (const one of keys) expect(one).to.have.all.keys('kty', 'crv', 'x', 'y', 'kid', 'alg', 'use')
      expect(stderr).to.match(
        /^Distribution v3 with jwks .*: does not fit this configuration; it needs x5c: false/m,
      )
    })

    it('--format certificate prints that of the key that signs now, and says when another one does', async () => {
      await key('generate')
      const first = readFileSync(join(state, signingFiles()[0]!), 'utf8')
      const { stdout, stderr } = await key('export', '--format', 'certificate')
      expect(new X509Certificate(stdout).fingerprint256).to.equal(new X509Certificate(first).fingerprint256)
      expect(stderr).to.equal('zot with this as cert, until another key signs: fits this configuration\n')
      await key('rotate')
      const waiting = await key('export', '--format', 'certificate')
      expect(waiting.stdout).to.equal(stdout)
      expect(waiting.stderr).to.match(/^Another key signs from \S+Z: export its certificate then$/m)
    })

    it('--format certificate is of the new key once that signs', async () => {
      await key('generate')
      const before = await key('export', '--format', 'certificate')
      await key('rotate', '--wait', '0')
      const after = await key('export', '--format', 'certificate')
      expect(after.stdout).not.to.equal(before.stdout)
      const { certificate } = await json('export', '--format', 'certificate')
      expect(certificate).to.equal(after.stdout)
    })

    it('--json holds both', async () => {
      await key('generate')
      const bundle = await json('export', '--format', 'bundle')
      expect(bundle.bundle).to.equal(readFileSync(join(state, 'signing-ca.crt'), 'utf8'))
      expect(bundle.set_ups[0]).to.include({ name: 'Distribution v2 with rootcertbundle', fits: true })
      const { jwks, set_ups: setUps } = await json('export', '--format', 'jwks')
      expect(jwks.keys).to.have.length(1)
      expect(setUps[0]).to.include({ fits: false })
    })

    it("of configured keys, the bundle holds each one's own certificate", async () => {
      const pairs = [await newPair('RSA-2048', { name: 'one' }), await newPair('P-256', { name: 'two' })]
      for (const [index, pair] of pairs.entries()) {
        writeFileSync(join(folder, `${index}.crt`), pair.certificate)
        writeFileSync(join(folder, `${index}.key`), pair.key)
      }
      configure({ keys: [0, 1].map((index) => ({ certificate: `${index}.crt`, key: `${index}.key` })) })
      const { stdout } = await key('export', '--format', 'bundle')
      const found = stdout.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g)!
      expect(found.map((pem) => new X509Certificate(pem).subject)).to.deep.equal(['CN=one', 'CN=two'])
    })

    it('a key without a certificate has no bundle: exit 1', async () => {
      writeFileSync(join(folder, 'bare.key'), newKey('P-256'))
      configure({ keys: [{ key: 'bare.key' }] })
      const { status, stdout, stderr } = await key('export', '--format', 'bundle')
      expect([status, stdout]).to.deep.equal([1, ''])
      expect(stderr).to.contain('--format jwks')
    })

    it('needs a format: exit 2', async () => {
      expect((await key('export')).status).to.equal(2)
      expect((await key('export', '--format', 'pem')).status).to.equal(2)
    })
  })

  describe('with keys that the configuration names', () => {
    beforeEach(async () => {
      const pair = await newPair('P-256')
      writeFileSync(join(folder, 'token.crt'), pair.certificate)
      writeFileSync(join(folder, 'token.key'), pair.key)
      configure({ keys: [{ certificate: 'token.crt', key: 'token.key' }] })
    })

    for (const command of ['generate', 'rotate']) {
      it(`${command} makes nothing and says how they are replaced: exit 2`, async () => {
        const { status, stdout, stderr } = await key(command)
        expect([status, stdout]).to.deep.equal([2, ''])
        expect(stderr).to.contain(file).and.contain('add the new one at the end of token.keys')
        expect(existsSync(state)).to.equal(false)
      })
    }

    it('nor in docker_auth’s form, whose keys are listed and exported', async () => {
      writeFileSync(
        file,
        JSON.stringify({
          server: { addr: ':5001' },
          token: {
            issuer: 'Auth Service',
            expiration: 900,
            certificate: join(folder, 'token.crt'),
            key: join(folder, 'token.key'),
          },
          users: { '': {} },
          acl: [],
        }),
      )
      expect((await key('rotate')).status).to.equal(2)
      expect(await stages()).to.deep.equal(['signing'])
      const { bundle } = await json('export', '--format', 'bundle')
      expect(new X509Certificate(bundle).subject).to.equal('CN=test')
      expect(existsSync(state)).to.equal(false)
    })
  })

  it('a configuration that is wrong is reported with its place: exit 2', async () => {
    writeFileSync(file, JSON.stringify({ ...PLAIN, tokens: {} }))
    const { status, stderr } = await key('list')
    expect(status).to.equal(2)
    expect(stderr).to.match(/dockwarden\.yml:\d+:\d+: tokens: unknown key; did you mean "token"/)
  })
})
