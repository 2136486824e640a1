// What is said of an account whose password is compared with a hash: for people who look why, never for clients.
import { expect } from 'chai'
import {
  type Explained,
  NO_LABELS,
  passwordAuthenticator,
  Secret,
  type StoredAccount,
} from '../../../core/plugin.ts'
import { testHost, testRequest } from '../../../core/testing/index.ts'

const ACCOUNTS: Readonly<Record<string, StoredAccount['credential']>> = {
  ann: { matches: (given) => given.reveal() === 'right', fingerprint: async () => 'f1' },
  bob: { barred: 'the user is disabled' },
}

describe('a password authenticator explains', () => {
  const authenticator = passwordAuthenticator(
    {
      hashes: 'announced',
      passes: ({ account }) => account === '',
      find: async (name) => (ACCOUNTS[name] ? { credential: ACCOUNTS[name], labels: NO_LABELS } : undefined),
      gone: 'the user is gone',
    },
    testHost(),
  )
  const login = (account: string, password = 'right') =>
    authenticator.explain!({ kind: 'password', account, password: new Secret(password) }, testRequest())
  const look = (account: string, session?: string) =>
    authenticator.explainRefresh!({ account, labels: NO_LABELS, ...(session && { session }) }, testRequest())

  const table: [string, () => Promise<Explained<{ outcome: string }>>, string, string][] = [
    ['nobody', () => login(''), 'pass', 'it has no account for such credentials'],
    ['a stranger', () => login('eve'), 'pass', 'it has no such account'],
    ['the right password', () => login('ann'), 'accept', 'it has the account, and the password is right'],
    ['a wrong one', () => login('ann', 'x'), 'reject', 'it has the account, and the password is wrong'],
    ['who is barred', () => login('bob'), 'reject', 'it has the account, but the user is disabled'],
    ['an account that is there', () => look('ann'), 'accept', 'it has the account'],
    [
      'one with another password',
      () => look('ann', 'f0'),
      'reject',
      'it has the account, with another password than at the login',
    ],
    ['one that is gone', () => look('eve'), 'reject', 'it has no such account: the user is gone'],
    [
      'one that is barred by now',
      () => look('bob'),
      'reject',
      'it has the account, but the user is disabled',
    ],
  ]
  for (const [name, ask, outcome, sentence] of table) {
    it(name, async () => {
      const explained = await ask()
      expect(explained.outcome.outcome).to.equal(outcome)
      expect(explained.why).to.deep.equal([sentence])
    })
  }
})
