// What shows who somebody is, by its name or as a token of ours.
import { expect } from 'chai'
import fc from 'fast-check'
import { holdsOwnToken, shownIn } from '../../../core/request/shown.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'

const kind = fc.constantFrom('refresh' as const, 'personal' as const, 'browser' as const)
const token = kind.map((name) => createSecretToken(name).secret.reveal())
const word = fc.string({ maxLength: 10 })

describe('what shows who somebody is', () => {
  it('is a token of ours in any name or value, whatever stands around it', () => {
    const property = (secret: string, before: string, after: string, asName: boolean) => {
      const held = before + secret + after
      expect(holdsOwnToken(held)).to.equal(true)
      const pair: [string, string] = asName ? [held, ''] : ['scope', held]
      expect(shownIn(new URLSearchParams([['service', 'r'], pair]))).to.equal('a token of this server')
    }
    fc.assert(fc.property(token, word, word, fc.boolean(), property))
  })

  it('is the name of a proof, with whatever case and marks, and never what the client wrote', () => {
    const name = fc.constantFrom('username', 'password', 'refresh_token', 'client_secret', 'code')
    const mark = fc.constantFrom('', '_', '-', ' ', '[', '.')
    const property = (known: string, upper: boolean[], marks: string) => {
      const spelled = [...known].map((char, at) => (upper[at % upper.length] ? char.toUpperCase() : char))
      const written = marks + spelled.join('') + marks
      expect(shownIn(new URLSearchParams([[written, 'canary']]))).to.equal(known)
    }
    fc.assert(fc.property(name, fc.array(fc.boolean(), { minLength: 1 }), mark, property))
  })

  it('is nothing that clients send beside their credentials', () => {
    const query =
      'service=registry.example.com&scope=repository:dwp_tools/app:pull&scope=repository:a/code:pull,push&account=dwr_bot' +
      '&client_id=docker&offline_token=true&access_type=offline&grant_type=password&audience=x&from=a/password'
    expect(shownIn(new URLSearchParams(query))).to.equal(undefined)
  })
})
