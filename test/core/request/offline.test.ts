// Who gets a refresh token, and what it is made of.
import { expect } from 'chai'
import { NotRenewable } from '../../../core/plugin.ts'
import type { Proof } from '../../../core/request/authenticate.ts'
import { refreshTokenFor } from '../../../core/request/offline.ts'
import { keptLog } from '../../../core/testing/host.ts'
import type { TokenKeeper } from '../../../core/token/keeper.ts'
import type { RefreshOrder } from '../../../core/token/orders.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'
import { causeOf, failureOf, requestOf, scripted } from './steps.ts'

const instance = scripted('users', 'accept', [])
const proof: Proof = {
  identity: { account: 'alice', labels: { group: ['dev'] }, authenticator: 'users' },
  instance,
  verified: true,
  session: { since: 1 },
  robot: false,
}
const made = createSecretToken('refresh')

function begin(request = requestOf({ offline: true }), given: Proof = proof, fails?: unknown) {
  const orders: RefreshOrder[] = []
  const log = keptLog()
  const tokens = {
    async refreshToken(order: RefreshOrder) {
      if (fails !== undefined) throw fails
      orders.push(order)
      return made
    },
  } as unknown as TokenKeeper
  return { orders, log, token: refreshTokenFor(request, given, tokens, log) }
}

describe('a refresh token', () => {
  const nobody = { ...proof.identity, account: '' }
  const without: [string, Parameters<typeof begin>][] = [
    ['is not made unasked', [requestOf()]],
    ['is not made for nobody', [requestOf({ offline: true }), { ...proof, identity: nobody }]],
  ]
  for (const [name, given] of without) {
    it(name, async () => {
      const { token, orders } = begin(...given)
      expect(await token).to.equal(undefined)
      expect(orders).to.deep.equal([])
    })
  }

  it('is the one that the client came with', async () => {
    const token = createSecretToken('refresh')
    const credentials = { kind: 'refresh', account: '', token, refusal: 400 } as const
    const { token: given, orders } = begin(requestOf({ offline: true, credentials }))
    expect(await given).to.equal(token)
    expect(orders).to.deep.equal([])
  })

  const order: RefreshOrder = {
    account: 'alice',
    service: 'registry',
    client: 'docker',
    authenticator: 'users',
    plugin: 'test',
    verified: true,
    labels: { group: ['dev'] },
    session: { since: 1 },
    parent: undefined,
  }
  const orders: [string, Partial<Proof>, Partial<RefreshOrder>][] = [
    ['is made of who was accepted', {}, {}],
    [
      'has a session that is made on demand',
      { session: async () => ({ since: 2 }) },
      { session: { since: 2 } },
    ],
    ['is a robot’s', { robot: true, instance: undefined }, { authenticator: undefined, plugin: undefined }],
    [
      'descends from a personal access token',
      { kept: { id: 'p' } as never },
      { parent: { id: 'p' } as never },
    ],
    ['says that nobody can look again', { verified: false }, { verified: false }],
  ]
  for (const [name, given, expected] of orders) {
    it(name, async () => {
      const { token, orders } = begin(undefined, { ...proof, ...given } as Proof)
      expect(await token).to.equal(made)
      expect(orders).to.deep.equal([{ ...order, ...expected }])
    })
  }

  it('that could never be used is not made, with a warning', async () => {
    const session = async () => new NotRenewable('the hash takes too long')
    const { token, log, orders } = begin(undefined, { ...proof, session })
    expect(await token).to.equal(undefined)
    expect(orders).to.deep.equal([])
    const facts = { account: 'alice', authenticator: 'users', reason: 'the hash takes too long' }
    const message = 'no refresh token: it could never be used'
    expect(log.lines).to.deep.equal([{ level: 'warn', facts, message }])
  })

  for (const [fault, told] of [
    [new Error('disk full'), 'disk full'],
    ['disk full', 'disk full'],
  ] as const) {
    it(`that could not be kept is 503 (${typeof fault})`, async () => {
      const error = await failureOf(begin(undefined, proof, fault).token!)
      expect(error.status).to.equal(503)
      expect(causeOf(error)).to.equal(`no refresh token could be made: ${told}`)
    })
  }
})
