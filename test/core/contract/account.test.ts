import { expect } from 'chai'
import { isAccountName, isUserName, MAX_ACCOUNT } from '../../../core/contract/account.ts'

describe('account names', () => {
  const cases: [string, boolean, boolean][] = [
    ['ann@example.com', true, true],
    ['system:serviceaccount:ci:builder', true, false],
    ['a'.repeat(MAX_ACCOUNT), true, true],
    ['a'.repeat(MAX_ACCOUNT + 1), false, false],
    ['', false, false],
    ['<token>', false, false],
    ['ann\n', false, false],
    [' ann', false, false],
    ['an\0n', false, false],
  ]
  for (const [name, exists, sendable] of cases) {
    it(`${JSON.stringify(name.slice(0, 40))}, ${name.length} characters`, () => {
      expect([isAccountName(name), isUserName(name)]).to.deep.equal([exists, sendable])
    })
  }
})
