// `dockwarden explain`: its options, its results, and how it ends.
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { explain } from '../../../core/cli/explain/run.ts'
import { type Given, openPlace, type Place } from './explain-steps.ts'

const PASSWORD = 'correct-horse-7'
const CONFIG = `
server: { listen: 127.0.0.1:5001 }
token:
  keys: [{ certificate: cert.pem, key: key.pem }]
  services: [reg.example.com, other.example.com]
authenticators:
  - plugin: static
    id: staff
    options:
      users:
        alice: { password: !file password, labels: { team: [red] } }
        "": { labels: { who: nobody } }
  - plugin: ./mute.ts
labelers:
  - plugin: labels-map
    id: office
    options: { rules: [{ when: 'account != ""', labels: { shift: day } }] }
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { name: night/*, account: "/.+/" }
          when: time.now.getHours("UTC") < 6
          actions: [pull]
        - match: { name: "\${account}/*" }
          actions: ["*"]
        - match: { labels: { team: red } }
          when: client.ip != "" && client.id == "docker"
          actions: [pull]
        - match: { name: broken/* }
          when: claims.email == "x"
          actions: [pull]
        - match: { labels: { who: nobody }, name: public/* }
          actions: [pull]
  - plugin: ./silent.ts
    id: last
`
const MUTE = `
import { accept, definePlugin, reject, z } from 'dockwarden/plugin'
export default definePlugin({ kind: 'authenticator', name: 'mute', options: z.strictObject({}), create: () => ({
  async authenticate({ account, password }) {
    return account === 'bob' && password.reveal() === '${PASSWORD}' ? accept() : reject('not "' + password.reveal() + '"')
  },
}) })`
const SILENT = `
import { definePlugin, pass, z } from 'dockwarden/plugin'
export default definePlugin({ kind: 'authorizer', name: 'silent', options: z.strictObject({}), create: () => ({
  authorize: async () => pass,
}) })`

describe('dockwarden explain', () => {
  let place: Place
  let file: string
  const SERVICE = 'reg.example.com'
  before(async () => {
    place = await openPlace()
    place.file('password', PASSWORD)
    place.file('mute.ts', MUTE)
    place.file('silent.ts', SILENT)
    file = place.file('dockwarden.yml', CONFIG)
  })
  after(() => place.remove())

  const run = (given: Given, ...scopes: string[]) =>
    place.run(file, { service: SERVICE, ...given }, ...scopes)
  async function json(given: Given, ...scopes: string[]) {
    const { status, stdout, stderr } = await run({ ...given, json: true }, ...scopes)
    return { ...JSON.parse(stdout), exit: status, stderr }
  }

  it('says on a page who would be asked, the labels, each scope, and the claims', async () => {
    const given = { account: 'alice', label: ['team=red'], ip: '192.0.2.1', client: 'docker' }
    const { status, stdout, stderr } = await run(
      given,
      'repository:alice/app:push',
      'repository:x/app:pull,push',
    )
    const [page, claims] = stdout.split('Claims that would be signed\n')
    expect(page).to.equal(`Account alice, from 192.0.2.1, for service reg.example.com, as client docker

Authenticators that would be asked, in this order; --ask asks them
  staff (static)
  mute (mute)

Labels
  team = red   from --label
  shift = day   from labeler office
  office (labels-map): gives shift [day]
    rule 1 applies: it gives {"shift":["day"]}

repository:alice/app:push
  acl (acl): grants push
    rule 1 at dockwarden.yml:22 no: name is alice/app, wanted night/*
    rule 2 at dockwarden.yml:25 yes: grants [push]
    rule 3 at dockwarden.yml:27 too late: it would match, but rule 2 stands before it
  granted: push, by acl: rule 2

repository:x/app:pull,push
  acl (acl): grants pull
    rule 1 at dockwarden.yml:22 no: name is x/app, wanted night/*
    rule 2 at dockwarden.yml:25 no: name is x/app, wanted \${account}/* (here alice/*)
    rule 3 at dockwarden.yml:27 yes: grants [pull]; [push] was asked for too, but it grants no more than [pull]
  granted: pull; denied: push, by acl: rule 3

`)
    expect(claims).to.include('  sub: "alice"\n  aud: "reg.example.com"\n')
    expect(claims).to.include(
      '  access: [{"type":"repository","name":"alice/app","actions":["push"]},{"type":"repository","name":"x/app","actions":["pull"]}]\n',
    )
    expect([status, stderr]).to.deep.equal([1, ''])
  })

  it('says the same as JSON', async () => {
    const answer = await json({ account: 'alice' }, 'repository:alice/app:push')
    expect(answer).to.deep.include({ exit: 0, granted: true, status: 200, account: 'alice', asked: false })
    expect(answer.authenticators).to.deep.equal([
      { id: 'staff', plugin: 'static' },
      { id: 'mute', plugin: 'mute' },
    ])
    expect(answer.labels).to.deep.equal([{ name: 'shift', value: 'day', from: ['labeler office'] }])
    expect(answer.claims).to.deep.include({ sub: 'alice', aud: SERVICE })
    const [scope] = answer.scopes
    expect(scope).to.deep.include({
      scope: 'repository:alice/app:push',
      granted: ['push'],
      authorizer: 'acl',
      rule: 'rule 2',
    })
    expect(scope.authorizers[0].facts.rules[1]).to.deep.equal({
      rule: 'rule 2',
      at: 'dockwarden.yml:25',
      verdict: 'yes',
      why: 'grants [push]',
    })
  })

  it('names every authorizer that was asked before one decided, and that none did', async () => {
    const { stdout, status } = await run({ account: 'carol' }, 'repository:x/app:pull')
    expect(stdout).to.include('  acl (acl): passes: it has nothing to say\n')
    expect(stdout).to.include(
      '  last (silent): passes: it has nothing to say\n  denied: pull, no authorizer decides on it\n',
    )
    expect(status).to.equal(1)
  })

  it('without scopes it is a login', async () => {
    const { status, stdout } = await run({ account: 'alice' })
    expect([status, stdout]).to.satisfy(
      ([code, page]: [number, string]) => code === 0 && page.includes('access: []'),
    )
  })

  describe('--at', () => {
    for (const [at, exit] of [
      ['2026-03-01T02:30:00Z', 0],
      ['2026-03-01T02:30-05:00', 1],
      ['2026-03-01', 0],
    ] as const) {
      it(`${at}: ${exit === 0 ? 'granted' : 'not granted'}`, async () => {
        const answer = await json({ account: 'alice', at }, 'repository:night/app:pull')
        expect(answer.exit).to.equal(exit)
        expect(answer.at).to.equal(new Date(at).toISOString())
      })
    }
  })

  describe('--ask', () => {
    it('looks at the account, gives its labels, and is audited', async () => {
      const answer = await json(
        { account: 'alice', ask: true, ip: '192.0.2.1', client: 'docker' },
        'repository:x/app:pull',
      )
      expect(answer).to.deep.include({ exit: 0, authenticator: 'staff', asked: true })
      expect(answer.labels[0]).to.deep.equal({ name: 'team', value: 'red', from: ['authenticator staff'] })
      const line = JSON.parse(answer.stderr)
      expect(line).to.deep.include({
        audit: 'token',
        account: 'alice',
        ip: '192.0.2.1',
        authenticator: 'staff',
        asked: ['staff: accept'],
        scopes: ['repository:x/app:pull'],
        access: ['repository:x/app:pull'],
        rules: ['acl: rule 3'],
        status: 200,
        msg: 'login explained',
      })
      expect(line.explained_to).to.match(/.@./)
    })

    it('tries a password on standard input, without the end of its line', async () => {
      const answer = await json({ account: 'alice', ask: true, input: `${PASSWORD}\n` })
      expect(answer).to.deep.include({ exit: 0, account: 'alice' })
      expect(answer.authenticators[0]).to.deep.include({ asked: 'authenticate', outcome: 'accept' })
    })

    it('tells why a password is wrong, and shows it nowhere', async () => {
      const { status, stdout, stderr } = await run({ account: 'bob', ask: true, input: 'wrong-horse-9' })
      expect(status).to.equal(1)
      expect(stdout).to.include('staff (static): passes').and.include('mute (mute): rejects: not "***"')
      expect(stdout).to.include('No token: the server answers 401, wrong user name or password')
      expect(stdout + stderr).not.to.include('wrong-horse-9')
      expect(JSON.parse(stderr)).to.deep.include({
        status: 401,
        asked: ['staff: pass', 'mute: reject'],
        grant: 'password',
      })
    })

    it('asks for the password where nothing else helps', async () => {
      const { status, stdout } = await run({ account: 'bob', ask: true })
      expect(status).to.equal(1)
      expect(stdout).to.include('mute can be asked with a password only; give it on standard input')
      expect((await run({ account: 'bob', ask: true, input: PASSWORD })).status).to.equal(0)
    })

    it('asks the one that is named alone', async () => {
      const answer = await json({ account: 'alice', ask: true, authenticator: 'staff' })
      expect(answer.authenticators).to.have.length(1)
    })

    it('asks for clients without credentials, too', async () => {
      const answer = await json({ ask: true }, 'repository:public/app:pull')
      expect(answer).to.deep.include({ exit: 0, account: '' })
      expect(answer.labels).to.deep.equal([{ name: 'who', value: 'nobody', from: ['authenticator staff'] }])
    })
  })

  describe('what is no token', () => {
    const table: [string, Given, string[], RegExp][] = [
      [
        'a service that there is not',
        { service: 'x' },
        ['repository:a:pull'],
        /the server answers 400, service "x" is none/,
      ],
      [
        'a rule that can not be judged',
        { account: 'alice' },
        ['repository:broken/app:pull'],
        /acl \(acl\): could not be asked: rule 4 can't be judged: it reads claims[\s\S]*the server answers 503/,
      ],
    ]
    for (const [name, given, scopes, expected] of table) {
      it(name, async () => {
        const { status, stdout } = await run(given, ...scopes)
        expect(status).to.equal(1)
        expect(stdout).to.match(expected)
      })
    }
  })

  describe('the service', () => {
    it('is the first that tokens are made for, where none is named', async () => {
      const answer = await json({ account: 'alice', service: undefined }, 'repository:alice/app:pull')
      expect(answer).to.deep.include({ exit: 0, service: SERVICE })
    })

    it('is none where an audit line has none', async () => {
      const line = { audit: 'token', request: 'r-1', account: 'alice', scopes: ['repository:alice/app:pull'] }
      const given = { request: 'r-1', input: JSON.stringify(line), service: undefined }
      const { status, stdout } = await run(given)
      expect(status).to.equal(1)
      expect(stdout).to.contain('the server answers 400, service is missing')
    })
  })

  describe('wrong usage', () => {
    const table: [string, Given, string[], RegExp][] = [
      ['a label without a value', { label: ['team'] }, [], /--label "team" is not name=value/],
      ['an address that is none', { ip: 'here' }, [], /--ip "here" is no address/],
      ['a time without its zone', { at: '2026-03-01T02:30' }, [], /--at .* is no time with its zone/],
      ['a day that there is not', { at: '2026-13-01' }, [], /--at/],
      ['an account that can not be', { account: ' x' }, [], /--account has white space at an end/],
      [
        'an authenticator that is not there',
        { authenticator: 'x' },
        [],
        /--authenticator "x" is not configured; there is staff, mute/,
      ],
      ['a log without a request', { log: 'x' }, [], /--log needs --request ID/],
      [
        'a log that is not there',
        { request: 'x', log: '/nowhere/x' },
        [],
        /\/nowhere\/x cannot be read: there is no such file/,
      ],
      [
        'a request that is not in the log',
        { request: 'abc', input: '{}\n' },
        [],
        /no audit line of the request "abc" in standard input/,
      ],
    ]
    for (const [name, given, scopes, expected] of table) {
      it(name, async () => {
        const error = await run(given, ...scopes).then(
          () => undefined,
          ({ message }: Error) => message,
        )
        expect(error).to.match(expected)
      })
    }

    it('a scope that can not be read', async () => {
      for (const scope of ['repository:a', 'Repository:a:pull', 'repository:a b:pull']) {
        const { status, stdout, stderr } = await run({ account: 'alice' }, scope)
        expect([scope, status, stdout]).to.deep.equal([scope, 2, ''])
        expect(stderr).to.match(/^dockwarden: scope /)
      }
    })

    it('is told by the command line, with the status 2', async () => {
      const err: string[] = []
      const output = {
        stdout: { write: () => expect.fail() },
        stderr: { write: (text: string) => err.push(text) },
      }
      expect(await runCommandLine(['explain', file, '--at', 'noon'], output)).to.equal(2)
      expect(err.join('')).to.match(/^dockwarden: --at "noon" is no time/)
    })
  })

  describe('--request', () => {
    const ID = '6f1e0c52-9d3c-4f0e-8f8e-2f6b0c1d7a11'
    const LINE = JSON.stringify({
      level: 30,
      time: '2026-03-01T02:30:00.000Z',
      audit: 'token',
      request: ID,
      account: 'alice',
      ip: '192.0.2.7',
      client: 'docker',
      service: SERVICE,
      scopes: ['repository:night/app:pull', 'repository:x/app:pull'],
      authenticator: 'staff',
      labels: { team: ['red'] },
    })
    const LOG = `not JSON ${ID}\n${JSON.stringify({ request: ID, msg: 'another line' })}\nauth-1  | ${LINE}\n`

    for (const where of ['standard input', 'a file']) {
      it(`takes account, labels, client, time and scopes from a line of ${where}`, async () => {
        const given = where === 'a file' ? { log: place.file('audit.log', LOG) } : { input: LOG }
        const answer = await json({ request: ID, ...given })
        expect(answer).to.deep.include({
          exit: 0,
          account: 'alice',
          ip: '192.0.2.7',
          client: 'docker',
          at: '2026-03-01T02:30:00.000Z',
          authenticator: 'staff',
        })
        expect(answer.labels[0]).to.deep.include({ name: 'team', value: 'red', from: ['the audit line'] })
        expect(answer.scopes.map(({ scope }: { scope: string }) => scope)).to.deep.equal([
          'repository:night/app:pull',
          'repository:x/app:pull',
        ])
      })
    }

    it('lets options go before it', async () => {
      const answer = await json(
        { request: ID, input: LOG, account: 'bob', at: '2026-03-01T12:00:00Z', label: ['team=blue'] },
        'repository:night/app:pull',
      )
      expect(answer).to.deep.include({ exit: 1, account: 'bob', at: '2026-03-01T12:00:00.000Z' })
      expect(answer.scopes).to.have.length(1)
    })
  })

  it('is loaded when it is run, and shows its help', async () => {
    expect(explain).to.be.a('function')
    const out: string[] = []
    const output = {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: () => expect.fail() },
    }
    expect(await runCommandLine(['explain', '--help'], output)).to.equal(0)
    expect(out.join(''))
      .to.include('Examples:')
      .and.include('Exit status: 0 all granted (--who: to somebody), 1 not')
  })

  it('has colours on a terminal only', async () => {
    const out: string[] = []
    const output = (isTTY: boolean) => ({
      stdout: { write: (text: string) => out.push(text), isTTY },
      stderr: { write: () => {} },
    })
    const args = ['explain', file, '--account', 'alice', '--service', SERVICE, 'repository:alice/app:pull']
    const noColor = process.env.NO_COLOR
    try {
      delete process.env.NO_COLOR
      await runCommandLine(args, output(true))
      expect(out.join('')).to.include('\u001b[')
      out.length = 0
      await runCommandLine(args, output(false))
      expect(out.join('')).not.to.include('\u001b[')
    } finally {
      if (noColor !== undefined) process.env.NO_COLOR = noColor
    }
  })
})
