// examples/shared-plugins is what its README says.
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startTestServer, type TestInstance } from './support/server.ts'

const FOLDER = join(import.meta.dirname, '..', 'examples', 'shared-plugins')
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const ANN: [string, string] = ['ann', 'a-long-random-key']
const BOB: [string, string] = ['bob', 'another-long-random-key']

/** @param change of the configuration */
function start(change: (config: string) => string = (config) => config): Promise<TestInstance> {
  const names = globSync('{staff.yml,plugins/*.ts}', { cwd: FOLDER }).filter(
    (name) => !name.endsWith('.test.ts'),
  )
  return startTestServer({
    config: change(read('dockwarden.yml').replace('127.0.0.1:5001', '127.0.0.1:0')),
    files: Object.fromEntries(names.map((name) => [name, read(name)])),
  })
}

describe('examples/shared-plugins', () => {
  const scope = ['shop', 'web/site', 'api/site'].map((name) => `repository:${name}:push`)

  it('an owner and a team get theirs, with a key and with a refresh token', async () => {
    await using server = await start()
    const login = await server.token({
      user: ANN,
      query: { service: 'registry', scope, offline_token: 'true' },
    })
    const form = {
      grant_type: 'refresh_token',
      refresh_token: login.json.refresh_token,
      service: 'registry',
      client_id: 'x',
      scope: scope.join(' '),
    }
    for (const { access } of [login, await server.token({ form })])
      expect(access).to.deep.equal([
        'repository:shop:push',
        'repository:web/site:push',
        'repository:api/site:',
      ])
    expect((await server.token({ user: BOB, query: { service: 'registry', scope } })).access).to.deep.equal([
      'repository:shop:',
      'repository:web/site:',
      'repository:api/site:push',
    ])
    expect((await server.token({ user: ['ann', BOB[1]] })).status).to.equal(401)
  })

  const faults: [string, (config: string) => string, string][] = [
    [
      'without its authenticator',
      (config) =>
        config.replace(
          /- plugin: .*staff\.ts\n.*\n/,
          '- plugin: static\n    options: { users: { ann: { any_password: true } } }\n',
        ),
      'labelers[0]: needs example/staff (staff), which no other instance provides; write file in its options, or add an instance of the plugin that does',
    ],
    [
      'with two of them',
      (config) => config.replace(/( {2}- plugin: .*staff\.ts\n)(.*\n)/, '$1    id: one\n$2$1    id: two\n$2'),
      'labelers[0]: needs example/staff, which one and two provide; say which: uses: { staff: one }',
    ],
  ]
  for (const [title, change, message] of faults) {
    it(`says what to do ${title}`, async () => {
      const told = await start(change).then(
        async (server) => `it started: ${await server.stop()}`,
        (error: Error) => error.message,
      )
      expect(told).to.contain(message)
    })
  }

  it('passes the conformance kit, by the command of its README', async () => {
    const register = new URL('support/register.ts', import.meta.url).href
    const tests = globSync(join(FOLDER, 'plugins/*.test.ts'))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', register, '--test', ...tests])
    expect(stdout).to.match(/pass [1-9]\d*\n.*fail 0\n/)
  })
})
