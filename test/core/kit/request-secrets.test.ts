// What of a value that a plugin keeps is cleared from the log.
import { expect } from 'chai'
import { noteSecret, noteSecretsIn, secretsFor, withSecrets } from '../../../core/kit/request-secrets.ts'

/** A text after it was cleared of what was noted. */
function cleared(text: string, note: () => void): string {
  return withSecrets(() => {
    note()
    return secretsFor(text)?.mask(text) ?? text
  })
}

describe('the secrets of a request', () => {
  const kept: [string, string, boolean][] = [
    ['a token with a digit', 'abcdefghijklmno1', true],
    ['a token with a capital', 'abcdefghijklmnoP', true],
    ['base64 with its padding', 'YWJjZGVmZ2hpamts==', true],
    ['a short text', 'abcdefghijklmn1', false],
    ['small letters alone', 'abcdefghijklmnop', false],
    ['capitals before small letters', 'ABCDEFGHijklmnop', false],
    ['words with hyphens', 'team-of-the-platform', false],
    ['words with spaces', 'the Team of the platform 1', false],
  ]
  for (const [name, value, secret] of kept) {
    it(`${secret ? 'hold' : 'do not hold'} ${name} that a plugin keeps`, () => {
      const text = `refused: ${value}`
      const session = { a: [{ b: value }], labels: { group: ['labels-are-no-Secrets1'] } }
      expect(cleared(text, () => noteSecretsIn(session)).includes(value)).to.equal(!secret)
      expect(cleared('labels-are-no-Secrets1', () => noteSecretsIn(session))).to.contain('Secrets1')
    })
  }

  it('hold whatever a client shows, and nothing outside of a request', () => {
    expect(cleared('the horse is gone', () => noteSecret('horse'))).not.to.contain('horse')
    noteSecret('horse')
    expect(secretsFor('horse')).to.equal(undefined)
  })

  it('are looked for in a time that grows with the text', () => {
    noteSecretsIn('x'.repeat(2_000_000))
    noteSecretsIn('X'.repeat(2_000_000))
  })
})
