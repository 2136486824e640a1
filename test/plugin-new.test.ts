// `dockwarden plugin new` and `plugin types`, by the package as others install it: what their READMEs show is run as it stands there.
import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { needs } from './support/debian.ts'
import { type DockwardenProcess, startDockwarden } from './support/dockwarden.ts'
import { freePort } from './support/free-port.ts'
import { linkPackage, packInto } from './support/packed.ts'
import { blocksOf, commandsOf } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const TSC = join(ROOT, 'node_modules/.bin/tsc')
const WRITTEN_PORT = '5001'
const run = promisify(execFile)

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

describe('a plugin from nothing', function () {
  // The package is packed; each folder is compiled, tested and served.
  this.timeout(300_000)
  needs('curl')
  let folder: string
  let main: string
  let env: NodeJS.ProcessEnv

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-plugin-new-'))
    main = join(await packInto(folder), 'dist/core/main.js')
    const commands = join(folder, 'bin')
    mkdirSync(commands)
    writeFileSync(join(commands, 'dockwarden'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
    chmodSync(join(commands, 'dockwarden'), 0o755)
    const paths = [commands, dirname(process.execPath), process.env.PATH]
    env = { ...process.env, PATH: paths.join(delimiter), npm_config_offline: 'true', NO_COLOR: '1' }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  async function sh(command: string, cwd: string): Promise<Outcome> {
    try {
      return { code: 0, ...(await run('sh', ['-c', command], { cwd, env })) }
    } catch (error) {
      return error as Outcome
    }
  }
  const place = () => mkdtempSync(join(folder, 'place-'))

  /** What `npm install` does where there is a network. */
  function install(into: string): void {
    mkdirSync(join(into, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(folder, 'node_modules/dockwarden'), join(into, 'node_modules/dockwarden'))
    symlinkSync('../dockwarden/dist/core/main.js', join(into, 'node_modules/.bin/dockwarden'))
    chmodSync(main, 0o755)
    symlinkSync(TSC, join(into, 'node_modules/.bin/tsc'))
    for (const name of ['typescript', '@types/node', 'undici-types', 'zod']) linkPackage(name, into)
  }

  /** Runs the README's commands. @returns the server that it starts, when its last command has run */
  async function follow(readme: string, home: string, port: number): Promise<void> {
    let server: DockwardenProcess | undefined
    try {
      for (const { command, prints } of commandsOf(blocksOf(readme))) {
        const served = /^(?:npx )?dockwarden serve (\S+)$/.exec(command)?.[1]
        if (command === 'npm install') install(home)
        else if (served !== undefined) {
          server = await startDockwarden(['serve', join(home, served)], env, main)
          expect(server.port).to.equal(port)
        } else {
          const { code, stdout, stderr } = await sh(command, home)
          expect(code, `${command}\n${stdout}${stderr}`).to.equal(0)
          if (prints !== '') expect(stdout.trim(), command).to.equal(prints)
          const said = /^It prints `([^`]+)`/m.exec(readme)![1]!
          if (command.startsWith('curl')) expect(stdout.trim()).to.equal(said)
        }
      }
      expect(server, 'a server').to.not.equal(undefined)
      await dockerLogin(home, port)
    } finally {
      await server?.stop()
    }
  }

  /** As docker's client asks. */
  async function dockerLogin(home: string, port: number): Promise<void> {
    const file = ['ann.password', 'example/ann.password'].map((path) => join(home, path)).find(existsSync)!
    const password = readFileSync(file, 'utf8').trim()
    const url = `http://127.0.0.1:${port}/auth?account=ann&client_id=docker&offline_token=true&service=registry`
    for (const [given, status] of [
      [password, 200],
      [`${password}x`, 401],
    ] as const) {
      const authorization = `Basic ${Buffer.from(`ann:${given}`).toString('base64')}`
      const answer = await fetch(url, { headers: { authorization } })
      expect(answer.status).to.equal(status)
      if (status === 200) expect(((await answer.json()) as { token: string }).token).to.match(/^ey/)
    }
  }

  for (const kind of ['authenticator', 'labeler', 'authorizer']) {
    for (const npm of [false, true]) {
      it(`is ${kind}${npm ? ', as a package,' : ''} that works as its README says`, async () => {
        const cwd = place()
        const name = npm && kind === 'labeler' ? '@acme/dockwarden-first-one' : 'first-one'
        const made = await sh(`dockwarden plugin new ${name} --kind ${kind}${npm ? ' --npm' : ''}`, cwd)
        expect(made.stderr).to.equal('')
        expect(made.code).to.equal(0)
        const home = join(cwd, name.replace('@acme/', ''))
        const [example, port] = [npm ? join(home, 'example') : home, await freePort()]
        const [config, readme] = [join(example, 'dockwarden.yml'), join(home, 'README.md')]
        for (const file of [config, readme])
          writeFileSync(file, readFileSync(file, 'utf8').replaceAll(WRITTEN_PORT, String(port)))

        await follow(readFileSync(readme, 'utf8'), home, port)
        // The package's own scripts have compiled it.
        if (!npm) expect((await sh(`"${TSC}" -p .`, home)).stdout).to.equal('')
        expect(statSync(join(example, 'ann.password')).mode & 0o777).to.equal(0o600)
      })
    }
  }

  const refused: [what: string, name: string, said: RegExp][] = [
    ['a built-in name', 'ldap', /ldap is a built-in plugin \(authenticator, labeler\).*such as my-ldap/],
    ['a former built-in name', 'acl-sql', /built-in plugin \(authorizer\)/],
    ['a built-in name behind the prefix', 'dockwarden-plugin-static --npm', /static is a built-in plugin/],
    ['an id of the server', 'token', /token stands for the tokens of the server itself/],
    ['capitals', 'DoorCodes', /no name of a plugin; write .*: door-codes$/m],
    ['letters with accents', 'Türen', /: turen$/m],
    ['a digit in front', '2fa', /no name of a plugin.*: fa$/m],
    ['a dash at the end', 'codes-', /: codes$/m],
    ['nothing', '""', /"" is no name/],
    ['a path', './codes', /is a path; write the name alone/],
    ['a path upwards', '../codes', /is a path/],
    ['a scope without --npm', '@acme/codes', /add --npm, or leave the scope out/],
    ['a scope alone', '@acme/ --npm', /is no name of a plugin/],
    ['too many characters', `${'long-'.repeat(30)}name`, /more than 100 characters/],
    ['no kind', 'codes --kind', /kind/],
  ]
  it('is not made under a name that can not be, and says which one could', async () => {
    const cwd = place()
    for (const [what, name, said] of refused) {
      const kind = name.includes('--kind') ? '' : ' --kind labeler'
      const { code, stderr, stdout } = await sh(`dockwarden plugin new ${name}${kind}`, cwd)
      expect(stderr, what).to.match(said)
      expect([code, stdout], what).to.deep.equal([2, ''])
    }
    const { stderr } = await sh('dockwarden plugin new codes', cwd)
    expect(stderr).to.include('write --kind authenticator, labeler or authorizer')
    expect(readdirSync(cwd)).to.deep.equal([])
  })

  it('takes the place of nothing but an empty folder', async () => {
    const cwd = place()
    mkdirSync(join(cwd, 'full'))
    writeFileSync(join(cwd, 'full/notes'), 'mine')
    writeFileSync(join(cwd, 'file'), 'mine')
    symlinkSync('nowhere', join(cwd, 'link'))
    mkdirSync(join(cwd, 'empty'))
    for (const name of ['full', 'file', 'link']) {
      const { code, stderr } = await sh(`dockwarden plugin new ${name} --kind labeler`, cwd)
      expect([code, stderr], name).to.deep.equal([2, stderr])
      expect(stderr).to.match(/is there already.*choose another name, or move it away/)
    }
    expect((await sh('dockwarden plugin new empty --kind labeler', cwd)).code).to.equal(0)
    expect(readdirSync(cwd).sort()).to.deep.equal(['empty', 'file', 'full', 'link'])
    expect(readdirSync(join(cwd, 'full'))).to.deep.equal(['notes'])
  })

  it('leaves nothing behind where nothing can be written', async () => {
    // Also root can make no folder there.
    const { code, stderr } = await sh('dockwarden plugin new codes --kind labeler', '/proc')
    expect(stderr).to.match(
      /^dockwarden: cannot write \/proc\/codes: .*; go to a folder that you may write in$/m,
    )
    expect(code).to.equal(2)
  })

  it('tells programs what was made, and no password', async () => {
    const cwd = place()
    const { stdout } = await sh('dockwarden plugin new codes --kind authenticator --npm --json', cwd)
    const { folder: made, files, ...rest } = JSON.parse(stdout)
    expect(rest).to.deep.equal({ kind: 'authenticator', plugin: 'codes', package: 'dockwarden-plugin-codes' })
    for (const file of files) expect(existsSync(join(made, file)), file).to.equal(true)
    expect(stdout).to.not.include(readFileSync(join(made, 'example/ann.password'), 'utf8').trim())
  })

  describe('its types', () => {
    const JS = `// @ts-check
import { createHash } from 'node:crypto'
import { accept, definePlugin, pass, z } from 'dockwarden/plugin'
import { compileGlob } from 'dockwarden/plugin/acl'
import { z as own } from 'zod'

export default definePlugin({
  api: 1,
  kind: 'authenticator',
  name: 'plain',
  options: z.strictObject({ code: z.string(), more: own.int().optional() }),
  /** @returns {import('dockwarden/plugin').Authenticator} */
  create({ code }, host) {
    host.log.info({ glob: compileGlob.name }, createHash('sha256').update(code).digest('hex'))
    return { authenticate: async ({ account }) => (account === code ? accept() : pass) }
  },
})
`

    it('are written beside plugins that are there, TypeScript and JavaScript', async () => {
      const cwd = place()
      writeFileSync(join(cwd, 'plain.js'), JS)
      expect((await sh('dockwarden plugin types', cwd)).code).to.equal(0)
      expect((await sh(`"${TSC}" -p .`, cwd)).stdout).to.equal('')
      writeFileSync(join(cwd, 'slip.js'), JS.replace(': pass)', ": 'yes')"))
      writeFileSync(join(cwd, 'wrong.ts'), "import { nothing } from 'dockwarden/plugin'\nnothing()\n")
      const { stdout } = await sh(`"${TSC}" -p .`, cwd)
      expect(stdout)
        .to.match(/^slip\.js\(\d+,\d+\): error/m)
        .and.match(/^wrong\.ts\(1,10\): error/m)
      // Again, as after an update.
      const again = await sh('dockwarden plugin types . --json', cwd)
      expect(JSON.parse(again.stdout)).to.deep.include({ made: false, extends: true })
    })

    it('leave what is not theirs, and say what to add', async () => {
      const cwd = place()
      writeFileSync(join(cwd, 'tsconfig.json'), '{}')
      const { code, stderr } = await sh('dockwarden plugin types', cwd)
      expect(stderr).to.include('add to it: "extends": "./.dockwarden/tsconfig.json"')
      expect([code, readFileSync(join(cwd, 'tsconfig.json'), 'utf8')]).to.deep.equal([0, '{}'])
      const other = place()
      mkdirSync(join(other, '.dockwarden'))
      writeFileSync(join(other, '.dockwarden/notes'), 'mine')
      const refusal = await sh('dockwarden plugin types', other)
      expect(refusal.stderr).to.match(/is there, and was not made by this command; move it away/)
      expect([refusal.code, readdirSync(join(other, '.dockwarden'))]).to.deep.equal([2, ['notes']])
      for (const [where, said] of [
        ['none', /there is no folder none/],
        ['.dockwarden/notes', /is a file/],
      ] as const)
        expect((await sh(`dockwarden plugin types ${where}`, other)).stderr).to.match(said)
    })
  })
})
