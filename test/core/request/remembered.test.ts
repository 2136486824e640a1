// When is an answer of a moment ago given again, without HTTP?
import { expect } from 'chai'
import {
  type Authenticator,
  type AuthnOutcome,
  accept,
  NotRenewable,
  pass,
  reject,
} from '../../../core/plugin.ts'
import { readAuthnAnswer } from '../../../core/request/authn-answer.ts'
import { forget, memoryFor, remember, rememberedAnswer } from '../../../core/request/remembered.ts'
import { contextOf, instanceOf } from './steps.ts'

const KEY = 'of alice and her password'

/** @param again what it says when it is asked about the account; undefined = it can't be */
function usersOf(again?: (session: unknown) => AuthnOutcome) {
  const implementation: Authenticator = {
    answersFrom: 'password',
    authenticate: async () => pass,
    ...(again && { refresh: async ({ session }) => again(session) }),
  }
  return instanceOf('authenticator', 'users', implementation, { memory: memoryFor(implementation, 60_000)! })
}

/** What is given the second time, of an answer of before. */
async function secondTime(before: AuthnOutcome, again?: (session: unknown) => AuthnOutcome) {
  const instance = usersOf(again)
  remember(instance, () => KEY, 'Alice', readAuthnAnswer(before, instance, 'Alice'))
  const answer = () => rememberedAnswer(instance, () => KEY, 'Alice', contextOf())
  return { instance, first: await answer(), answer }
}

describe('an answer of a moment ago', () => {
  const yes = accept({ account: 'alice', labels: { group: ['old'] } })
  const kept = accept({ account: 'alice', session: { of: 'hash' } })

  it('is given again as it was, where nobody can look at the account', async () => {
    const { first, instance } = await secondTime(yes)
    expect(first?.identity).to.deep.equal({
      account: 'alice',
      labels: { group: ['old'] },
      authenticator: 'users',
    })
    expect(await rememberedAnswer(instance, () => 'another password', 'Alice', contextOf())).to.equal(
      undefined,
    )
  })

  it('is that of now, where the account can be looked at', async () => {
    const asked: unknown[] = []
    const { first, answer } = await secondTime(kept, (session) => {
      asked.push(session)
      return accept({ account: 'alice', labels: { group: ['new'] }, session: { of: 'newer' } })
    })
    expect(first?.identity.labels).to.deep.equal({ group: ['new'] })
    expect(await answer()).not.to.equal(undefined)
    expect(asked).to.deep.equal([{ of: 'hash' }, { of: 'newer' }])
  })

  const over: [string, AuthnOutcome][] = [
    ['is refused', reject('the hash is another')],
    ['is not known', pass],
    ['has another name', accept({ account: 'alicia' })],
  ]
  for (const [name, now] of over) {
    it(`is none once the account ${name}: then the password must be proved`, async () => {
      let calls = 0
      const { first, answer } = await secondTime(kept, () => {
        calls += 1
        return now
      })
      expect([first, await answer(), calls]).to.deep.equal([undefined, undefined, 1])
    })
  }

  const never: [string, AuthnOutcome, boolean][] = [
    ['no accept', reject('no'), false],
    ['nobody', accept({ account: '' }), false],
    ['without a session, though it can be looked at', accept(), true],
    ['with a session on demand', accept({ session: async () => 'x' }), true],
    ['with one that can not be kept', accept({ session: new NotRenewable('too long') }), true],
  ]
  for (const [name, before, canLook] of never) {
    it(`that is ${name} is not remembered`, async () => {
      const again = canLook ? () => expect.fail('was asked') : undefined
      expect((await secondTime(before, again)).first).to.equal(undefined)
    })
  }

  it('is forgotten by any of its names, or with all', async () => {
    for (const account of ['Alice', 'alice', undefined]) {
      const { instance, answer } = await secondTime(yes)
      expect(forget([instance], 'bob')).to.equal(0)
      expect(await answer()).not.to.equal(undefined)
      expect(forget([instance, usersOf()], account)).to.equal(1)
      expect(await answer()).to.equal(undefined)
    }
  })

  const memories: [string, Partial<Authenticator>, number | false | undefined, boolean | RegExp][] = [
    ['is wanted', { answersFrom: 'password' }, 1_000, true],
    ['is not wanted', { answersFrom: 'password', remembered: 'by default' }, false, false],
    ['is not said', { answersFrom: 'password' }, undefined, false],
    [
      'has it by default, and can look',
      { answersFrom: 'password', remembered: 'by default', refresh: async () => pass },
      undefined,
      true,
    ],
    [
      'has it by default, and can not look',
      { answersFrom: 'password', remembered: 'by default' },
      undefined,
      false,
    ],
    ['answers from more', {}, 1_000, /depends on more than account and password; remove the key/],
    [
      'never can',
      { answersFrom: 'password', remembered: { never: 'it has a cache' } },
      1_000,
      /remember: it has a cache; remove the key/,
    ],
  ]
  for (const [name, given, wanted, expected] of memories) {
    it(`has ${expected === true ? 'a' : 'no'} memory where it ${name}`, () => {
      const make = () => memoryFor({ authenticate: async () => pass, ...given }, wanted)
      if (expected instanceof RegExp) expect(make).to.throw(expected)
      else expect(make() !== undefined).to.equal(expected)
    })
  }
})
