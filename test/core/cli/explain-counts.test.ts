// A login that `dockwarden explain --ask` tries counts in the running server.
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { runCommandLine } from '../../../core/cli/command-line.ts'
import { explain } from '../../../core/cli/explain/run.ts'
import { COUNTING } from '../../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../../support/server.ts'

const RIGHT = 'canary of the explanation'

describe('dockwarden explain --ask counts as a login', () => {
  let server: TestInstance
  before(async () => {
    server = await startTestServer({
      config: {
        server: { client_ip: { header: 'X-Forwarded-For', trusted_proxies: ['127.0.0.1'] } },
        authenticators: [{ plugin: COUNTING, options: { password: RIGHT } }],
        authorizers: [],
      },
    })
  })
  after(() => server.stop())

  const config = () => join(server.folder, 'dockwarden.yml')
  async function ask(password: string, ip: string) {
    const out: string[] = []
    const status = await explain(
      [config()],
      { account: 'ann', ask: true, ip, label: [], json: true },
      {
        configFile: (name) => name!,
        input: Readable.from([Buffer.from(password)]),
        output: { stdout: { write: (text) => out.push(text) }, stderr: { write() {} } },
      },
    )
    return { exit: status, ...JSON.parse(out.join('')) }
  }
  async function counted() {
    const out: string[] = []
    const output = { stdout: { write: (text: string) => out.push(text) }, stderr: { write() {} } }
    await runCommandLine(['guard', 'list', '--json', '--config', config()], output)
    return JSON.parse(out.join('')).pairs
  }

  it('a right password does not, from where it is asked', async () => {
    expect(await ask(RIGHT, '192.0.2.1')).to.deep.include({ exit: 0, status: 200 })
    expect(await counted()).to.deep.equal([])
  })

  it('wrong ones do, until it is too early for another', async () => {
    for (let nth = 0; nth < 5; nth += 1)
      expect(await ask(`wrong guess ${nth}`, '192.0.2.1')).to.deep.include({ exit: 1, status: 401 })
    expect(await counted()).to.have.nested.property('[0].wrong', 5)
    const late = await ask(RIGHT, '192.0.2.1')
    expect(late).to.deep.include({ exit: 1, status: 429 })
    expect(late.reason).to.include('too many wrong passwords for this account from your network')
    expect(await ask(RIGHT, '192.0.2.2')).to.deep.include({ exit: 0, status: 200 })
  })
})
