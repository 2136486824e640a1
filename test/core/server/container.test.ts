// The process container: every singleton is resolved from it, so that a test can put another one in its place, in one place.
import { expect } from 'chai'
import type { DependencyContainer } from 'tsyringe'
import { CLOCK } from '../../../core/kit/process.ts'
import { CHAINS } from '../../../core/request/pipeline.ts'
import { TOKEN_SETTINGS } from '../../../core/request/sign.ts'
import { TOKEN_KEEPER } from '../../../core/token/keeper.ts'
import { startTestServer } from '../../support/server.ts'

const NOW = Date.UTC(2031, 1, 3)

const config = {
  authenticators: [{ plugin: 'static', options: { users: { ann: { password: '!env ANN' } } } }],
  authorizers: [{ plugin: 'acl', options: { rules: [{ match: {}, actions: ['*'] }] } }],
}
const env = { ANN: 'a secret of ann' }
const question = { user: ['ann', env.ANN] as [string, string], query: { service: 'registry' } }

describe('the process container', () => {
  it('a clock that is put there is the clock of all', async () => {
    const prepare = (container: DependencyContainer) =>
      void container.registerInstance(CLOCK, { now: () => NOW })
    await using server = await startTestServer({ config, env, prepare })
    const { json } = await server.send({ path: '/auth', ...question })
    const claims = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString())
    expect(claims.iat).to.equal(NOW / 1000 - 10)
    expect(json.issued_at).to.match(/^2031-02-03T00:00:00/)
  })

  it('signing asks what is put there', async () => {
    const sign = async () => 'not.really.signed'
    const prepare = (container: DependencyContainer) =>
      void container.registerInstance(TOKEN_SETTINGS, {
        issuer: 'Another',
        lifetimes: { expiration: 60_000, byAction: new Map() },
        services: undefined,
        signer: { sign, close: async () => {} } as never,
        signatures: { run: async (_signal: unknown, task: () => unknown) => task() } as never,
      })
    await using server = await startTestServer({ config, env, prepare })
    expect((await server.send({ path: '/auth', ...question })).json.token).to.equal('not.really.signed')
  })

  it('two configurations share nothing', async () => {
    await using first = await startTestServer({ config, env })
    await using second = await startTestServer({ config, env })
    const [one, two] = [first, second].map(({ server }) => server.services.container)
    for (const key of [CHAINS, TOKEN_KEEPER, TOKEN_SETTINGS])
      expect(one!.resolve<object>(key as never)).not.to.equal(two!.resolve<object>(key as never))
  })
})
