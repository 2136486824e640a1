// What a request shows to prove something is noted before anything is said of it.
import { expect } from 'chai'
import { secretsFor, withSecrets } from '../../../core/kit/request-secrets.ts'
import { noteAuthorization, noteProofs } from '../../../core/request/proofs.ts'
import { basic } from '../../support/http-question.ts'

/** Whether a text would be cleared from the log of the request. */
function hidden(text: string, note: () => void): boolean {
  return withSecrets(() => {
    note()
    return secretsFor(text)?.mask(text) !== text && secretsFor(text) !== undefined
  })
}

describe('the proofs of a request', () => {
  const alice = basic('alice', 'canary')
  const headers: [string, string, boolean][] = [
    [alice, 'canary', true],
    [alice, alice.slice('Basic '.length), true],
    [alice, 'alice', false],
    [alice, 'Basic', false],
    [alice.replace('Basic ', 'bearer   '), 'canary', true],
    [alice.slice('Basic '.length), 'canary', true],
    ['Bearer ey.canary', 'ey.canary', true],
    [basic('alice', 'a:canary'), 'a:canary', true],
    ['', 'x', false],
  ]
  for (const [header, text, expected] of headers) {
    it(`in Authorization: ${header}, ${text} is ${expected ? '' : 'not '}hidden`, () => {
      expect(hidden(text, () => noteAuthorization(header))).to.equal(expected)
    })
  }

  const fields: [string, boolean][] = [
    ['password', true],
    ['refresh_token', true],
    ['client_secret', true],
    ['Refresh-Token', true],
    ['username', false],
    ['service', false],
  ]
  for (const [name, expected] of fields) {
    it(`of the parameter ${name}, the value is ${expected ? '' : 'not '}hidden`, () => {
      expect(hidden('canary', () => noteProofs(new URLSearchParams([[name, 'canary']])))).to.equal(expected)
    })
  }
})
