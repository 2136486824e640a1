// A whole request to the token endpoint, without a connection: what it answers, and its audit line.
import { expect } from 'chai'
import type { Context } from 'koa'
import { CLOCK, LOG } from '../../../core/kit/process.ts'
import { accept, grant, type Labels } from '../../../core/plugin.ts'
import { createEndpoint } from '../../../core/request/endpoint.ts'
import { CHAINS, type Chains } from '../../../core/request/pipeline.ts'
import { TOKEN_SETTINGS } from '../../../core/request/sign.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { TOKEN_KEEPER } from '../../../core/token/keeper.ts'
import type { RefreshOrder } from '../../../core/token/orders.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { FairPlace } from '../../../core/work/place.ts'
import { basic } from '../../support/http-question.ts'
import { messageOf } from './messages.ts'
import { instanceOf, servicesOf } from './steps.ts'

const users = instanceOf('authenticator', 'users', {
  authenticate: async ({ account }) => accept({ labels: { by: [account] } }),
})
const rules = instanceOf('authorizer', 'rules', {
  authorize: async ({ actions }) => grant(actions, 'rule 1'),
})
const NOW = Date.parse('2026-01-02T03:04:05Z')
const ALICE = { authorization: basic('alice', 'canary') }
const refreshToken = createSecretToken('refresh')

interface Given {
  readonly chains?: Partial<Chains>
  readonly logLabels?: boolean
}

async function ask(query: string, given: Given = {}, during?: (context: Context) => void) {
  const { services } = servicesOf()
  const log = keptLog()
  const orders: RefreshOrder[] = []
  const lifetimes = { expiration: 300_000, byAction: new Map() }
  services.registerInstance(CHAINS, {
    authenticators: [users],
    labelers: [],
    authorizers: [rules],
    ...given.chains,
  })
  services.registerInstance(CLOCK, { now: () => NOW })
  services.registerInstance(LOG, log as never)
  services.registerInstance(TOKEN_SETTINGS, {
    issuer: 'Auth Service',
    lifetimes,
    services: new Map([['registry', lifetimes]]),
    signatures: new FairPlace({ name: 'signatures', size: 1 }),
    signer: { sign: async (claims: unknown) => JSON.stringify(claims), close: async () => {} },
  } as never)
  services.registerInstance(TOKEN_KEEPER, {
    refreshToken: async (order: RefreshOrder) => {
      orders.push(order)
      return refreshToken
    },
  } as never)
  const endpoint = createEndpoint({
    container: services,
    clientAddress: () => '192.0.2.1',
    sharedAddress: () => false,
    limits: { scopes: 10, body: 1_000 },
    logLabels: given.logLabels ?? false,
  })
  const req = messageOf(query, undefined, ALICE)
  const context = {
    req,
    method: 'GET',
    url: req.url,
    state: { id: 'id-1' },
    status: 200,
    get: (name: string) => req.headers[name] ?? '',
    set: () => {},
  } as unknown as Context
  const done = endpoint(context)
  during?.(context)
  await done
  const lines = log.lines.map(
    ({ level, facts, message }): Record<string, unknown> => ({ level, message, ...facts }),
  )
  const body = (context.body && JSON.parse(context.body as string)) as Record<string, never>
  return { status: context.status, body, lines, orders }
}

describe('the token endpoint', () => {
  const QUERY = 'service=registry&scope=repository:app:pull'

  it('answers with a token for who asked, and writes one line', async () => {
    const { status, body, lines, orders } = await ask(QUERY)
    expect(status).to.equal(200)
    const claims = JSON.parse(body.token!)
    const access = [{ type: 'repository', name: 'app', actions: ['pull'] }]
    expect(claims).to.include({ sub: 'alice', aud: 'registry', exp: NOW / 1_000 + 300 })
    expect(claims.access).to.deep.equal(access)
    expect(body).to.include({ scope: 'repository:app:pull', issued_at: '2026-01-02T03:04:05Z' })
    expect(body).not.to.have.property('refresh_token')
    expect(orders).to.deep.equal([])
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({
      level: 'info',
      message: 'token issued',
      request: 'id-1',
      ip: '192.0.2.1',
      account: 'alice',
      authenticator: 'users',
      status: 200,
      refresh_token: undefined,
    })
    expect(lines[0]!.ms).to.be.a('number').and.at.least(0)
    expect(lines[0]).not.to.have.property('labels')
    expect(JSON.stringify(lines)).not.to.contain('canary')
  })

  it('gives a refresh token to who wants one, and logs its id, and labels where that is wanted', async () => {
    const { body, lines, orders } = await ask(`${QUERY}&offline_token=true`, { logLabels: true })
    expect(body.refresh_token).to.equal(refreshToken.secret.reveal())
    expect(orders.map(({ account, service }) => [account, service])).to.deep.equal([['alice', 'registry']])
    expect(lines[0]!.refresh_token).to.equal(refreshToken.id)
    expect(lines[0]!.labels as Labels).to.deep.equal({ by: ['alice'] })
  })

  const refused: [string, string, Given, number, string, object][] = [
    [
      'what can not be understood',
      'service=registry&scope=nonsense',
      {},
      400,
      'info',
      { account: 'alice', service: 'registry' },
    ],
    ['another service', 'service=other', {}, 400, 'info', { account: 'alice', service: 'other' }],
    ['whom nobody knows', QUERY, { chains: { authenticators: [] } }, 401, 'info', { account: 'alice' }],
    [
      'when a plugin is down',
      QUERY,
      {
        chains: {
          authorizers: [
            instanceOf('authorizer', 'down', {
              authorize: async () => {
                throw new Error('backend down')
              },
            }),
          ],
        },
      },
      503,
      'error',
      { account: 'alice', authenticator: 'users' },
    ],
  ]
  for (const [name, query, given, status, level, facts] of refused) {
    it(`refuses ${name}, and the line says who it was`, async () => {
      const { status: answered, body, lines } = await ask(query, given)
      expect(answered).to.equal(status)
      expect(body).to.have.all.keys('errors')
      expect(lines).to.have.length(1)
      expect(lines[0]).to.include({ level, status, message: 'token refused', ...facts })
      expect(lines[0]!.reason).to.be.a('string')
    })
  }

  it('does nothing more for a client that has gone', async () => {
    const hanging = instanceOf('authenticator', 'hanging', { authenticate: () => new Promise(() => {}) })
    const { body, lines } = await ask(QUERY, { chains: { authenticators: [hanging] } }, (context) => {
      setImmediate(() => context.req.socket.destroy())
    })
    expect(body).to.equal(undefined)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ level: 'info', message: 'client gone', status: 499, account: 'alice' })
  })
})
