// While all places for password hashes are taken and others wait for one, who needs none is answered. The hashes are real; what
// is asserted are counts, never times.

import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { expect } from 'chai'
import { HOST_SERVICES } from '../../core/services/host.ts'
import { createSecretToken } from '../../core/token/secret-token.ts'
import { Crowd, countsOf } from '../support/crowd.ts'
import { serve } from '../support/http-server.ts'
import { eventually, startTestServer, type TestInstance } from '../support/server.ts'
import { keeperOf } from '../support/token-keeper.ts'

const PASSWORD = 'canary of the full line'
const CORES = availableParallelism()
const SERVICE = 'registry'
/** Half a second of a core each. */
const DEAR = hashSync(PASSWORD, 13)

describe('while all places for password hashes are taken', function () {
  this.timeout(60_000)
  let server: TestInstance
  let backend: Awaited<ReturnType<typeof serve>>
  let tokens: ReturnType<typeof keeperOf>
  let crowd: Crowd
  const refresh: Record<string, string> = {}

  before(async () => {
    backend = await serve((_, response) => response.end('{}'))
    server = await startTestServer({
      env: { CI: 'canary of ci', LATER: 'canary of later' },
      files: { users: `holly:${DEAR}\n` },
      config: {
        server: { guard: false },
        authenticators: [
          {
            plugin: 'static',
            options: {
              users: {
                '': {},
                bob: { password: DEAR },
                ci: { password: '!env CI' },
                later: { password: '!env LATER' },
              },
            },
          },
          {
            plugin: 'http',
            options: { url: `http://localhost:${backend.port}/`, pass: 'request.account != "remote"' },
          },
          { plugin: 'htpasswd', options: { file: 'users' } },
        ],
        authorizers: [],
      },
    })
    tokens = keeperOf(join(server.folder, 'var'), Date.now)
    for (const [account, password] of [
      ['bob', PASSWORD],
      ['holly', PASSWORD],
      ['ci', 'canary of ci'],
    ] as const) {
      const query = { service: SERVICE, offline_token: 'true' }
      // A hash may take longer than a plugin has where many others want the processor.
      await eventually(async () => {
        const { json } = await server.token({ user: [account, password], query })
        refresh[account] = json.refresh_token
        return refresh[account] !== undefined
      })
    }
    crowd = new Crowd(server.port)
  })

  /** Who waits goes when the time of a request is over. */
  async function fillLine(): Promise<void> {
    if (countsOf(server).waiting >= 4) return
    for (let n = 0; n < CORES + 20; n += 1) await crowd.login(n % 2 === 0 ? 'bob' : 'nobody', 1 + (n % 5))
    await eventually(() => countsOf(server).waiting >= 4)
  }

  after(async () => {
    crowd.leave()
    await eventually(() => countsOf(server).running === 0)
    expect(countsOf(server)).to.include({ waiting: 0, late: 0 })
    await tokens.close()
    await server.stop()
    await backend.close()
  })

  const status = async (question: Parameters<TestInstance['token']>[0]) =>
    (await server.token(question)).status
  const redeem = (account: string) =>
    status({
      form: {
        grant_type: 'refresh_token',
        refresh_token: refresh[account]!,
        service: SERVICE,
        client_id: 'c',
      },
    })
  const others: [string, () => Promise<unknown>, unknown][] = [
    ['a refresh token of a user with a hash', () => redeem('bob'), 200],
    ['a refresh token of a user of a password file', () => redeem('holly'), 200],
    ['a refresh token of a user with a plain password', () => redeem('ci'), 200],
    [
      'a personal access token',
      async () => {
        const order = { account: 'holly', labels: {}, authenticator: 'htpasswd', plugin: 'htpasswd' }
        const text = (await tokens.personalToken(order)).secret.reveal()
        return [
          await status({ user: ['holly', text] }),
          await status({ user: ['holly', text], query: { offline_token: 'true', service: SERVICE } }),
        ]
      },
      [200, 200],
    ],
    ['who comes without credentials', () => status({ query: { service: SERVICE } }), 200],
    ['a plain password', () => status({ user: ['ci', 'canary of ci'] }), 200],
    [
      'a plain password in a form',
      () =>
        status({
          form: {
            grant_type: 'password',
            username: 'ci',
            password: 'canary of ci',
            service: SERVICE,
            client_id: 'c',
          },
        }),
      200,
    ],
    [
      'the first refresh token of a plain password',
      () =>
        status({ user: ['later', 'canary of later'], query: { service: SERVICE, offline_token: 'true' } }),
      200,
    ],
    ['a name that has to be looked up in DNS', () => status({ user: ['remote', PASSWORD] }), 200],
    ['a wrong token', () => status({ user: ['bob', createSecretToken('personal').secret.reveal()] }), 401],
    ['a request that can not be understood', () => status({ query: { scope: 'nonsense' } }), 400],
    ...(['/readyz', '/healthz', '/.well-known/jwks.json'] as const).map(
      (path) =>
        [path, async () => (await server.send({ path })).status, 200] as [
          string,
          () => Promise<unknown>,
          unknown,
        ],
    ),
    [
      'a file',
      async () =>
        (
          await server.server.services.container
            .resolve(HOST_SERVICES)
            .files.load(join(server.folder, 'users'))
        ).split(':')[0],
      'holly',
    ],
    [
      'who was removed from a password file',
      async () => {
        writeFileSync(join(server.folder, 'users'), `hank:${DEAR}\n`)
        await eventually(async () => (await redeem('holly')) !== 200)
        return await redeem('holly')
      },
      400,
    ],
  ]
  for (const [what, ask, expected] of others) {
    it(`answers ${what}`, async () => {
      let answer: unknown
      // Asked again where the machine was too slow for it, or for the line to last as long.
      do {
        await fillLine()
        answer = await ask()
      } while ([answer].flat().includes(503) || countsOf(server).waiting === 0)
      expect(answer).to.deep.equal(expected)
      expect(countsOf(server)).to.include({ running: CORES })
    })
  }
})
