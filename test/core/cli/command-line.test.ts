import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { newPair } from '../../support/key-pairs.ts'

const GOOD = `
server: { listen: 127.0.0.1:5001 }
authenticators: [{ plugin: static, options: { users: { "": {} } } }]
authorizers: [{ plugin: acl, options: { rules: [{ actions: [pull] }] } }]
`

describe('the command line', () => {
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-cli-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  async function run(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const status = await runCommandLine(args, {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
    })
    return { status, stdout: out.join(''), stderr: err.join('') }
  }

  function config(text: string): string {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, text)
    return file
  }

  it('shows no token that was written in the wrong place', async () => {
    const token = createSecretToken('personal').secret.reveal()
    for (const args of [[token], ['check', token], ['key', 'rotate', '--wait', token]]) {
      const { status, stderr } = await run(...args)
      expect(status).to.equal(2)
      expect(stderr).to.include('dwp_***').and.not.include(token.slice(4))
    }
  })

  it('check says ok and exits 0 for a good configuration, and makes no state', async () => {
    const file = config(GOOD)
    expect(await run('check', file)).to.deep.equal({ status: 0, stdout: `${file}: ok\n`, stderr: '' })
    expect(existsSync(join(folder, 'var'))).to.equal(false)
  })

  it('plugins shows what is used, from where, and who gets what from whom', async () => {
    writeFileSync(
      join(folder, 'corp.ts'),
      `import { createToken, definePlugin, z } from 'dockwarden/plugin'
      const DIRECTORY = createToken('acme/directory')
      const parts = { name: 'corp', options: z.strictObject({}) }
      export default [
        definePlugin({ ...parts, kind: 'authenticator', provides: [DIRECTORY], create: () => ({ authenticate() {} }) }),
        definePlugin({ ...parts, kind: 'labeler', needs: { directory: DIRECTORY }, create: () => ({ label() {} }) }),
      ]`,
    )
    const file = config(
      GOOD.replace(
        'authenticators: [',
        'labelers: [{ plugin: ./corp.ts, id: teams }]\nauthenticators: [{ plugin: ./corp.ts }, ',
      ),
    )
    const { status, stdout } = await run('plugins', file, '--json')
    expect(status).to.equal(0)
    const from = join(folder, 'corp.ts')
    expect(JSON.parse(stdout)).to.deep.equal({
      file,
      plugins: [
        { kind: 'authenticator', plugin: 'corp', id: 'corp', from, provides: ['acme/directory'], needs: {} },
        { kind: 'authenticator', plugin: 'static', id: 'static', from: 'built in', provides: [], needs: {} },
        {
          kind: 'labeler',
          plugin: 'corp',
          id: 'teams',
          from,
          provides: [],
          needs: { directory: { token: 'acme/directory', uses: ['corp'] } },
        },
        { kind: 'authorizer', plugin: 'acl', id: 'acl', from: 'built in', provides: [], needs: {} },
      ],
    })
    const shown = await run('plugins', file)
    expect(shown.stdout.split('\n')[0]).to.match(/^KIND +ID +PLUGIN +FROM +PROVIDES +NEEDS$/)
    expect(shown.stdout).to.match(/^labeler +teams +corp +\/.*corp\.ts +- +acme\/directory of corp$/m)
    expect((await run('plugins', join(folder, 'gone.yml'))).status).to.equal(2)
  })

  it('check warns of a unix socket that can not be made', async () => {
    const file = config(GOOD.replace('127.0.0.1:5001', `unix:${folder}/none/dw.sock`))
    const { status, stderr } = await run('check', file)
    expect(status).to.equal(0)
    expect(stderr).to.match(
      /^warning: .*:2:\d+: server\.listen: cannot listen on unix:.*: there is no folder .*none; make it/,
    )
    expect(existsSync(join(folder, 'none'))).to.equal(false)
  })

  it('check exits 2 with every problem at its place, those of plugins too', async () => {
    const file = config(`
server: { listne: ":1" }
token: { keys: [{ key: gone.key }] }
authenticators:
  - plugin: statik
  - plugin: static
    options: { users: { ann: { password: plain } } }
  - plugin: acl
authorizers:
  - plugin: acl
    options: { rules: [{ match: { ip: 10.0.0.0/99 }, actions: ["*"] }] }
  - plugin: acl
    on_error: next
    options: { rules: [{ actions: [pull] }] }
`)
    const { status, stderr } = await run('check', file)
    expect(status).to.equal(2)
    expect(stderr).to.contain(`${file}:2:11: server.listne: unknown key; did you mean "listen"?`)
    expect(stderr).to.match(
      /:5:5: authenticators\[0\]: there is no plugin "statik"; did you mean "static"\? \(not built in; .*\)/,
    )
    expect(stderr).to.match(/:7:42: authenticators\[1\]\.options\.users\.ann\.password: .*!env/)
    expect(stderr).to.match(/:8:5: authenticators\[2\]: acl is an authorizer only; move it to authorizers/)
    expect(stderr).to.match(/:11:\d+: authorizers\[0\]\.options\.rule 1\.match\.ip: /)
    expect(stderr).to.contain(`${file}:13:15: authorizers[1].on_error: an authorizer only knows fail`)
  })

  it('check and serve tell in one pass what is wrong in the file and what can not be opened', async () => {
    const file = config(`
server: { listne: ":1" }
token: { keys: [{ key: gone.key }] }
authenticators:
  - plugin: exec
    id: script
    options: { command: ./gone.sh }
  - plugin: ./gone.ts
    id: vault
authorizers: []
`)
    for (const command of ['check', 'serve']) {
      const { status, stderr } = await run(command, file)
      expect(status).to.equal(2)
      expect(stderr).to.contain(':2:11: server.listne: unknown key')
      expect(stderr).to.match(/:3:\d+: token\.keys\[0\]\.key: cannot read .*gone\.key/)
      expect(stderr).to.match(
        /:5:5: authenticators\[0\]: plugin exec \(id script\) could not be created: .*gone\.sh/,
      )
      expect(stderr).to.match(/:8:5: authenticators\[1\]: id vault: cannot load .*gone\.ts/)
    }
  })

  it('check says nothing of instances that need what stands in a faulty one', async () => {
    const file = config(`
authenticators:
  - plugin: sql
    options: { database: sqlite, file: gone.db }
  - plugin: ldap
    options: { serves: [ldaps://x] }
labelers:
  - plugin: ldap
    options: {}
authorizers:
  - plugin: sql
`)
    const { stderr } = await run('check', file)
    expect(stderr).to.match(/authenticators\[0\]: plugin sql \(id sql\) could not be created: .*gone\.db/)
    expect(stderr).to.contain('authenticators[1].options.serves: unknown key')
    expect(stderr).not.to.match(/labelers|authorizers/)
  })

  it('check finds a second plugin with the same id', async () => {
    const { stderr } = await run(
      'check',
      config(
        `${GOOD.trim().replace('rules: [{ actions: [pull] }] } }', 'rules: [{ actions: [pull] }] } }, { plugin: acl, options: { rules: [{ actions: [pull] }] } }')}`,
      ),
    )
    expect(stderr).to.match(
      /authorizers\[1\]: has the id "acl", as authorizers\[0\] has; give one of them another id/,
    )
  })

  it('check finds a second plugin with the same id also when the options of both are wrong', async () => {
    const { stderr } = await run(
      'check',
      config(`
authenticators:
  - { plugin: static, id: two, options: { users: 1 } }
  - { plugin: static, id: two, options: { users: 2 } }
authorizers: []
`),
    )
    expect(stderr).to.match(/authenticators\[1\]: has the id "two", as authenticators\[0\] has/)
  })

  it('check takes no plugin for a second one because its timeout is wrong', async () => {
    const { stderr } = await run(
      'check',
      config(`
authenticators:
  - { plugin: static, id: one, timeout: soon, options: { users: {} } }
  - { plugin: static, options: { users: {} } }
authorizers: []
`),
    )
    expect(stderr).to.contain('authenticators[0].timeout: ').and.not.contain('has the id')
  })

  it('check reports what it can not open in the order of the file', async () => {
    const { stderr } = await run(
      'check',
      config(`
authorizers: []
authenticators: [{ plugin: htpasswd, options: { file: gone } }]
token: { keys: [{ key: gone.key }] }
`),
    )
    expect(stderr).to.match(/:3:\d+: authenticators\[0\]: .*\n.*:4:\d+: token\.keys\[0\]\.key: /)
  })

  it('check names the file of a pair that is at fault, and both when both are', async () => {
    const both = await run(
      'check',
      config(`token: { keys: [{ certificate: gone.crt, key: gone.key }] }\n${GOOD}`),
    )
    expect(both.stderr).to.match(/keys\[0\]\.certificate: cannot read .*\n.*keys\[0\]\.key: cannot read/)
    const file = config(GOOD)
    const bad = await run('check', config(`token: { keys: [{ key: ${JSON.stringify(file)} }] }\n${GOOD}`))
    expect(bad.stderr).to.match(/:1:\d\d: token\.keys\[0\]\.key: there is no private key/)
  })

  it('check says once that a variable is not set', async () => {
    for (const plugin of [
      'plugin: static, options: { users: { bob: { password: !env NOT_SET_ANYWHERE } } }',
      'plugin: exec, options: { command: !env NOT_SET_ANYWHERE }',
    ]) {
      const { stderr } = await run('check', config(`authenticators: [{ ${plugin} }]\nauthorizers: []\n`))
      expect(stderr.match(/authenticators\[0\]/g)).to.have.length(1)
      expect(stderr).to.contain('NOT_SET_ANYWHERE is not set')
    }
  })

  it('check opens the files that the configuration names', async () => {
    const { status, stderr } = await run('check', config(`token: { keys: [{ key: gone.key }] }\n${GOOD}`))
    expect(status).to.equal(2)
    expect(stderr).to.contain(`cannot read ${folder}/gone.key: there is no such file`)
  })

  it('check shows what plugins warn of', async () => {
    writeFileSync(join(folder, 'users'), 'ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n')
    const { status, stderr } = await run(
      'check',
      config(`
server: { listen: 127.0.0.1:5001 }
authenticators: [{ plugin: htpasswd, options: { file: users } }]
authorizers: [{ plugin: acl, options: { rules: [{ actions: [pull] }] } }]
`),
    )
    expect(status).to.equal(0)
    expect(stderr).to.match(/^warning: .*:3:18: authenticators\[0\]: plugin htpasswd \(id htpasswd\): /)
  })

  it('check warns of certificates that end soon, at their places', async () => {
    const { certificate, key } = await newPair('P-256', { notAfter: new Date(Date.now() + 5 * 86_400_000) })
    writeFileSync(join(folder, 'soon.crt'), certificate)
    writeFileSync(join(folder, 'soon.key'), key)
    const { status, stderr } = await run(
      'check',
      config(`
token: { keys: [{ certificate: soon.crt, key: soon.key }] }
server: { listen: 127.0.0.1:5001, tls: { certificate: soon.crt, key: soon.key } }
authenticators: []
authorizers: []
`),
    )
    expect(status).to.equal(0)
    expect(stderr).to.match(/^warning: .*:2:\d+: token\.keys\[0\]\.certificate: certificate 1 expires on 2/m)
    expect(stderr).to.match(/^warning: .*:3:\d+: server\.tls\.certificate: certificate 1 expires on 2/m)
  })

  for (const [more, noted] of [
    ['', true],
    ['x5c: false', true],
    ['x5c: true', false],
    ['disable_legacy_key_id: true', false],
  ] as const) {
    it(`check ${noted ? 'notes' : 'does not say'} that Distribution 3 refuses the tokens of docker_auth’s form with ${more || 'its defaults'}`, async () => {
      const { certificate, key } = await newPair('RSA-2048')
      writeFileSync(join(folder, 'token.crt'), certificate)
      writeFileSync(join(folder, 'token.key'), key)
      const file = config(`
server: { addr: "127.0.0.1:5001" }
token: { issuer: Acme, expiration: 900, certificate: ${folder}/token.crt, key: ${folder}/token.key${more && `, ${more}`} }
users: { "": {} }
acl: []
`)
      const { status, stdout, stderr } = await run('check', file)
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' })
      const note =
        /^note: .*:3:\d+: token\S*: Distribution 3 refuses these tokens; token\.x5c: true is good for 2 and 3/
      if (noted) expect(stdout).to.match(note).and.to.include(`\n${file}: ok\n`)
      else expect(stdout).to.equal(`${file}: ok\n`)
      const { warnings, notes } = JSON.parse((await run('check', '--json', file)).stdout)
      expect([warnings.length, notes.length]).to.deep.equal([0, noted ? 1 : 0])
    })
  }

  it('check notes nothing about the key that stands in for one that is missing', async () => {
    expect((await run('key', 'generate', '--config', config(GOOD))).status).to.equal(0)
    const file = config(`
server: { addr: "127.0.0.1:5001" }
token: { issuer: Acme, expiration: 900 }
users: { "": {} }
acl: []
`)
    const { problems, notes } = JSON.parse((await run('check', '--json', file)).stdout)
    expect(problems).to.have.length(1)
    expect(problems[0]).to.include({ path: 'token.certificate' })
    expect(notes).to.deep.equal([])
  })

  it('check --json prints one object', async () => {
    const file = config('authenticators: []')
    const { stdout } = await run('check', '--json', file)
    const result = JSON.parse(stdout)
    expect(result).to.include({ file, valid: false })
    expect(result.problems[0]).to.include({ file, path: 'authorizers' })
  })

  it('serve exits 2 and says why when it cannot start, and leaves nothing running', async () => {
    const { status, stderr } = await run(
      'serve',
      config(GOOD.replace('127.0.0.1:5001', '203.0.113.1:1')),
      '--log-level',
      'silent',
    )
    expect(status).to.equal(2)
    expect(stderr).to.contain('cannot listen on 203.0.113.1:1: this machine has no such address')
  })

  it('serve shows the password of a user that it made, even when it can not start then', async () => {
    const file = config(`
server: { listen: 203.0.113.1:5001, state_dir: made }
authenticators: [{ plugin: htpasswd, options: { first_user: admin } }]
authorizers: []
`)
    const { status, stdout, stderr } = await run('serve', file, '--log-level', 'silent')
    expect(status).to.equal(2)
    expect(stderr).to.contain('The user admin was made').and.contain('cannot listen on 203.0.113.1:5001')
    expect(stdout).to.match(/^[a-z0-9-]{20,}\n$/)
    expect(existsSync(join(folder, 'made/htpasswd'))).to.equal(true)
  })

  it('names a configuration that is missing', async () => {
    const { status, stderr } = await run('check', join(folder, 'none.yml'))
    expect(status).to.equal(2)
    expect(stderr).to.match(
      /none\.yml:1:1: cannot be read: there is no such file; name another file, or set DOCKWARDEN_CONFIG/,
    )
  })

  const usage: [string[], RegExp][] = [
    [['chekc'], /unknown command 'chekc'/],
    [['check', '--jsno'], /unknown option '--jsno'/],
    [['token', 'create', '--acount', 'x'], /unknown option '--acount'\n\(Did you mean --account\?\)/],
    [['token', 'create', '--name', 'x'], /an option is missing; write --account NAME/],
    [['key', 'export', '--fromat', 'jwks'], /unknown option '--fromat'\n\(Did you mean --format\?\)/],
    [['key', 'export', 'jwks'], /too many arguments/],
    [['key', 'export'], /an option is missing; write --format bundle, --format jwks or --format certificate/],
    [['serve', '--log-level', 'loud'], /Allowed choices are debug, info, warn, error, silent/],
  ]
  for (const [args, message] of usage) {
    it(`exits 2 for: ${args.join(' ')}`, async () => {
      const { status, stderr } = await run(...args)
      expect(status).to.equal(2)
      expect(stderr).to.match(message)
    })
  }

  it('takes docker_auth’s command line: glog flags, then the file', async () => {
    const file = config('authenticators: []')
    for (const flags of [
      ['-alsologtostderr=true', '-log_dir=/logs'],
      ['--v', '2', '-logtostderr'],
      ['-v=2', '-logbufsecs=1'],
    ]) {
      const { status, stderr } = await run(...flags, file)
      expect(stderr).to.contain(`warning: ${flags.join(' ').replace(' 2', '')} ignored`)
      expect(stderr).to.contain('authorizers: is missing')
      expect(status).to.equal(2)
    }
  })

  it('takes options of serve on both sides of a file that stands alone', async () => {
    const file = config('authenticators: []')
    for (const args of [
      ['-v=2', '--log-level', 'debug', file],
      ['--log-level=debug', '-v=2', file],
      [file, '--log-level', 'debug'],
    ]) {
      const { status, stderr } = await run(...args)
      expect(stderr).to.contain('authorizers: is missing')
      expect(status).to.equal(2)
    }
  })
})
