// What `dockwarden doctor` says of the server's own side, and how it ends.
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { inWords } from '../../../core/cli/doctor/words.ts'
import { ok, warning, wrong } from '../../../core/doctor/finding.ts'
import { startDockwarden } from '../../support/dockwarden.ts'
import { runDoctor } from '../../support/doctor.ts'
import { freePort } from '../../support/free-port.ts'
import { newPair } from '../../support/key-pairs.ts'

const DAY = 86_400_000

describe('dockwarden doctor, on its own side', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-doctor-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const config = (server = '{ listen: 127.0.0.1:0 }', token = '{ issuer: Test }', authenticators = '[]') =>
    file(
      'dockwarden.yml',
      `server: ${server}\ntoken: ${token}\nauthenticators: ${authenticators}\nauthorizers: []\n`,
    )
  const ids = (lines: readonly string[]) => lines.map((line) => line.split(':')[0])

  it('finds nothing wrong with a new configuration, and makes nothing', async () => {
    const { status, of, findings } = await runDoctor(config())
    expect([of('wrong'), status]).to.deep.equal([[], 0])
    expect(ids(of('warning'))).to.deep.equal(['keys', 'running'])
    expect(findings.map(({ id }) => id)).to.include.members([
      'configuration',
      'files',
      'state',
      'store',
      'node',
      'limits',
      'client-ip',
    ])
    expect(readdirSync(folder)).to.deep.equal(['dockwarden.yml'])
  })

  it('names a state directory that can not be written', async () => {
    file('state', '')
    const { status, of, remedy } = await runDoctor(config('{ listen: 127.0.0.1:0, state_dir: state }'))
    expect(ids(of('wrong'))).to.deep.equal(['state'])
    expect(of('wrong')[0]).to.match(/cannot write .*state: a part of the path is not a folder$/)
    expect(remedy('state')).to.include('DOCKWARDEN_STATE_DIR')
    expect(status).to.equal(1)
  })

  it('names what others may read or write', async () => {
    const { certificate, key } = await newPair('P-256')
    file('key.crt', certificate)
    chmodSync(file('key.pem', key), 0o644)
    const written = config(undefined, '{ keys: [{ certificate: key.crt, key: key.pem }] }')
    expect(ids((await runDoctor(written)).of('warning'))).to.deep.equal(['running'])
    chmodSync(folder, 0o755)
    chmodSync(written, 0o666)
    const { of, status, remedy } = await runDoctor(written)
    expect(of('warning')[0]).to.match(
      /^files: everybody on this machine can read .*key\.pem \(token\.keys\[0\]\.key, mode 644\)/,
    )
    expect(of('wrong')).to.deep.equal([
      `files: everybody on this machine can write ${written} (the configuration)`,
    ])
    expect(remedy('files')).to.match(/^chmod o/)
    expect(status).to.equal(1)
  })

  it('names what others may write of the files of plugins, and that options name', async () => {
    file('users', '')
    file('program', '#!/bin/sh\n')
    file(
      'own.ts',
      "import { definePlugin, pass, z } from 'dockwarden/plugin'\nexport default definePlugin({ api: 1, kind: 'authenticator', name: 'own', options: z.strictObject({}), create: () => ({ authenticate: async () => pass }) })\n",
    )
    const given = config(
      undefined,
      undefined,
      '[{ plugin: htpasswd, options: { file: users } }, { plugin: exec, options: { command: ./program } }, { plugin: ./own.ts }, { plugin: exec, id: looked-up, options: { command: "true" } }]',
    )
    const files = ['users', 'program', 'own.ts'].map((name) => join(folder, name))
    chmodSync(folder, 0o755)
    for (const path of files) chmodSync(path, 0o755)
    expect((await runDoctor(given)).of('wrong')).to.deep.equal([])
    for (const path of files) chmodSync(path, 0o777)
    expect((await runDoctor(given)).of('wrong')).to.have.members([
      `files: everybody on this machine can write ${files[0]} (file of plugin htpasswd, id htpasswd)`,
      `files: everybody on this machine can write ${files[1]} (command of plugin exec, id exec)`,
      `files: everybody on this machine can write ${files[2]} (plugin own)`,
    ])
  })

  it('names certificates that have expired, and those that soon will', async () => {
    const dates = (from: number, until: number) => ({
      notBefore: new Date(Date.now() + from * DAY),
      notAfter: new Date(Date.now() + until * DAY),
    })
    const gone = await newPair('P-256', dates(-9, -1))
    const soon = await newPair('P-256', dates(-9, 3))
    file('key.crt', gone.certificate)
    file('key.pem', gone.key)
    file('tls.crt', soon.certificate)
    file('tls.key', soon.key)
    const { of, status } = await runDoctor(
      config(
        '{ listen: 127.0.0.1:0, tls: { certificate: tls.crt, key: tls.key } }',
        '{ keys: [{ certificate: key.crt, key: key.pem }] }',
      ),
    )
    expect(of('wrong')).to.have.length(1)
    expect(of('wrong')[0]).to.match(/^certificate: token\.keys\[0\]\.certificate: certificate 1 expired on /)
    expect(of('warning')[0]).to.match(/^certificate: server\.tls\.certificate: certificate 1 expires on /)
    expect(status).to.equal(1)
  })

  it("says of docker_auth's defaults that Distribution 3 refuses such tokens", async () => {
    const { certificate, key } = await newPair('RSA-2048')
    const [crt, pem] = [file('key.crt', certificate), file('key.pem', key)]
    const { of, remedy, status } = await runDoctor(
      file(
        'auth_config.yml',
        `server: { addr: "127.0.0.1:0" }\ntoken: { issuer: I, expiration: 900, certificate: ${crt}, key: ${pem} }\nusers: { "": {} }\nacl: [{ match: { account: "" }, actions: [pull] }]\n`,
      ),
    )
    expect(ids(of('warning'))).to.deep.equal(['running', 'token-form'])
    expect(of('warning')[1]).to.include('Distribution 3 refuses these tokens')
    expect(remedy('token-form')).to.include('token.x5c: true')
    expect(status).to.equal(0)
  })

  it('names a store that can not be used', async () => {
    const port = await freePort()
    const redis = await runDoctor(
      config(`{ listen: 127.0.0.1:0, store: { redis: { addresses: ["127.0.0.1:${port}"] } } }`),
    )
    expect(ids(redis.of('wrong'))).to.deep.equal(['store'])
    expect(redis.of('wrong')[0]).to.match(/the store \(redis\) can not be used/)
  })

  it('ends with 2 for a configuration that no server starts with', async () => {
    const broken = await runDoctor(file('broken.yml', 'authenticator: []\n'))
    expect(broken.status).to.equal(2)
    expect(broken.of('wrong').join('\n')).to.match(
      /^configuration: .*broken\.yml:1:1: authenticator: unknown key/m,
    )
    const none = await runDoctor(join(folder, 'none.yml'))
    expect([none.status, ids(none.of('wrong'))]).to.deep.equal([2, ['configuration']])
  })

  it('asks the running server, and sees that its file was changed since', async () => {
    const written = config()
    const server = await startDockwarden(['serve', written])
    try {
      const state = () =>
        readdirSync(join(folder, 'var')).map((name) => [name, statSync(join(folder, 'var', name)).mtimeMs])
      const before = state()
      const { of } = await runDoctor(written)
      expect(of('ok')).to.include(`running: the server runs (process ${server.child.pid})`)
      expect(state()).to.deep.equal(before)
      const later = new Date(Date.now() + DAY)
      utimesSync(written, later, later)
      expect((await runDoctor(written)).of('warning').join('\n')).to.match(/^running: .* was changed at/)
      const other = file('other.yml', readFileSync(written, 'utf8'))
      expect((await runDoctor(other)).of('warning').join('\n')).to.match(
        /^running: .* runs with .*dockwarden\.yml$/,
      )
      writeFileSync(written, 'authenticators: 5\n')
      server.child.kill('SIGHUP')
      await server.until(/"result":"refused"/)
      expect((await runDoctor(other)).of('warning').join('\n')).to.match(
        /^running: .* has refused its last reload/,
      )
    } finally {
      await server.stop()
    }
  })

  it('refuses options that mean nothing, in one line', async () => {
    const CASES: readonly (readonly [args: string[], says: RegExp])[] = [
      [['--as', 'alice'], /--as needs --registry/],
      [['--registry-config', 'x.yml'], /--registry-config needs --registry/],
      [['--registry', 'ftp://x'], /--registry "ftp:\/\/x" is no registry/],
      [
        ['--registry', 'localhost:1', '--ca', join(folder, 'none.pem')],
        /--ca .* cannot be read: there is no such file/,
      ],
      [['--registry', 'localhost:1', '--ca', config()], /--ca .*there is no certificate/],
    ]
    for (const [args, says] of CASES) {
      let [out, err] = ['', '']
      const stdout = { write: (text: string) => (out += text) }
      const status = await runCommandLine(['doctor', config(), ...args], {
        stdout,
        stderr: { write: (text) => (err += text) },
      })
      expect([status, out], err).to.deep.equal([2, ''])
      expect(err).to.match(says)
      expect(err.trimEnd().split('\n')).to.have.length(1)
    }
  })

  it('shows a page of what is not right, and a table of everything', () => {
    const findings = [
      ok('realm', 'it answers'),
      warning('clock', 'it is late', 'why', 'set it'),
      wrong('service', 'none', 'w', 'name one'),
    ]
    expect(inWords({ file: 'a.yml', registry: 'r', findings }, false)).to.equal(`warning clock: it is late
  why: why
  remedy: set it
  page: docs/doctor.md#clock

wrong service: none
  why: w
  remedy: name one
  page: docs/doctor.md#service

LEVEL    CHECK    FOUND
ok       realm    it answers
warning  clock    it is late
wrong    service  none

1 wrong, 1 to look at, 1 ok
`)
    expect(inWords({ file: 'a.yml', findings }, true))
      .to.include('\u001b[31mwrong\u001b[39m')
      .and.include('--registry URL')
    const odd = inWords(
      { file: 'a.yml', registry: 'r', findings: [wrong('realm', 'a\u001b[2Jb', 'w', 'r')] },
      false,
    )
    expect(odd).not.to.include('\u001b')
  })

  it('has no secret of the configuration in what it says', async () => {
    file('password', 'canary-of-the-doctor')
    const { said } = await runDoctor(
      config(
        undefined,
        undefined,
        '[{ plugin: static, options: { users: { a: { password: !file password } } } }]',
      ),
    )
    expect(said).not.to.include('canary-of-the-doctor')
    expect(readFileSync(join(folder, 'password'), 'utf8')).to.include('canary')
  })
})
