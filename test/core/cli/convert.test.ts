// `dockwarden convert`: what is written where, and how it ends. Secrets show nowhere but in their files.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { examine } from '../../../core/cli/check.ts'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { newPair } from '../../support/key-pairs.ts'

const SECRETS = ['git-geheim-1', 'pg-geheim-2', 'redis-geheim-3', 'mongo-geheim-4'] as const

describe('dockwarden convert', () => {
  let folder: string
  const path = (...names: string[]) => join(folder, ...names)
  const write = (name: string, text: string) => {
    writeFileSync(path(name), text)
    return path(name)
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-convert-'))
    const { certificate, key } = await newPair('P-256')
    write('cert.pem', certificate)
    write('key.pem', key)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function run(...args: string[]) {
    let [stdout, stderr] = ['', '']
    const status = await runCommandLine(['convert', ...args], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
    })
    for (const secret of SECRETS) expect(stdout + stderr).not.to.contain(secret)
    return { status, stdout, stderr }
  }

  const head = () =>
    `server: { addr: "127.0.0.1:0" }\ntoken: { issuer: x, expiration: 900, certificate: ${path('cert.pem')}, key: ${path('key.pem')} }\n`
  const simple = () =>
    write('auth.yml', `${head()}users: { "": {} }\nacl: [{ match: {}, actions: [pull] }]\n`)
  const withSecrets = () =>
    write(
      'auth.yml',
      [
        head(),
        `github_auth: { client_id: a, client_secret: ${SECRETS[0]}, redis_token_db: { redis_options: { password: ${SECRETS[2]} } } }`,
        `mongo_auth: { dial_info: { addrs: [a], database: d, username: u, password: ${SECRETS[3]} }, collection: c }`,
        `xorm_auth: { database_type: postgres, conn_string: "postgres://u:${SECRETS[1]}@h/d?sslmode=disable" }`,
        'acl: [{ match: {}, actions: [pull] }]\n',
      ].join('\n'),
    )

  it('prints the native form, and tells on stderr that it is the same', async () => {
    const { status, stdout, stderr } = await run(simple())
    expect(status).to.equal(0)
    expect(stdout).to.contain('authenticators:\n  - plugin: static\n')
    expect(stderr)
      .to.match(/auth\.yml -> standard output: the same settings, and the same decisions on \d+ requests\n$/)
      .and.contain(`paths are relative to ${folder}`)
  })

  it('writes a file that check takes as it takes the source, with the mode of the source', async () => {
    const source = withSecrets()
    chmodSync(source, 0o640)
    const { status, stdout, stderr } = await run(source, '--output', path('new.yml'))
    expect([status, stdout]).to.deep.equal([0, ''])
    expect(statSync(path('new.yml')).mode & 0o777).to.equal(0o640)
    const [before, after] = [await examine(source), await examine(path('new.yml'))]
    expect([...before.problems, ...after.problems]).to.deep.equal([])
    const warned = before.warnings.map(({ message }) => message)
    for (const { message } of after.warnings) expect(warned).to.include(message)
    expect(stderr).to.contain(
      'secrets/github_auth_client_secret holds the secret of github_auth.client_secret (mode 0600)',
    )
  })

  it('writes each secret to a file of its own', async () => {
    await run(withSecrets(), '--output', path('new.yml'))
    expect(statSync(path('secrets')).mode & 0o777).to.equal(0o700)
    const held = readdirSync(path('secrets')).map((name) => {
      expect(statSync(path('secrets', name)).mode & 0o777).to.equal(0o600)
      return readFileSync(path('secrets', name), 'utf8').trim()
    })
    expect(held).to.have.members([...SECRETS])
    const text = readFileSync(path('new.yml'), 'utf8')
    for (const secret of SECRETS) expect(text).not.to.contain(secret)
  })

  it('names variables for secrets without a file to write', async () => {
    const { status, stdout, stderr } = await run(withSecrets())
    expect(status).to.equal(0)
    expect(stdout).to.contain('client_secret: !env GITHUB_AUTH_CLIENT_SECRET')
    expect(stderr).to.contain('set XORM_AUTH_PASSWORD to the secret of xorm_auth.conn_string in ')
    expect(existsSync(path('secrets'))).to.equal(false)
  })

  it('leaves secrets where they have a place already', async () => {
    write('client', ' git-geheim-1 \n')
    write('plain', `${SECRETS[0]}\n`)
    for (const [name, expected] of [
      ['plain', `client_secret: !file ${path('plain')}`],
      ['client', 'client_secret: !env GITHUB_AUTH_CLIENT_SECRET'],
      ['absent', `client_secret: !file ${path('absent')}`],
    ] as const) {
      const source = write(
        `${name}.yml`,
        `${head()}users: { a: { password: !env DW_CONVERT_TEST_UNSET } }\ngithub_auth: { client_id: a, client_secret_file: ${path(name)} }\nacl: []\n`,
      )
      const { status, stdout, stderr } = await run(source)
      expect(status).to.equal(0)
      expect(stdout).to.contain(expected).and.contain('password: !env DW_CONVERT_TEST_UNSET')
      expect(stderr).to.contain('!env DW_CONVERT_TEST_UNSET is named as before, but could not be read here')
    }
  })

  it('writes paths from the folder of the new file', async () => {
    mkdirSync(path('etc'))
    const before = process.cwd()
    process.chdir(folder)
    try {
      const source = write(
        'auth.yml',
        [
          'server: { addr: "127.0.0.1:0", certificate: cert.pem, key: ./key.pem }',
          'token: { issuer: x, expiration: 900 }',
          `users: { a: { password: !file hash } }`,
          'ext_auth: { command: etc/run, args: [etc/x] }',
          'acl: []\n',
        ].join('\n'),
      )
      write('hash', 'secret')
      writeFileSync(path('etc', 'run'), '#!/bin/sh\n', { mode: 0o755 })
      const { status } = await run(source, '--output', 'etc/new.yml')
      expect(status).to.equal(0)
      const text = readFileSync(path('etc', 'new.yml'), 'utf8')
      expect(text).to.contain('certificate: ../cert.pem\n').and.contain('key: ../key.pem\n')
      expect(text)
        .to.contain('password: !file ../hash')
        .and.contain('command: ./run')
        .and.contain('args: [etc/x]')
      expect((await examine('etc/new.yml')).problems).to.deep.equal([])
    } finally {
      process.chdir(before)
    }
  })

  it('keeps the state directory of the source', async () => {
    mkdirSync(path('etc'))
    mkdirSync(path('var'))
    await run(simple(), '--output', path('etc', 'new.yml'))
    expect(readFileSync(path('etc', 'new.yml'), 'utf8'))
      .to.contain(`state_dir: ${path('var')}`)
      .and.contain('reload: auto')
    await run(simple(), '--output', path('new.yml'))
    expect(readFileSync(path('new.yml'), 'utf8')).not.to.contain('state_dir')
  })

  it('writes over nothing', async () => {
    const source = withSecrets()
    for (const there of ['new.yml', join('secrets', 'xorm_auth_password')]) {
      mkdirSync(path('secrets'), { recursive: true })
      write(there, 'mine')
      const { status, stderr } = await run(source, '--output', path('new.yml'))
      expect(status).to.equal(2)
      expect(stderr).to.contain('is there already; remove it, or name another --output')
      expect(readFileSync(path(there), 'utf8')).to.equal('mine')
      rmSync(path(there))
      expect(existsSync(path('new.yml'))).to.equal(false)
      expect(readdirSync(path('secrets'))).to.deep.equal([])
    }
    expect((await run(source, '--output', source)).status).to.equal(2)
  })

  it('leaves nothing behind where it can not write', async () => {
    for (const [source, message] of [
      [withSecrets, /can not make the folder .*none\/secrets: there is no such file/],
      [simple, /can not write .*none/],
    ] as const) {
      const { status, stderr } = await run(source(), '--output', path('none', 'new.yml'))
      expect(status).to.equal(2)
      expect(stderr).to.match(message)
    }
    expect(existsSync(path('none'))).to.equal(false)
  })

  it('ends with 1 when a section that decides could not be carried over', async () => {
    const source = write('auth.yml', `${head()}users: {}\nacl: []\nplugin_authz: { plugin_path: /x.so }\n`)
    const { status, stdout, stderr } = await run(source)
    expect(status).to.equal(1)
    expect(stdout).to.contain('#   plugin_authz:')
    expect(stderr).to.match(/not carried over: .*auth\.yml:\d+:1: plugin_authz: a Go plugin/)
    expect(stderr).to.match(/, but for what is not carried over\n$/)
  })

  const USAGE: readonly (readonly [string, string, RegExp])[] = [
    [
      'a native file',
      'authenticators: []\nauthorizers: []\n',
      /is in the native form already; there is nothing to convert/,
    ],
    [
      'a file with faults',
      'server: { addr: x }\ntoken: {}\nusers: {}\nacl: []\n',
      /bad\.yml:1:17: server\.addr: .*is no address/,
    ],
    ['what is no YAML', 'server: [\n', /bad\.yml:/],
  ]
  for (const [what, text, message] of USAGE) {
    it(`ends with 2 for ${what}`, async () => {
      const { status, stdout, stderr } = await run(write('bad.yml', text), '--output', path('new.yml'))
      expect([status, stdout]).to.deep.equal([2, ''])
      expect(stderr).to.match(message)
      expect(existsSync(path('new.yml'))).to.equal(false)
    })
  }

  it('ends with 2 for a file that is not there, and without one', async () => {
    expect((await run(path('none.yml'))).status).to.equal(2)
    expect((await run()).status).to.equal(2)
  })

  it('tells the same as JSON', async () => {
    const source = withSecrets()
    const printed = JSON.parse((await run(source, '--json')).stdout)
    expect(printed).to.deep.include({ file: source, converted: true, missing: [] })
    expect(printed.text).to.contain('authenticators:')
    expect(printed.secrets).to.deep.include({
      from: 'mongo_auth.dial_info.password',
      tag: '!env',
      name: 'MONGO_AUTH_PASSWORD',
    })
    expect(printed.proof).to.deep.include({ differences: [], changes: [] })
    const written = JSON.parse((await run(source, '--json', '--output', path('new.yml'))).stdout)
    expect(written)
      .to.include({ output: path('new.yml') })
      .and.not.have.property('text')
  })

  it('shows examples with its help', async () => {
    const { status, stdout } = await run('--help')
    expect(status).to.equal(0)
    expect(stdout)
      .to.contain('dockwarden convert auth_config.yml > dockwarden.yml')
      .and.contain('Exit status:')
  })
})
