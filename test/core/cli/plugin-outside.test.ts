// What a plugin does outside of its calls, seen by `dockwarden plugin try` and `plugin test` in a process of their own.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const MAIN = fileURLToPath(new URL('../../../core/main.ts', import.meta.url))
/** @param body of its label */
const labeler = (body: string) => `import { definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({ api: 1, kind: 'labeler', name: 'odd', options: z.strictObject({}),
  create: () => ({ async label({ account }) { ${body}; return { of: [account] } } }) })`

describe('a plugin that is tried and tested', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-outside-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  async function run(body: string, ...args: string[]) {
    writeFileSync(join(folder, 'odd.ts'), labeler(body))
    const command = [MAIN, 'plugin', args[0]!, 'odd.ts', ...args.slice(1)]
    const outcome = await promisify(execFile)(process.execPath, command, { cwd: folder }).catch(
      (error) => error,
    )
    return { code: 0, ...outcome } as { code: number; stdout: string; stderr: string }
  }

  const THROWN =
    "setImmediate(() => { throw new Error('nobody catches this') }); await new Promise((go) => setTimeout(go, 50))"
  const FORGOTTEN = "Promise.reject(new Error('nobody awaits this'))"

  it('and throws where nobody catches it has failed, in the words of a server', async () => {
    const tried = await run(THROWN, 'try', '--account', 'ann')
    expect(tried.stdout).to.match(/gives of \[ann\]/)
    expect(tried.stdout).to.match(
      /fatal {2}the plugin odd threw outside of any call.*\n +Error: nobody catches this\n.*odd\.ts:3:/,
    )
    expect(tried.code).to.equal(1)
    const tested = await run(THROWN, 'test')
    expect(
      tested.stdout.match(
        /^FAILED {2}throws nothing outside of its calls\n.*\n +Error: nobody catches this$/gm,
      ),
    ).to.have.length(1)
    expect(tested.code).to.equal(1)
  })

  it('and forgets a promise that is rejected is told so', async () => {
    const tried = await run(FORGOTTEN, 'try', '--account', 'ann', '--json')
    const { answers, log } = JSON.parse(tried.stdout)
    expect(answers[0].labels).to.deep.equal({ of: ['ann'] })
    expect(log.map(({ facts }: { facts: { err: { message: string } } }) => facts.err.message)).to.deep.equal([
      'nobody awaits this',
    ])
    expect(tried.code).to.equal(0)
    expect((await run(FORGOTTEN, 'test')).stdout).to.match(/a promise was rejected and nobody waited for it/)
  })

  it('and ends the process has not passed', async () => {
    for (const args of [['try', '--account', 'ann'], ['test']]) {
      const { code, stderr } = await run('process.exit(0)', ...args)
      expect(stderr).to.include('the plugin ended the process; leave that to the server')
      expect(code).to.equal(1)
    }
  })

  it('and prints something does not mix it into the result', async () => {
    const { stdout, stderr } = await run(
      "console.log('for', account); console.table([1])",
      'try',
      '--account',
      'ann',
      '--json',
    )
    expect(JSON.parse(stdout).answers[0].outcome).to.equal('labels')
    expect(stderr)
      .to.match(/^for ann$/m)
      .and.include('(index)')
  })
})
