// `dockwarden init`, in processes of its own: what it makes, what it asks, and that nothing is left half done.
import { execFile, spawn } from 'node:child_process'
import {
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
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse } from 'yaml'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'
import { findProgram, needs } from '../../support/debian.ts'
import { newPair } from '../../support/key-pairs.ts'
import { runMain } from '../../support/run-main.ts'

const KINDS = ['distribution2', 'distribution3', 'zot'] as const
const WAYS = ['terminal', 'compose', 'systemd'] as const
const PASSWORD = /([a-z2-7]{5}-){5}[a-z2-7]{5}/

/** Without colours, and with lines that were too long put together again. */
function plain(shown: string): string {
  return shown.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '').replace(/[\s│]+/g, ' ')
}

describe('dockwarden init', function () {
  this.timeout(120_000)
  let above: string
  let folder: string
  beforeEach(() => {
    above = mkdtempSync(join(tmpdir(), 'dockwarden-init-'))
    folder = join(above, 'made')
  })
  afterEach(() => rmSync(above, { recursive: true }))

  /** In this process. */
  async function run(...args: string[]) {
    const out: string[] = []
    const err: string[] = []
    const status = await runCommandLine(args, {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
    })
    return { status, stdout: out.join(''), stderr: err.join('') }
  }
  const init = (args: readonly string[]) => run('init', folder, ...args)
  /** In a process of its own. */
  const initAlone = (args: readonly string[], more: Parameters<typeof runMain>[2] = {}) =>
    runMain(['init', folder, ...args], '', more)
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const yaml = (name: string) => parse(text(name))

  for (const kind of KINDS) {
    for (const way of WAYS) {
      it(`makes a sound folder for ${kind}, ${way}`, async () => {
        const { status, stdout, stderr } = await init(['--yes', '--registry', kind, '--run', way])
        expect(status, stderr).to.equal(0)
        expect(readdirSync(above)).to.deep.equal(['made'])
        expect(stdout.match(new RegExp(PASSWORD, 'g')), 'shown once').to.have.length(1)
        const [password = ''] = PASSWORD.exec(stdout)!
        for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          const { mode } = statSync(join(folder, name))
          if (statSync(join(folder, name)).isDirectory()) continue
          expect(readFileSync(join(folder, name), 'utf8'), name).not.to.include(password)
          expect(mode & 0o777, name).to.equal(/^var|passwd$/.test(name) ? 0o600 : 0o644)
        }
        expect(statSync(join(folder, 'var')).mode & 0o777).to.equal(0o700)
        const checked = await run('check', join(folder, 'dockwarden.yml'))
        expect(checked).to.include({ status: 0, stderr: '' })
        const tested = await run('policy', 'test', join(folder, 'policy.yml'), '--coverage', '--json')
        expect(tested.status, tested.stdout).to.equal(0)
        const [{ rules, decided }] = JSON.parse(tested.stdout).coverage
        expect(decided, 'each rule has a case').to.equal(rules)
        // The registry is told the same as the server is.
        const settings = yaml(kind === 'zot' ? 'zot.json' : 'registry.yml')
        const auth = kind === 'zot' ? settings.http.auth.bearer : settings.auth.token
        expect(auth.realm).to.equal('https://localhost:5001/auth')
        expect(auth.service).to.equal('registry')
        if (kind !== 'zot') expect(auth.issuer).to.equal(yaml('dockwarden.yml').token.issuer)
        const trusted = kind === 'zot' ? 'zot-token.crt' : 'var/signing-ca.crt'
        const format = kind === 'zot' ? 'certificate' : 'bundle'
        const exported = await run(
          'key',
          'export',
          '--format',
          format,
          '--config',
          join(folder, 'dockwarden.yml'),
        )
        expect(text(trusted)).to.equal(exported.stdout)
        if (way !== 'compose') expect(auth.cert ?? auth.rootcertbundle).to.equal(join(folder, trusted))
      })
    }
  }

  it('names in compose only what is there, and the ports of this machine alone', async () => {
    for (const kind of KINDS) {
      expect((await init(['--yes', '--registry', kind, '--run', 'compose'])).status).to.equal(0)
      const { services } = yaml('compose.yml')
      const volumes: string[] = [...services.dockwarden.volumes, ...services.registry.volumes]
      for (const volume of volumes)
        expect(existsSync(join(folder, volume.split(':')[0]!)), volume).to.equal(true)
      expect(services.dockwarden.ports).to.deep.equal(['127.0.0.1:5001:5001'])
      expect(services.registry.ports).to.deep.equal(['127.0.0.1:5000:5000'])
      const settings = yaml(kind === 'zot' ? 'zot.json' : 'registry.yml')
      const { cert, rootcertbundle } = { ...settings.http.auth?.bearer, ...settings.auth?.token }
      expect(services.registry.volumes.join(' ')).to.include(`:${cert ?? rootcertbundle}:ro`)
      rmSync(folder, { recursive: true })
    }
  })

  it('takes a certificate for another host, for the registry too', async () => {
    const { certificate, key } = await createTlsCertificate(['registry.example.com'], Date.now())
    const pair = { certificate: join(above, 'tls.crt'), key: join(above, 'tls.key') }
    writeFileSync(pair.certificate, certificate)
    writeFileSync(pair.key, key, { mode: 0o600 })
    const given = [
      '--yes',
      '--host',
      'registry.example.com',
      '--certificate',
      pair.certificate,
      '--key',
      pair.key,
    ]
    expect((await init([...given, '--run', 'terminal'])).status).to.equal(0)
    expect(yaml('dockwarden.yml').server).to.include({ listen: ':5001' }).and.deep.include({ tls: pair })
    expect(yaml('registry.yml').http).to.deep.equal({ addr: ':5000', tls: pair })
    expect(yaml('registry.yml').auth.token.realm).to.equal('https://registry.example.com:5001/auth')
    rmSync(folder, { recursive: true })
    expect((await init([...given, '--run', 'compose'])).status).to.equal(0)
    const { dockwarden, registry } = yaml('compose.yml').services
    const { tls } = yaml('dockwarden.yml').server
    for (const { volumes } of [dockwarden, registry]) {
      expect(volumes)
        .to.include(`${pair.certificate}:${tls.certificate}:ro`)
        .and.include(`${pair.key}:${tls.key}:ro`)
    }
    expect(yaml('registry.yml').http.tls).to.deep.equal(tls)
  })

  it('refuses a certificate that clients would refuse', async () => {
    const files = ['--certificate', join(above, 'tls.crt'), '--key', join(above, 'tls.key')]
    const year = 365 * 86_400_000
    for (const [pair, message] of [
      [
        await createTlsCertificate(['other.example.com'], Date.now()),
        /is not for registry\.example\.com, but/,
      ],
      [await newPair('P-256', { name: 'registry.example.com' }), /but for no name that clients take/],
      [await createTlsCertificate(['registry.example.com'], Date.now() - 9 * year), /expired on 20/],
    ] as const) {
      writeFileSync(join(above, 'tls.crt'), pair.certificate)
      writeFileSync(join(above, 'tls.key'), pair.key, { mode: 0o600 })
      const { status, stderr } = await init(['--yes', '--host', 'registry.example.com', ...files])
      expect(status, stderr).to.equal(2)
      expect(stderr).to.match(message)
      expect(existsSync(folder)).to.equal(false)
    }
  })

  it('prints one line of JSON with everything to go on', async () => {
    const { status, stdout, stderr } = await init(['--yes', '--json', '--user', 'Ann.B', '--run', 'terminal'])
    expect(status, stderr).to.equal(0)
    const made = JSON.parse(stdout)
    expect(made).to.include({ folder, user: 'Ann.B' })
    expect(made.password).to.match(PASSWORD)
    expect(made.files.toSorted()).to.deep.equal(readdirSync(folder).sort())
    expect(made.steps).to.have.length(4)
  })

  for (const [title, args, message] of [
    ['an address', ['--host', '192.0.2.1'], /is an address, to which crane/],
    ['a URL', ['--host', 'https://a.example'], /is no host name/],
    ['a host without a certificate', ['--host', 'a.example'], /needs --certificate FILE and --key FILE/],
    ['a certificate that is not there', ['--certificate', '/no.crt', '--key', '/no.key'], /no such file/],
    ['a key alone', ['--key', '/no.key'], /need each other/],
    ['a user who is a pattern', ['--user', 'a*'], /is no name for the first user/],
    ['a port that is none', ['--port', '70000'], /is no port/],
    ['one port twice', ['--port', '5000'], /are the same/],
    ['a registry that is none', ['--registry', 'harbor'], /choices are distribution2, distribution3, zot/],
  ] as const) {
    it(`refuses ${title}, and makes nothing`, async () => {
      const { status, stdout, stderr } = await init(['--yes', ...args])
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' })
      expect(stderr).to.match(message)
      expect(readdirSync(above)).to.deep.equal([])
    })
  }

  it('says that it needs a terminal, or --yes', async () => {
    const { status, stderr } = await initAlone([])
    expect(status).to.equal(2)
    expect(stderr).to.match(/there is no terminal for questions; --yes/)
    expect(readdirSync(above)).to.deep.equal([])
  })

  it('refuses a state directory that would not be that of the folder', async () => {
    const { status, stderr } = await initAlone(['--yes'], { env: { DOCKWARDEN_STATE_DIR: '/elsewhere' } })
    expect(status).to.equal(2)
    expect(stderr).to.match(/DOCKWARDEN_STATE_DIR is set/)
  })

  it('replaces nothing without asking, and makes what is not there beside what is', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'notes'), 'mine')
    expect((await init(['--yes', '--run', 'terminal'])).status).to.equal(0)
    expect(text('notes')).to.equal('mine')
    const before = text('users.htpasswd')
    const { status, stderr } = await init(['--yes', '--run', 'terminal'])
    expect(status).to.equal(1)
    expect(stderr).to.match(/nothing was made: .* has dockwarden\.yml, policy\.yml, .* already/)
    expect(text('users.htpasswd')).to.equal(before)
    writeFileSync(join(above, 'file'), '')
    expect((await run('init', join(above, 'file'), '--yes')).stderr).to.match(/is no folder/)
  })

  for (const signal of ['SIGINT', 'SIGTERM']) {
    it(`leaves nothing when ${signal} ends it in the middle`, async () => {
      const hook = join(above, 'hook.mjs')
      writeFileSync(
        hook,
        `import fs from 'node:fs/promises'
         import { syncBuiltinESMExports } from 'node:module'
         const real = fs.writeFile
         fs.writeFile = async (path, ...more) => {
           if (String(path).endsWith('registry.yml')) {
             process.kill(process.pid, '${signal}')
             return await new Promise(() => setInterval(() => {}, 1_000))
           }
           return await real(path, ...more)
         }
         syncBuiltinESMExports()`,
      )
      const { status } = await initAlone(['--yes'], { node: ['--import', pathToFileURL(hook).href] })
      expect(status).to.equal(null)
      expect(readdirSync(above)).to.deep.equal(['hook.mjs'])
    })
  }

  describe('its units', () => {
    needs('systemd-analyze', 'docker-registry')

    it('are what systemd understands', async () => {
      // Odd names are names all the same.
      folder = join(above, "it's a $folder, 100%")
      expect((await init(['--yes', '--run', 'systemd'])).status).to.equal(0)
      const unit = text('dockwarden.service')
      expect(unit).to.include(`"${join(above, "it's a $$folder, 100%%", 'dockwarden.yml')}"`)
      expect(unit).to.include(`ReadWritePaths="${join(above, "it's a $folder, 100%%", 'var')}"`)
      const units = ['dockwarden.service', 'dockwarden-registry.service'].map((name) => join(folder, name))
      const program = findProgram('systemd-analyze') ?? 'systemd-analyze'
      const { stdout, stderr } = await promisify(execFile)(program, ['verify', '--man=no', ...units])
      const said = (stdout + stderr).split('\n').filter((line) => line.includes(folder))
      expect(said).to.deep.equal([])
    })
  })

  describe('on a terminal', () => {
    needs('script')

    /** Types an answer to each question, at the moment at which it is asked. */
    function typed(
      args: readonly string[],
      answers: readonly (readonly [question: string, answer: string])[],
    ): Promise<{ status: number | null; shown: string }> {
      const main = join(import.meta.dirname, '../../../core/main.ts')
      const command = [process.execPath, main, 'init', ...args].map((word) => `'${word}'`).join(' ')
      // A terminal of no size breaks each line behind each letter.
      const child = spawn('script', ['-qec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'], {
        cwd: above,
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, TERM: 'xterm' },
      })
      let shown = ''
      let answered = 0
      child.stdout.on('data', (chunk) => {
        shown += chunk
        const [question, answer] = answers[answered] ?? []
        if (question === undefined || !plain(shown).includes(question)) return
        answered += 1
        child.stdin.write(answer!)
      })
      return new Promise((resolve) => child.once('close', (status) => resolve({ status, shown })))
    }

    const ENTER = '\r'
    const CTRL_C = '\x03'
    const DOWN = '\x1b[B'
    const QUESTIONS = [
      'Which folder shall hold it?',
      'Which registry will use it?',
      'How shall both be run?',
      'By which name do clients',
      'Who is the first user?',
    ]

    it('takes what is typed, and defaults for Enter', async () => {
      const answers = ['auth\r', DOWN + ENTER, ENTER, ENTER, 'root\r']
      const { status, shown } = await typed(
        [],
        QUESTIONS.map((question, index) => [question, answers[index]!]),
      )
      expect(status, shown).to.equal(0)
      folder = join(above, 'auth')
      expect(text('users.htpasswd')).to.match(/^root:\$2y\$10\$/)
      expect(yaml('registry.yml').auth.token.realm).to.equal('https://localhost:5001/auth')
    })

    for (const [index, question] of QUESTIONS.entries()) {
      it(`makes nothing after Ctrl-C at ${question}`, async () => {
        const answers = QUESTIONS.map((one, at) => [one, at === index ? CTRL_C : ENTER] as const)
        const { status, shown } = await typed([], answers)
        expect(status, shown).to.equal(1)
        expect(shown).to.include('given up; nothing was made')
        expect(readdirSync(above)).to.deep.equal([])
      })
    }

    it('asks before it replaces, and then keeps what was there', async () => {
      const options = [
        'made',
        '--registry',
        'zot',
        '--run',
        'terminal',
        '--host',
        'localhost',
        '--user',
        'ann',
      ]
      expect((await init(['--yes', '--run', 'terminal'])).status).to.equal(0)
      const before = text('dockwarden.yml')
      const question = 'Keep them under other names'
      const no = await typed(options, [[question, ENTER]])
      expect(no.status, no.shown).to.equal(1)
      expect(text('dockwarden.yml')).to.equal(before)
      expect(existsSync(join(folder, 'zot.json'))).to.equal(false)
      const yes = await typed(options, [[question, 'y']])
      expect(yes.status, yes.shown).to.equal(0)
      expect(text('users.htpasswd')).to.match(/^ann:/)
      const kept = readdirSync(folder).find((name) => /^dockwarden\.yml\.before-\d{8}T\d{6}$/.test(name))!
      expect(text(kept)).to.equal(before)
    })
  })
})
