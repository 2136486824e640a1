import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Begun, beginWithFlag } from '../../../core/cli/v8-flags.ts'
import { startDockwarden } from '../../support/dockwarden.ts'

const FLAG = '--max-semi-space-size=4'

describe('the flags of a server', () => {
  /** How a process begins anew; nothing where it goes on. */
  function begun(more: Partial<Begun>): string[] {
    const commands: string[][] = []
    beginWithFlag({
      argv: ['/bin/node', '/app/main.js', 'serve', 'a b.yml'],
      env: {},
      execArgv: [],
      execPath: '/bin/node',
      connected: false,
      execve: ((file, args) => void commands.push([file, ...(args ?? [])])) as Begun['execve'],
      ...more,
    })
    expect(commands.length).to.be.at.most(1)
    return commands[0] ?? []
  }

  it('are added to those that it has, before what it runs', () => {
    expect(begun({ execArgv: ['--import', './x.js'] })).to.deep.equal([
      '/bin/node',
      '/bin/node',
      FLAG,
      '--import',
      './x.js',
      '/app/main.js',
      'serve',
      'a b.yml',
    ])
  })

  const none: [string, Partial<Begun>][] = [
    ['it has them', { execArgv: [FLAG] }],
    ['it has others of the same kind', { execArgv: ['--max_semi_space_size', '32'] }],
    ['the environment has them', { env: { NODE_OPTIONS: '--no-warnings --max-semi-space-size=16' } }],
    ['it is debugged', { execArgv: ['--inspect-brk=0'] }],
    ['it is debugged by the environment', { env: { NODE_OPTIONS: '--inspect' } }],
    ['another program talks to it', { connected: true }],
    ['there is no way to', { execve: undefined as never }],
  ]
  for (const [name, more] of none) {
    it(`are left as they are where ${name}`, () => {
      expect(begun(more)).to.deep.equal([])
    })
  }

  it('are done without where the system says no', () => {
    let asked = 0
    const execve = () => {
      asked += 1
      throw new Error('EACCES')
    }
    begun({ execve: execve as never })
    expect(asked).to.equal(1)
  })

  describe('as a process', () => {
    before(function () {
      if (process.platform !== 'linux') this.skip()
    })
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-flags-'))
    })
    afterEach(() => rmSync(folder, { recursive: true }))

    for (const [name, options, expected] of [
      ['stand in its command line, and it is the process that was started', '', [FLAG]],
      ["are not there beside an operator's own", '--max-semi-space-size=16', []],
    ] as const) {
      it(name, async () => {
        const file = join(folder, 'dockwarden.yml')
        writeFileSync(file, 'server: { listen: "127.0.0.1:0" }\nauthenticators: []\nauthorizers: []\n')
        const env = { DOCKWARDEN_STATE_DIR: join(folder, 'state'), NODE_OPTIONS: options }
        const server = await startDockwarden(['serve', file], env)
        const command = readFileSync(`/proc/${server.child.pid}/cmdline`, 'utf8').split('\0')
        expect(command.filter((word) => word.startsWith('--max-semi'))).to.deep.equal(expected)
        expect(server.output()).to.not.include('Warning')
        expect(await server.stop()).to.equal(0)
      })
    }
  })
})
