// No command ends without a word, whatever is wrong with the place that it writes to, and check says what a start would fail on.
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Ran } from '../../support/commands.ts'

const COMMANDS_PROCESS = fileURLToPath(new URL('../../support/commands.ts', import.meta.url))
const NOBODY = 65_534

/** Every command; CONFIG stands for the configuration's file. */
const COMMANDS: readonly (readonly string[])[] = [
  ['check', 'CONFIG'],
  ['check', '--json', 'CONFIG'],
  ['key', 'generate', '--config', 'CONFIG'],
  ['key', 'rotate', '--wait', '0', '--config', 'CONFIG'],
  ['key', 'list', '--config', 'CONFIG'],
  ['key', 'export', '--format', 'bundle', '--config', 'CONFIG'],
  ['key', 'export', '--format', 'jwks', '--json', '--config', 'CONFIG'],
  ['token', 'create', '--account', 'ci', '--config', 'CONFIG'],
  ['token', 'create', '--account', 'ann', '--authenticator', 'htpasswd', '--config', 'CONFIG'],
  ['token', 'list', '--config', 'CONFIG'],
  ['token', 'revoke', '0123456789abcdef0123', '--config', 'CONFIG'],
  ['token', 'revoke', '--account', 'ann', '--json', '--config', 'CONFIG'],
  ['serve', 'CONFIG'],
]

interface Environment {
  readonly name: string
  /** Makes it, and says how to undo what removing the folder can't. */
  readonly make: (state: string) => (() => void) | undefined
  /** What serve says. */
  readonly says: RegExp
  readonly user?: number
}

const ENVIRONMENTS: readonly Environment[] = [
  {
    name: 'a file in the place of the folder',
    make: (state) => void writeFileSync(state, ''),
    says: /cannot write .*state: a part of the path is not a folder/,
  },
  {
    name: 'a link that leads nowhere',
    make: (state) => void symlinkSync('/nowhere/at/all', state),
    says: /cannot write .*state: there is no such file/,
  },
  {
    name: 'a link in a circle',
    make: (state) => void symlinkSync(state, state),
    says: /cannot (read|write) .*state.*: its links lead in a circle/,
  },
  {
    name: "another user's folder",
    make: (state) => void mkdirSync(state, { mode: 0o755 }),
    says: /cannot write .*state: permission denied/,
    user: NOBODY,
  },
  {
    name: "another user's folder above it",
    make: () => undefined,
    says: /cannot write .*state: permission denied/,
    user: NOBODY,
  },
  {
    name: 'a folder that its user may not write',
    make(state) {
      mkdirSync(state)
      chownSync(state, NOBODY, NOBODY)
      chmodSync(state, 0o500)
      return undefined
    },
    says: /cannot write .*state: permission denied/,
    user: NOBODY,
  },
  {
    name: 'keys that belong to another user',
    make(state) {
      mkdirSync(state)
      writeFileSync(join(state, 'signing-ca.pem'), 'of root', { mode: 0o600 })
      chownSync(state, NOBODY, NOBODY)
      return undefined
    },
    says: /cannot read .*signing-ca\.pem.*: permission denied/,
    user: NOBODY,
  },
  {
    name: 'a folder in the place of a file',
    make: (state) => void mkdirSync(join(state, 'signing-ca.pem'), { recursive: true }),
    says: /signing-ca\.pem must be a file; move away what stands there/,
  },
  {
    name: 'an empty file in the place of a key',
    make(state) {
      mkdirSync(state)
      writeFileSync(join(state, 'signing-ca.pem'), '')
      return undefined
    },
    says: /signing-ca\.pem/,
  },
  {
    name: 'a read-only file system',
    make: (state) => mounted(state, 'ro'),
    says: /cannot write .*state: its file system is read-only/,
  },
]

/** On a full disk nothing can be known beforehand: only those that write fail. */
const FULL: Environment = {
  name: 'a full disk',
  make(state) {
    const undo = mounted(state, 'size=4k,nr_inodes=0')
    if (undo) spawnSync('dd', ['if=/dev/zero', `of=${join(state, 'filler')}`, 'bs=4096', 'count=16'])
    return undo
  },
  says: /cannot write .*state: its disk is full/,
}

/** @returns undefined where nothing can be mounted */
function mounted(folder: string, options: string): (() => void) | undefined {
  mkdirSync(folder)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]).status !== 0) return undefined
  return () => void spawnSync('umount', [folder])
}

describe('a state directory that can not be used', () => {
  let folder: string
  let state: string
  let config: string
  let undo: (() => void) | undefined

  before('needs root', function () {
    if (process.geteuid?.() !== 0) this.skip()
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-unusable-'))
    chmodSync(folder, 0o755)
    state = join(folder, 'state')
    config = join(folder, 'dockwarden.yml')
    writeFileSync(
      config,
      `server: { listen: 127.0.0.1:0, state_dir: state, tls: auto }
authenticators: [{ plugin: htpasswd, options: { first_user: admin } }]
authorizers: [{ plugin: acl, options: { rules: [] } }]
`,
    )
  })
  afterEach(() => {
    undo?.()
    undo = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  /** This Node where every user may run it: a home folder may be closed to others. */
  let node: string
  let nodeFolder: string
  before(() => {
    nodeFolder = mkdtempSync(join(tmpdir(), 'dockwarden-node-'))
    chmodSync(nodeFolder, 0o755)
    node = join(nodeFolder, 'node')
    copyFileSync(process.execPath, node)
    chmodSync(node, 0o755)
  })
  after(() => rmSync(nodeFolder, { recursive: true, force: true }))

  async function run(user = 0): Promise<readonly Ran[]> {
    const child: ChildProcess = fork(COMMANDS_PROCESS, [], {
      uid: user,
      gid: user,
      execArgv: [],
      execPath: node,
      cwd: folder,
      env: { ...process.env, DOCKWARDEN_STATE_DIR: '' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ended = once(child, 'exit').then(([code]) => [`the process ended with ${code}`])
    child.send(COMMANDS.map((command) => command.map((word) => (word === 'CONFIG' ? config : word))))
    const [ran] = await Promise.race([once(child, 'message'), ended])
    await ended
    expect(ran).to.be.an('array')
    return ran
  }

  for (const { name, make, says, user } of [...ENVIRONMENTS, FULL]) {
    it(`${name}: every command says why it failed`, async function () {
      this.timeout(60_000)
      if (spawnSync('test', ['-r', COMMANDS_PROCESS], { uid: user }).status !== 0) this.skip()
      undo = make(state)
      if (/file system|disk/.test(name) && !undo) this.skip()
      const ran = await run(user)
      const silent = ran.filter(({ status, said }) => status !== 0 && !/\w/.test(said))
      expect(silent).to.deep.equal([])
      const serve = ran.at(-1)!
      expect(serve.status).to.equal(2)
      expect(serve.said).to.match(says)
      if (name === FULL.name) return
      for (const check of ran.slice(0, 2)) {
        expect(check.status).to.equal(2)
        expect(check.said).to.match(says)
      }
    })
  }
})
