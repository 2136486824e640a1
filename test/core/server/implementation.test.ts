// What a plugin's create may return, beyond what test/http/wrong-plugins.test.ts tries on a whole server.
import { expect } from 'chai'
import { assertImplementation } from '../../../core/server/implementation.ts'

describe('what create returned', () => {
  const nothing = async () => {}
  const CASES = [
    ['authorizer', { authorize: nothing, answersFrom: 'files', rules: nothing }, undefined],
    ['labeler', { label: nothing, answersFrom: 'files' }, undefined],
    ['authorizer', { authorize: nothing, answersFrom: 'password' }, "a text; write 'files', or leave it out"],
    ['labeler', { label: nothing, answersFrom: true }, "a boolean; write 'files', or leave it out"],
    [
      'authenticator',
      { authenticate: nothing, answersFrom: 'files' },
      "a text; write 'password', or leave it out",
    ],
    ['authorizer', { authorize: nothing, rules: [] }, 'rules that is a list; write a function'],
  ] as const
  for (const [kind, made, message] of CASES) {
    it(`${kind} ${JSON.stringify(made)}: ${message ?? 'is fine'}`, () => {
      const look = () => assertImplementation(made, kind)
      if (message === undefined) expect(look).to.not.throw()
      else expect(look).to.throw(message)
    })
  }
})
