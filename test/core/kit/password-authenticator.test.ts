import { expect } from 'chai'
import {
  type AuthnOutcome,
  type Credential,
  NO_LABELS,
  passwordAuthenticator,
  Secret,
  type StoredAccount,
} from '../../../core/plugin.ts'
import { testHost, testRequest } from '../../../core/testing/host.ts'

const HASH = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm' // correct horse
const PASSWORD = 'correct horse'

/** Accounts that a test may change, and the hashes that were checked and announced. */
function subject(given: Readonly<Record<string, StoredAccount>> = {}) {
  const accounts = new Map(Object.entries(given))
  const checked: (string | undefined)[] = []
  const announced: (string | undefined)[] = []
  const { passwords } = testHost()
  const backend = {
    hashes: 'announced',
    find: async (account: string) => accounts.get(account),
    gone: 'the user was removed',
  } as const
  const host = {
    passwords: {
      ...passwords,
      announce: (hash?: string) => {
        announced.push(hash)
        return passwords.announce(hash)
      },
      verify: async (hash: string | undefined, password: Secret, signal: AbortSignal) => {
        checked.push(hash)
        return await passwords.verify(hash, password, signal)
      },
    },
  }
  const instance = passwordAuthenticator(backend, host)
  const login = async (account: string, password: string): Promise<AuthnOutcome> =>
    instance.authenticate({ kind: 'password', account, password: new Secret(password) }, testRequest())
  const refresh = async (account: string, session?: string): Promise<AuthnOutcome> =>
    instance.refresh!(
      { account, labels: NO_LABELS, ...(session !== undefined && { session }) },
      testRequest(),
    )
  return { accounts, announced, backend, checked, host, instance, login, refresh }
}

const of = (credential: Credential, name?: string): StoredAccount => ({
  credential,
  labels: { group: ['dev'] },
  ...(name !== undefined && { name }),
})
const plain = (text: string): Credential => ({
  matches: (password) => password.equals(new Secret(text)),
  fingerprint: async () => `of ${text}`,
})

describe('the authenticator of stored passwords', () => {
  const CASES: [string, StoredAccount | undefined, string, object, (string | undefined)[]][] = [
    ['passes whom the backend does not know', undefined, PASSWORD, { outcome: 'pass' }, []],
    ['accepts the right password', of({ hash: HASH }), PASSWORD, { outcome: 'accept' }, [HASH]],
    ['rejects another one', of({ hash: HASH }), 'x', { outcome: 'reject', reason: 'wrong password' }, [HASH]],
    [
      'rejects who is barred, with the reason, after as long as a hash takes',
      of({ barred: 'the user is disabled' }),
      PASSWORD,
      { outcome: 'reject', reason: 'the user is disabled' },
      [undefined],
    ],
    ['accepts a plain password without a hash', of(plain('p')), 'p', { outcome: 'accept' }, []],
    [
      'rejects another plain password after as long as a hash takes',
      of(plain('p')),
      'x',
      { outcome: 'reject', reason: 'wrong password' },
      [undefined],
    ],
  ]
  for (const [behaviour, account, password, outcome, hashes] of CASES) {
    it(behaviour, async () => {
      const { checked, login } = subject(account && { ann: account })
      expect(await login('ann', password)).to.deep.include(outcome)
      expect(checked).to.deep.equal(hashes)
    })
  }

  it("gives the labels, and the backend's spelling of the name", async () => {
    const { login, refresh } = subject({ ANN: of({ hash: HASH }, 'ann') })
    const found = { outcome: 'accept', account: 'ann', labels: { group: ['dev'] } }
    expect(await login('ANN', PASSWORD)).to.deep.include(found)
    expect(await refresh('ANN')).to.deep.equal(found)
  })

  it('passes what no account can have without a look', async () => {
    const { backend, host } = subject()
    const find = () => {
      throw new Error('was asked')
    }
    const instance = passwordAuthenticator(
      { ...backend, find, passes: ({ account }) => account === '' },
      host,
    )
    const credentials = { kind: 'password', account: '', password: new Secret('x') } as const
    expect(await instance.authenticate(credentials, testRequest())).to.deep.equal({ outcome: 'pass' })
  })

  it('announces hashes that are in a backend', () => {
    const { announced, backend, host } = subject()
    expect(announced).to.deep.equal([])
    passwordAuthenticator({ ...backend, hashes: 'in a backend' }, host)
    expect(announced).to.deep.equal([undefined])
  })

  it('says that the password decides, unless the backend reads more of the request', () => {
    const { backend, host, instance } = subject()
    expect(instance).to.have.property('answersFrom', 'password')
    expect(passwordAuthenticator({ ...backend, readsRequest: true }, host)).not.to.have.property(
      'answersFrom',
    )
  })

  const LATER: [string, StoredAccount | undefined, string | undefined, string | undefined][] = [
    ['the same', of({ hash: HASH }), undefined, undefined],
    ['removed', undefined, 'the user was removed', 'the user was removed'],
    ['barred', of({ barred: 'the user is disabled' }), 'the user is disabled', 'the user is disabled'],
    ['given another hash', of({ hash: `${HASH}.` }), 'the password has changed since', undefined],
    ['given a plain password', of(plain(PASSWORD)), 'the password has changed since', undefined],
  ]
  for (const [what, account, withSession, without] of LATER) {
    it(`looks again at a login whose account is ${what}`, async () => {
      const { accounts, login, refresh } = subject({ ann: of({ hash: HASH }) })
      const { session } = (await login('ann', PASSWORD)) as { session: string }
      accounts.delete('ann')
      if (account) accounts.set('ann', account)
      const reasonOf = (outcome: AuthnOutcome) => ('reason' in outcome ? outcome.reason : undefined)
      expect(reasonOf(await refresh('ann', session))).to.equal(withSession)
      // About the account alone, as for a personal access token.
      expect(reasonOf(await refresh('ann'))).to.equal(without)
    })
  }

  it('makes the fingerprint of a plain password only for a session', async () => {
    const { login, refresh } = subject({ ann: of(plain('p')) })
    const { session } = (await login('ann', 'p')) as { session: () => Promise<string> }
    expect(await session()).to.equal('of p')
    expect(await refresh('ann', 'of p')).to.have.property('outcome', 'accept')
    expect(await refresh('ann', 'of q')).to.have.property('outcome', 'reject')
  })
})
