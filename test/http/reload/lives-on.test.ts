// What a reload leaves as it is: what was counted, remembered and handed out.
import { expect } from 'chai'
import type { Prepare } from '../../../core/server/process-container.ts'
import { GUARD } from '../../../core/work/guard/gate.ts'
import { Guard } from '../../../core/work/guard/guard.ts'
import { KnownNetworks } from '../../../core/work/guard/known-networks.ts'
import { COUNTING } from '../../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../../support/server.ts'

const SCOPE = { service: 'registry', scope: 'repository:app:pull' }
const OFFLINE = { ...SCOPE, offline_token: 'true' }
const user = (password: string): [string, string] => ['ann', password]
const rules = (action: string) => ({
  plugin: 'acl',
  options: { rules: [{ match: { account: 'ann' }, actions: [action] }] },
})
const counting = (password: string, more: object = {}) => ({
  plugin: COUNTING,
  options: { password },
  ...more,
})
const ann = (hash: string, more: object = {}) => ({
  plugin: 'static',
  options: { users: { ann: { password: hash }, ...more } },
})

describe('what lives on over a reload', () => {
  let server: TestInstance
  const start = async (authenticators: object[]) => {
    // For this guard no time passes: who waits waits for ever.
    const prepare: Prepare = (container) => {
      const known = new KnownNetworks(() => 0, undefined)
      container.register(GUARD, {
        useValue: new Guard({ known, log: { debug() {}, info() {}, warn() {}, error() {} }, now: () => 0 }),
      })
    }
    server = await startTestServer({ config: { authenticators, authorizers: [rules('pull')] }, prepare })
  }
  afterEach(() => server.stop())

  const ask = (password: string, query: object = SCOPE) =>
    server.token({ user: user(password), query: query as typeof SCOPE })
  const asked = () => server.audits().at(-1)!.asked
  const counted = () => server.lines().filter(({ msg }) => msg === 'counted').length

  it('the guard’s counts, and who waits', async () => {
    await start([counting('right')])
    await Promise.all([1, 2, 3, 4, 5].map((nth) => ask(`wrong guess ${nth}`)))
    expect((await ask('right')).status).to.equal(429)
    await server.reload({ authenticators: [counting('right')], authorizers: [rules('push')] })
    expect((await ask('right')).status).to.equal(429)
    await server.reload({ authenticators: [counting('another')], authorizers: [rules('push')] })
    expect((await ask('another')).status).to.equal(429)
  })

  it('a refused password, while those who refused it are the same', async () => {
    await start([counting('right')])
    await ask('wrong')
    await server.reload({ authenticators: [counting('right')], authorizers: [rules('push')] })
    await ask('wrong')
    expect([asked(), counted()]).to.deep.equal([['counting: refused before'], 1])
    // It may be the right one now.
    await server.reload({ authenticators: [counting('wrong')], authorizers: [rules('pull')] })
    expect((await ask('wrong')).status).to.equal(200)
    expect((await ask('right')).status).to.equal(401)
  })

  it('a remembered password, also when other users have changed; its own has to be proved again', async () => {
    const hash = await hashOf('canary one')
    await start([ann(hash)])
    expect((await ask('canary one')).status).to.equal(200)
    await server.reload({
      authenticators: [ann(hash)],
      authorizers: [rules('pull')],
      token: { expiration: 300 },
    })
    expect((await ask('canary one')).status).to.equal(200)
    expect(asked()).to.deep.equal(['static: remembered'])
    await server.reload({
      authenticators: [ann(hash, { ben: { any_password: true } })],
      authorizers: [rules('pull')],
    })
    expect((await ask('canary one')).status).to.equal(200)
    expect(asked()).to.deep.equal(['static: remembered'])
    await server.reload({ authenticators: [ann(await hashOf('canary two'))], authorizers: [rules('pull')] })
    expect((await ask('canary one')).status).to.equal(401)
    expect((await ask('canary two')).status).to.equal(200)
    expect(asked()).to.deep.equal(['static: accept'])
    await server.reload({
      authenticators: [{ ...ann(await hashOf('canary two')), remember: false }],
      authorizers: [],
    })
    expect((await ask('canary two')).status).to.equal(200)
    expect(asked()).to.deep.equal(['static: accept'])
  })

  it('a remembered password of a plugin that can’t compare it, only with the same options', async () => {
    await start([counting('right', { remember: '5m' })])
    await ask('right')
    await server.reload({ authenticators: [counting('right', { remember: '5m' })], authorizers: [] })
    await ask('right')
    expect([asked(), counted()]).to.deep.equal([['counting: remembered'], 1])
    await server.reload({ authenticators: [counting('another', { remember: '5m' })], authorizers: [] })
    expect((await ask('right')).status).to.equal(401)
  })

  it('refresh tokens and personal access tokens', async () => {
    const hash = await hashOf('canary one')
    await start([ann(hash)])
    const { refresh_token } = (await ask('canary one', OFFLINE)).json
    await server.reload({
      authenticators: [ann(hash)],
      labelers: [],
      authorizers: [{ plugin: 'acl', options: { rules: [{ match: { account: 'nobody' }, actions: [] }] } }],
    })
    const form = { grant_type: 'refresh_token', service: 'registry', refresh_token, scope: SCOPE.scope }
    const answer = await server.token({ form })
    expect([answer.status, answer.access]).to.deep.equal([200, ['repository:app:']])
    await server.reload({
      token: { refresh: false },
      authenticators: [ann(hash)],
      authorizers: [rules('pull')],
    })
    expect((await server.token({ form })).status).to.equal(400)
    await server.reload({ authenticators: [ann(await hashOf('canary two'))], authorizers: [rules('pull')] })
    expect((await server.token({ form })).status).to.equal(400)
  })
})

async function hashOf(password: string): Promise<string> {
  const { hash } = await import('@node-rs/bcrypt')
  return hash(password, 4)
}
