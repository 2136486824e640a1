import { expect } from 'chai'

import { type AuthnOutcome, type JsonValue, NO_LABELS, Secret } from '../../core/plugin.ts'

import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

const BCRYPT = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse
const ARGON2 =
  '$argon2id$v=19$m=64,t=1,p=1$9IoKlYb5IAHuQtBvSwHBvg$lRqkNvFe2luV03DVl2rhU2vTlN8FZ4tzwy2/0kGeOqA' // the same

conformance(plugin, {
  options: () => ({
    users: {
      '': { labels: { group: 'guests' } },
      bob: { password: BCRYPT, labels: { group: ['dev', 'ops'], site: 'berlin' } },
      ann: { password: ARGON2 },
      cicd: { password: new Secret('from-the-environment'), labels: { group: ['CICD'] } },
      hidden: { password: new Secret(BCRYPT) },
      open: { any_password: true },
      locked: { password: BCRYPT, disabled: true },
      constructor: { password: BCRYPT, labels: { ['__proto__']: 'x' } },
      ['__proto__']: { password: BCRYPT },
    },
  }),
  invalid: [
    { options: {}, path: 'users', message: /expected map/ },
    { options: { users: [] }, path: 'users', message: /map of names/ },
    { options: { users: { bob: {} } }, path: 'users.bob', message: /no password; write password:/ },
    {
      options: { users: { bob: { password: 'hunter2!' } } },
      path: 'users.bob.password',
      message: /!env NAME/,
    },
    {
      options: { users: { bob: { password: '$2y$05$cut' } } },
      path: 'users.bob.password',
      message: /damaged/,
    },
    {
      options: { users: { bob: { password: new Secret('$2y$05$cut') } } },
      path: 'users.bob.password',
      message: /damaged/,
    },
    {
      options: { users: { bob: { password: new Secret('') } } },
      path: 'users.bob.password',
      message: /empty/,
    },
    {
      options: { users: { bob: { password: BCRYPT, any_password: true } } },
      path: 'users.bob.any_password',
      message: /one of the two/,
    },
    {
      options: { users: { '': { password: BCRYPT } } },
      path: 'users..password',
      message: /without credentials/,
    },
    {
      options: { users: { 'bob\u200b': { password: BCRYPT } } },
      path: 'users.bob\u200b',
      message: /has U\+200B in it, which no account can have; write another name/,
    },
    { options: { users: { 'bob ': { password: BCRYPT } } }, path: 'users.bob ', message: /white space/ },
    { options: { users: { '': { any_password: true } } }, path: 'users..any_password', message: /remove/ },
    {
      options: { users: { bob: { password: BCRYPT, labels: { n: [1] } } } },
      path: 'users.bob.labels.n',
      message: /text/,
    },
  ],
  accepts: [
    { account: '', password: '', labels: { group: ['guests'] } },
    { account: 'bob', password: 'correct horse', labels: { group: ['dev', 'ops'], site: ['berlin'] } },
    { account: 'ann', password: 'correct horse', labels: {} },
    { account: 'cicd', password: 'from-the-environment', labels: { group: ['CICD'] } },
    { account: 'hidden', password: 'correct horse' },
    { account: 'open', password: 'anything goes' },
    { account: 'open', password: '' },
    { account: 'constructor', password: 'correct horse', labels: { ['__proto__']: ['x'] } },
    { account: '__proto__', password: 'correct horse' },
  ],
  rejects: [
    { account: 'bob', password: 'wrong horse' },
    { account: 'bob', password: '' },
    { account: 'bob', password: BCRYPT },
    { account: 'ann', password: 'wrong horse' },
    { account: 'cicd', password: 'from-the-environmenT' },
    { account: 'locked', password: 'correct horse' },
  ],
  passes: [
    { account: 'nobody', password: 'correct horse' },
    { account: 'toString', password: 'correct horse' },
    { account: 'BOB', password: 'correct horse' },
    { account: '', password: 'correct horse' },
  ],
})

describe('static', () => {
  const create = (users: object) => plugin.create(plugin.options.parse({ users }), testHost())
  const login = async (users: object, account: string, password: string): Promise<AuthnOutcome> =>
    (await create(users)).authenticate(
      { kind: 'password', account, password: new Secret(password) },
      testRequest(),
    )

  it('passes requests without credentials when no user "" is configured', async () => {
    const instance = await create({ bob: { password: BCRYPT } })
    const anonymous = { kind: 'anonymous', account: '', password: new Secret('') } as const
    expect(await instance.authenticate(anonymous, testRequest())).to.deep.equal({ outcome: 'pass' })
  })

  it('finds no user that the prototype of objects has', async () => {
    for (const account of ['constructor', '__proto__', 'hasOwnProperty']) {
      expect(await login({ bob: { password: BCRYPT } }, account, 'correct horse')).to.deep.equal({
        outcome: 'pass',
      })
    }
  })

  describe('refresh', () => {
    const plain = (text: string) => ({ password: new Secret(text) })
    const hash = (text: string) => testHost().passwords.hash(new Secret(text))

    const held = async (users: object, account: string, password: string) => {
      const outcome = await login(users, account, password)
      if (outcome.outcome !== 'accept') throw new Error(`expected an accept, got ${outcome.outcome}`)
      const { session } = outcome
      return {
        account,
        labels: NO_LABELS,
        session: (typeof session === 'function' ? await session() : session) as JsonValue | undefined,
      }
    }

    it('accepts with the labels of today', async () => {
      const session = await held(
        { bob: { ...plain('first secret'), labels: { group: 'old' } } },
        'bob',
        'first secret',
      )
      const today = await create({ bob: { ...plain('first secret'), labels: { group: 'new' } } })
      expect(await today.refresh!(session, testRequest())).to.deep.include({
        outcome: 'accept',
        labels: { group: ['new'] },
      })
    })

    const changes: [string, () => Promise<object>][] = [
      ['another plain password', async () => ({ bob: plain('second secret') })],
      ['a hash of the same password', async () => ({ bob: { password: await hash('first secret') } })],
      ['any password', async () => ({ bob: { any_password: true } })],
      ['being disabled', async () => ({ bob: { ...plain('first secret'), disabled: true } })],
      ['being gone', async () => ({ ann: plain('first secret') })],
    ]
    for (const [what, later] of changes) {
      it(`rejects after a change to ${what}`, async () => {
        const session = await held({ bob: plain('first secret') }, 'bob', 'first secret')
        const instance = await create(await later())
        expect(await instance.refresh!(session, testRequest())).to.have.property('outcome', 'reject')
      })
    }

    it('rejects after the same password was hashed anew', async () => {
      const session = await held({ bob: { password: await hash('first secret') } }, 'bob', 'first secret')
      const instance = await create({ bob: { password: await hash('first secret') } })
      expect(await instance.refresh!(session, testRequest())).to.have.property('outcome', 'reject')
    })

    it('rejects a session of another user with the same password', async () => {
      const users = { bob: plain('first secret'), ann: plain('first secret') }
      const session = await held(users, 'bob', 'first secret')
      const instance = await create(users)
      expect(await instance.refresh!({ ...session, account: 'ann' }, testRequest())).to.have.property(
        'outcome',
        'reject',
      )
    })

    it('rejects a disabled user whatever the session says', async () => {
      const instance = await create({ bob: { disabled: true } })
      for (const session of [undefined, 'disabled', 'any', null]) {
        const outcome = await instance.refresh!({ account: 'bob', labels: NO_LABELS, session }, testRequest())
        expect(outcome, String(session)).to.have.property('outcome', 'reject')
      }
    })
  })
})
