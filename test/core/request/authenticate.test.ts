// Who is it? The chain of authenticators, without HTTP.
import { expect } from 'chai'
import { type AuthnOutcome, accept, type Credentials, NotRenewable, pass } from '../../../core/plugin.ts'
import { authenticate } from '../../../core/request/authenticate.ts'
import type { DecidedBy } from '../../../core/request/decided.ts'
import { ClientGone } from '../../../core/request/errors.ts'
import type { Instance } from '../../../core/request/instance.ts'
import { PASSWORDS } from '../../../core/services/passwords.ts'
import {
  ANONYMOUS,
  causeOf,
  contextOf,
  failureOf,
  instanceOf,
  PASSWORD,
  requestOf,
  type Script,
  SUBJECT_TOKEN,
  scripted,
  servicesOf,
} from './steps.ts'

type Chain = Instance<'authenticator'>[]

function begin(chain: Chain, credentials: Credentials = PASSWORD) {
  const { services, spent } = servicesOf()
  const decided: DecidedBy = {}
  const context = contextOf(requestOf({ credentials }), services)
  return { spent, decided, context, proof: authenticate(credentials, chain, context, decided) }
}

const answering = (answer: () => unknown, more: object = {}) =>
  instanceOf('authenticator', 'users', { authenticate: async () => answer() as AuthnOutcome }, more)

describe('authenticate', () => {
  // What each does, `?` = on_error: next; who accepts, or the status; who decided; whether a hash was spent.
  const table: [chain: string, expected: string | number, decided: string | undefined, spent: boolean][] = [
    ['accept', 'a', 'a', false],
    ['pass accept', 'b', 'b', false],
    ['accept reject', 'a', 'a', false],
    ['accept throw', 'a', 'a', false],
    ['reject accept', 401, 'a', false],
    ['reject throw', 401, 'a', false],
    ['pass reject accept', 401, 'b', false],
    ['pass', 401, undefined, true],
    ['pass pass', 401, undefined, true],
    ['', 401, undefined, false],
    ['throw', 503, 'a', false],
    ['throw accept', 503, 'a', false],
    ['pass throw accept', 503, 'b', false],
    ['throw? accept', 'b', 'b', false],
    ['throw? reject', 401, 'b', false],
    ['throw? pass', 503, undefined, false],
    ['throw? throw? pass', 503, undefined, false],
    ['pass throw? accept', 'c', 'c', false],
  ]
  for (const [written, expected, by, hash] of table) {
    it(`${written || 'nobody'}: ${expected}`, async () => {
      const asked: string[] = []
      const scripts = written.split(' ').filter((script) => script !== '')
      const chain = scripts.map((script, index) =>
        scripted('abc'[index]!, script.replace('?', '') as Script, asked, {
          onError: script.endsWith('?') ? 'next' : 'fail',
        }),
      )
      const { proof, decided, context, spent } = begin(chain)
      if (typeof expected === 'string') {
        const { identity, instance, robot, verified } = await proof
        expect(identity).to.deep.equal({
          account: 'alice',
          labels: { by: [expected] },
          authenticator: expected,
        })
        expect(Object.isFrozen(identity)).to.equal(true)
        expect(instance?.id).to.equal(expected)
        expect({ robot, verified }).to.deep.equal({ robot: false, verified: false })
      } else {
        const error = await failureOf(proof)
        expect(error.status).to.equal(expected)
        if (expected === 401) expect(error.message).to.equal('wrong user name or password')
        else expect(causeOf(error)).to.match(/^plugin test \(id [abc]\): backend down$/)
      }
      expect(decided.authenticator).to.equal(by)
      const outcomes = scripts.map((script, index) => {
        const outcome = script.startsWith('throw') ? 'unavailable' : script
        return `${'abc'[index]}: ${outcome}`
      })
      expect(context.asked).to.deep.equal(outcomes.slice(0, asked.length))
      expect(spent).to.deep.equal(hash ? ['undefined correct horse'] : [])
    })
  }

  // Which of two it asks, of which each has what the column says.
  const kinds: [string, Credentials, object, string[]][] = [
    ['who shows nothing, of those for anybody', ANONYMOUS, { anonymous: true }, ['b']],
    ['a subject token, of those that take it', SUBJECT_TOKEN, { exchange: true }, ['b']],
    ['a password, of all', PASSWORD, { anonymous: true, exchange: true }, ['a', 'b']],
  ]
  for (const [name, credentials, more, expected] of kinds) {
    it(`asks about ${name}`, async () => {
      const asked: string[] = []
      await failureOf(
        begin([scripted('a', 'pass', asked), scripted('b', 'pass', asked, more)], credentials).proof,
      )
      expect(asked).to.deep.equal(expected)
    })
  }

  it('tells who shows nothing to log in, and spends no hash', async () => {
    const { proof, spent } = begin([scripted('a', 'pass', [], { anonymous: true })], ANONYMOUS)
    const error = await failureOf(proof)
    expect(error).to.include({
      status: 401,
      oauth: 'invalid_grant',
      message: 'authentication required',
    })
    expect(spent).to.deep.equal([])
  })

  it('answers a subject token with 400: when nobody takes one, when it is refused, and when nobody knows it', async () => {
    const exchange = { exchange: true }
    const told = async (chain: Chain) => {
      const error = await failureOf(begin(chain, SUBJECT_TOKEN).proof)
      return [error.status, error.oauth, error.cause && causeOf(error)]
    }
    expect(await told([scripted('a', 'accept', [])])).to.deep.equal([
      400,
      'unsupported_grant_type',
      undefined,
    ])
    expect(await told([scripted('a', 'reject', [], exchange)])).to.deep.equal([
      400,
      'invalid_request',
      'a says no',
    ])
    expect(await told([scripted('a', 'pass', [], exchange)])).to.deep.equal([
      400,
      'invalid_request',
      'no authenticator knows its issuer',
    ])
  })

  it('logs why credentials were rejected, and why one could not be asked', async () => {
    const [no, down] = [scripted('a', 'reject', []), scripted('b', 'throw', [])]
    await failureOf(begin([no]).proof)
    await failureOf(begin([down]).proof)
    expect(no.log.lines).to.deep.equal([
      { level: 'info', facts: { request: 'id-1', reason: 'a says no' }, message: 'credentials rejected' },
    ])
    expect(down.log.lines).to.have.length(1)
    expect(down.log.lines[0]).to.include({ level: 'error', message: 'authenticator could not be asked' })
    expect(down.log.lines[0]!.facts).to.have.property('request', 'id-1')
  })

  const faults: [string, unknown, RegExp][] = [
    ['no answer', undefined, /returned undefined|nothing/],
    ['an outcome that there is not', { outcome: 'yes' }, /none of accept, reject and pass/],
    ['an account that is no text', { outcome: 'accept', account: 7 }, /account/],
    ['an account with a control character', accept({ account: 'a\n' }), /account name that/],
    ['the name that stands for a refresh token', accept({ account: '<token>' }), /<token>/],
    ['an account that is too long', accept({ account: 'a'.repeat(257) }), /more than 256 characters/],
    ['nobody', accept({ account: '' }), /named no account/],
    ['a session that is no JSON', accept({ session: 1n as never }), /no JSON value/],
    ['labels that are none', { outcome: 'accept', labels: 'x' }, /label/],
  ]
  for (const [name, answer, reason] of faults) {
    it(`takes an authenticator that answers with ${name} for one that could not be asked`, async () => {
      const { proof, context } = begin([answering(() => answer)])
      const error = await failureOf(proof)
      expect(error.status).to.equal(503)
      expect(causeOf(error)).to.match(reason)
      expect(context.asked).to.deep.equal(['users: unavailable'])
    })
  }

  it('takes the account as the authenticator writes it, the longest too, and nobody for who shows nothing', async () => {
    const longest = 'a'.repeat(256)
    expect((await begin([answering(() => accept({ account: longest }))]).proof).identity.account).to.equal(
      longest,
    )
    const { proof } = begin([answering(() => accept(), { anonymous: true })], ANONYMOUS)
    expect((await proof).identity).to.deep.equal({ account: '', labels: {}, authenticator: 'users' })
  })

  it('reads an answer once, and keeps nothing of it that may change', async () => {
    const session = { since: 1 }
    const labels = { group: ['dev'] }
    const { session: kept, identity } = await begin([answering(() => accept({ session, labels }))]).proof
    session.since = 2
    labels.group.push('ops')
    expect(kept).to.deep.equal({ since: 1 })
    expect(Object.isFrozen(kept)).to.equal(true)
    expect(identity.labels).to.deep.equal({ group: ['dev'] })
  })

  it('keeps no session that is too long for a token, and says so', async () => {
    const sessionOf = async (length: number) =>
      (await begin([answering(() => accept({ session: 'x'.repeat(length) }))]).proof).session
    expect(await sessionOf(16 * 1024 - 2)).to.be.a('string')
    expect(await sessionOf(16 * 1024 - 1)).to.be.instanceOf(NotRenewable)
  })

  it('makes a session on demand as a call of the plugin', async () => {
    const made = async (session: () => Promise<unknown>) => {
      const { proof, context } = begin([answering(() => accept({ session: session as never }))])
      const { session: onDemand } = await proof
      return { context, make: onDemand as () => Promise<unknown> }
    }
    const fine = await made(async () => ({ fingerprint: 'f' }))
    expect(await fine.make()).to.deep.equal({ fingerprint: 'f' })
    const broken = await made(async () => {
      throw new Error('no more memory')
    })
    expect(await broken.make().catch((error: Error) => error.message)).to.equal(
      'plugin test (id users): no more memory',
    )
    broken.context.cancel(new ClientGone())
    expect(await broken.make().catch((error: Error) => error.name)).to.equal('ClientGone')
  })

  it('says that an account can be looked at again when its authenticator can', async () => {
    const again = instanceOf('authenticator', 'users', {
      authenticate: async () => accept(),
      refresh: async () => pass,
    })
    expect((await begin([again]).proof).verified).to.equal(true)
  })

  for (const shared of [true, false]) {
    it(`asks ${shared ? 'once' : 'twice'} when two come together and ${shared ? 'account and password' : 'more'} decide`, async () => {
      let calls = 0
      const gate = Promise.withResolvers<void>()
      const instance = instanceOf('authenticator', 'users', {
        authenticate: async () => {
          calls += 1
          await gate.promise
          return accept()
        },
        ...(shared && { answersFrom: 'password' }),
      })
      const { services } = servicesOf()
      const two = [1, 2].map(() => authenticate(PASSWORD, [instance], contextOf(requestOf(), services), {}))
      gate.resolve()
      for (const { identity } of await Promise.all(two)) expect(identity.account).to.equal('alice')
      expect(calls).to.equal(shared ? 1 : 2)
    })
  }

  it('ends with the reason when the request is cancelled, whatever on_error says', async () => {
    for (const onError of ['fail', 'next']) {
      const { proof, context } = begin([answering(() => new Promise(() => {}), { onError })])
      context.cancel(new ClientGone())
      expect(await proof.catch((error: Error) => error.name)).to.equal('ClientGone')
      expect(context.asked).to.deep.equal(['users: cancelled'])
    }
  })

  it('is 503 when the hash for nobody could not be computed', async () => {
    const { services } = servicesOf()
    services.registerInstance(PASSWORDS, {
      verify: async () => {
        throw new Error('too many hashes')
      },
    } as never)
    const last = scripted('b', 'pass', [])
    const chain = [scripted('a', 'pass', []), last]
    const error = await failureOf(authenticate(PASSWORD, chain, contextOf(requestOf(), services), {}))
    expect(error.status).to.equal(503)
    expect(causeOf(error)).to.equal('plugin test (id b): too many hashes')
    expect(last.log.lines.map(({ message }) => message)).to.deep.equal([
      'a name that nobody knows could not be refused',
    ])
  })
})
