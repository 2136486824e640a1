// The kit must pass a good plugin and find each fault that it promises to find.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import {
  type Authenticator,
  type AuthnOutcome,
  accept,
  createToken,
  definePlugin,
  type PluginDefinition,
  pass,
  reject,
  TOKEN_REQUEST,
  z,
} from '../../../core/plugin.ts'
import { type ConformanceSuite, conformance } from '../../../core/testing/index.ts'
import { failures } from './failures.ts'

const PASSWORD = 'correct horse'
const authenticationSuite: ConformanceSuite = {
  options: () => ({ size: 3 }),
  invalid: [
    { options: { size: 'x' }, path: 'size', message: /expected number/ },
    { options: { size: -1 }, message: /too small/ },
  ],
  accepts: [{ account: 'bob', password: PASSWORD, labels: { group: ['a', 'b'] } }],
  rejects: [{ account: 'bob', password: 'wrong horse' }],
  passes: [{ account: 'ann', password: PASSWORD }],
  unavailable: { options: () => ({ size: 0 }) },
}

type Options = { size: number }
type Call = Authenticator['authenticate']

/** A good authenticator, with parts replaced. */
function authenticator(
  parts: Partial<Authenticator> = {},
  definition: Partial<PluginDefinition> = {},
): PluginDefinition {
  return definePlugin({
    kind: 'authenticator',
    name: 'good',
    options: z.strictObject({ size: z.number() }),
    create: ({ size }: Options): Authenticator => {
      if (size < 0) throw new Error('too small')
      return {
        async authenticate({ account, password }, { signal }) {
          if (size === 0) throw new Error('the backend is down')
          signal.throwIfAborted()
          if (account !== 'bob') return pass
          if (password.reveal() !== PASSWORD) return reject('wrong password')
          return accept({ labels: { group: ['b', 'a'] }, session: { since: 1 } })
        },
        async refresh({ account, labels, session }) {
          const known = account === 'bob' && JSON.stringify(session) === '{"since":1}'
          return known ? accept({ labels, session }) : reject('gone')
        },
        ...parts,
      }
    },
    ...definition,
  } as PluginDefinition)
}

/** Answers every call with this outcome. */
const always = (outcome: object): Partial<Authenticator> => ({
  authenticate: async () => outcome as AuthnOutcome,
})

describe('the conformance kit', () => {
  it('passes a good authenticator', async () => {
    expect([...(await failures(authenticator(), authenticationSuite))]).to.deep.equal([])
  })

  it('passes one whose backend takes several names for one account', async () => {
    const suite = {
      ...authenticationSuite,
      accepts: [{ account: 'Bob', password: PASSWORD, as: 'bob' }],
      invalid: [],
      rejects: [],
    }
    expect([...(await failures(inAnyCase({ account: 'bob' }), suite))]).to.deep.equal([])
  })

  const bad: [string, PluginDefinition, RegExp, RegExp][] = [
    ['a name in capitals', authenticator({}, { name: 'Good' }), /well defined/, /lower case/],
    [
      'options that are no schema',
      authenticator({}, { options: { parse: (x: unknown) => x } as never }),
      /well defined/,
      /zod/,
    ],
    ['a definition that can be changed', { ...authenticator() }, /well defined/, /definePlugin/],
    [
      'an explanation with another answer',
      authenticator({ explain: async () => ({ outcome: pass, why: ['so'] }) }),
      /^accepts "bob"$/,
      /deep/i,
    ],
    [
      'a list of accounts without one that it accepts',
      authenticator({ accounts: async () => [{ account: 'ann', labels: {} }] }),
      /^accepts "bob"$/,
      /accounts does not list "bob"/,
    ],
    [
      'an explanation without a sentence',
      authenticator({ explain: async () => ({ outcome: pass, why: [] }) }),
      /^passes "ann"$/,
      /needs a sentence/,
    ],
    [
      'an explanation that shows the password',
      authenticator({
        explain: async (_, { signal }) => {
          signal.throwIfAborted()
          return { outcome: pass, why: [PASSWORD] }
        },
      }),
      /^passes "ann"$/,
      /shows a password/,
    ],
    [
      'a refresh that is explained by another answer',
      authenticator({ explainRefresh: async () => ({ outcome: reject('no'), why: ['so'] }) }),
      /refreshes it/,
      /deep/i,
    ],
    [
      'an outcome of another name',
      authenticator(always({ outcome: 'ok' })),
      /^accepts "bob"$/,
      /must be one of/,
    ],
    ['no outcome', authenticator(always(undefined as never)), /^passes "ann"$/, /must be an outcome/],
    ['a reject without reason', authenticator(always({ outcome: 'reject' })), /^rejects "bob"$/, /reason/],
    [
      'labels that are no lists',
      authenticator(always(accept({ labels: { a: 'b' } as never }))),
      /^accepts/,
      /list of texts/,
    ],
    ['other labels', authenticator(always(accept({ labels: { group: ['a'] } }))), /^accepts "bob"$/, /deep/],
    [
      'a session that is no JSON',
      authenticator(always(accept({ session: new Date(0) as never }))),
      /^accepts/,
      /JSON/,
    ],
    [
      'the password in an outcome',
      authenticator(always(accept({ session: PASSWORD }))),
      /^accepts/,
      /shows a password/,
    ],
    [
      'a refresh of anybody',
      authenticator({ refresh: async ({ labels }) => accept({ labels }) }),
      /stranger/,
      /never accepted/,
    ],
    [
      'a refresh that forgets',
      authenticator({ refresh: async () => pass }),
      /refreshes it/,
      /refresh to accept/,
    ],
    [
      'a refresh under another name',
      authenticator({ refresh: async () => accept({ account: 'root', labels: { group: ['a', 'b'] } }) }),
      /refreshes it/,
      /must name the account as authenticate does/,
    ],
    [
      'an answer that depends on the address, where it is said to depend on the password alone',
      authenticator({
        answersFrom: 'password',
        authenticate: async (_, { client }) => (client.ip === undefined ? pass : reject('not from here')),
      }),
      /^passes "ann"$/,
      /remove answersFrom/,
    ],
    [
      'a proof that is remembered by default, and may depend on the address',
      authenticator({ remembered: 'by default' }),
      /^accepts/,
      /needs answersFrom: 'password'/,
    ],
    ['a refresh that takes an alias for an account', inAnyCase({}), /same names/, /as authenticate does/],
    [
      'a refresh that knows more names than a login',
      authenticator({ refresh: async ({ account }) => (/^bob$/i.test(account) ? accept() : pass) }),
      /same names/,
      /accepts "BOB", which authenticate does not/,
    ],
    [
      'an answer for an outage',
      authenticator(always(reject('down'))),
      /can not be asked/,
      /expected an exception/,
    ],
    ['a second close that fails', authenticator({ close: closesOnce() }), /closed twice/, /closed already/],
    ['state that calls share', authenticator({ authenticate: mixesUp() }), /all run at once/, /./],
  ]
  for (const [what, plugin, test, message] of bad) {
    it(`finds ${what}`, async () => {
      const found = await failures(plugin, { ...authenticationSuite, invalid: [] })
      const [, text] = [...found].find(([name]) => test.test(name)) ?? []
      expect(text, [...found.keys()].join()).to.match(message)
    })
  }

  /** Writes, as JavaScript without types can. */
  // biome-ignore lint/suspicious/noExplicitAny: the types forbid it
  const writing = (write: (...args: any[]) => void): Partial<Authenticator> => ({
    async authenticate(...args) {
      write(...args)
      return pass
    },
  })
  const meddlers: [string, PluginDefinition][] = [
    ['its options', authenticator({}, { create: meddlesomeCreate })],
    ['the credentials', authenticator(writing((credentials) => (credentials.account = 'root')))],
    ['a Secret', authenticator(writing(({ password }) => (password.reveal = () => '')))],
    ['the request', authenticator(writing((_, request) => (request.account = 'root')))],
    ['the client', authenticator(writing((_, { client }) => (client.ip = '127.0.0.1')))],
    ['the labels', authenticator(writing((_, { labels }) => (labels.team = ['admins'])))],
    [
      'what was asked for',
      authenticator(writing((_, request) => request.resolve(TOKEN_REQUEST).scopes.push({}))),
    ],
    [
      'a session',
      authenticator({
        async refresh({ account, labels, session }) {
          ;(session as { since: number }).since = 2
          return account === 'bob' ? accept({ labels }) : pass
        },
      }),
    ],
  ]
  for (const [what, plugin] of meddlers) {
    it(`finds a plugin that changes ${what}`, async () => {
      const found = await failures(plugin, authenticationSuite)
      expect([...found.values()].join()).to.match(/read only|not extensible/)
    })
  }

  it('does not end for a call that goes on after its signal aborted', async () => {
    const deaf = authenticator({
      authenticate: (_, { signal }) =>
        new Promise((answer) => {
          if (!signal.aborted) answer(accept({ labels: { group: ['a', 'b'] } }))
        }),
    })
    const found = await failures(deaf, authenticationSuite, 300)
    expect(found.get('settles a call whose signal aborts, and goes on')).to.equal('took too long')
  })

  it('finds the password in a log line and in an error, and does not show it', async () => {
    const leaky = (use: Call): Partial<PluginDefinition> => ({
      create: (_: unknown, host) => ({
        authenticate: async (credentials, request) => {
          host.log.info({ nested: { credentials: { password: credentials.password.reveal() } } }, 'asked')
          return use(credentials, request)
        },
      }),
    })
    const found = await failures(
      authenticator(
        {},
        leaky(async () => pass),
      ),
      authenticationSuite,
    )
    expect(found.get('passes "ann"'))
      .to.match(/a log line shows a password/)
      .and.not.include(PASSWORD)

    const thrown = authenticator({
      authenticate: async ({ password }) => {
        throw new Error('failed', { cause: { sent: [`user=bob&password=${password.reveal()}`] } })
      },
    })
    const failed = await failures(thrown, authenticationSuite)
    expect(failed.get('throws when its backend can not be asked')).to.match(/error shows a password/)
  })

  it('finds options that are not refused, or refused elsewhere', async () => {
    const found = await failures(authenticator(), {
      ...authenticationSuite,
      invalid: [
        { options: { size: 1 }, path: 'size', message: /a/ },
        { options: { size: 'x' }, path: 'length', message: /b/ },
        { options: { size: 1 }, message: /c/ },
      ],
    })
    expect([...found.keys()]).to.deep.equal(['refuses size: a', 'refuses length: b', 'refuses to start: c'])
  })

  it('wants cases for the kind of the plugin', () => {
    const register = () => conformance(authenticator(), { options: () => ({ size: 1 }) })
    expect(register).to.throw('the conformance suite of good has no case for its kind, authenticator')
  })

  const wrong: [string, object, string][] = [
    ['a misspelt list', { acepts: [] }, 'has the unknown key "acepts"; did you mean "accepts"?'],
    [
      'a misspelt key of a case',
      { accepts: [{ account: 'bob', password: PASSWORD, label: {} }] },
      'has in accepts[0] the unknown key "label"; did you mean "labels"?',
    ],
    [
      'a case without what it needs',
      { rejects: [{ account: 'bob' }] },
      'has no password in rejects[0]; write it',
    ],
    [
      'the cases of another kind',
      { decisions: [] },
      'has decisions, which are for authorizers; those of authenticators are accepts, rejects, passes',
    ],
    [
      'one case for a list',
      { passes: { account: 'ann', password: PASSWORD } },
      'has passes that are no list; put the cases in [ ]',
    ],
    [
      'options that are no function',
      { options: { size: 1 } },
      'has no function options, which gives them anew',
    ],
  ]
  for (const [what, parts, message] of wrong) {
    it(`refuses ${what}`, () => {
      const suite = { ...authenticationSuite, ...parts } as ConformanceSuite
      expect(() => conformance(authenticator(), suite)).to.throw(`the conformance suite of good ${message}`)
    })
  }

  describe('what is provided', () => {
    const ENTRY = createToken<object>('acme/entry')
    const hands = (onRefresh: boolean, listed = true) =>
      authenticator(
        {
          async authenticate({ account, password }, request) {
            request.provide(ENTRY, { account })
            if (account !== 'bob') return pass
            return password.reveal() === PASSWORD
              ? accept({ labels: { group: ['a', 'b'] } })
              : reject('wrong')
          },
          async refresh({ account, labels }, request) {
            if (onRefresh) request.provide(ENTRY, { account })
            return account === 'bob' ? accept({ labels }) : pass
          },
        },
        listed ? { provides: [ENTRY] } : {},
      )
    const { unavailable: _, ...available } = authenticationSuite
    const suite = (name: string): ConformanceSuite => ({
      ...available,
      invalid: [],
      accepts: [{ account: 'bob', password: PASSWORD, provides: { 'acme/entry': { account: name } } }],
    })

    it('passes a plugin that provides the same on both ways in', async () => {
      expect([...(await failures(hands(true), suite('bob')))].map(([name]) => name)).to.deep.equal([])
    })

    const faults: [string, PluginDefinition, string, RegExp, RegExp][] = [
      [
        'a refresh that provides less',
        hands(false),
        'bob',
        /refreshes it/,
        /must provide what authenticate provides/,
      ],
      ['another value', hands(true), 'ann', /^accepts/, /deep/],
      ['a token that is not listed', hands(true, false), 'bob', /^accepts/, /list the token in provides/],
    ]
    for (const [what, plugin, name, test, message] of faults) {
      it(`finds ${what}`, async () => {
        const found = await failures(plugin, suite(name))
        const [, text] = [...found].find(([title]) => test.test(title)) ?? []
        expect(text, [...found.keys()].join()).to.match(message)
      })
    }
  })

  it('asks without credentials only whom the definition allows', async () => {
    const anonymous = { ...authenticationSuite, passes: [{ account: '', password: '' }] }
    expect(() => conformance(authenticator(), anonymous)).to.throw('anonymous: true')
    expect([...(await failures(authenticator({}, { anonymous: true }), anonymous))]).to.deep.equal([])

    const kinds = new Set<string>()
    const asked = authenticator(
      {
        async authenticate({ kind }) {
          kinds.add(kind)
          return pass
        },
      },
      { anonymous: true },
    )
    await failures(asked, { ...authenticationSuite, accepts: [], rejects: [] })
    expect(kinds).to.deep.equal(new Set(['password', 'anonymous']))
  })

  it('asks with tokens to exchange only whom the definition allows, and wants an account for them', async () => {
    const exchange = {
      ...authenticationSuite,
      rejects: [],
      accepts: [{ account: '', password: 'a token', exchange: true }],
    }
    expect(() => conformance(authenticator(), exchange)).to.throw('exchange: true')
    const trusting = (account?: string) =>
      authenticator(
        {
          authenticate: async ({ kind }) =>
            kind === 'token' ? accept({ ...(account && { account }) }) : pass,
        },
        { exchange: true },
      )
    const name = 'accepts a token that is to be exchanged'
    expect((await failures(trusting('builder'), exchange)).has(name)).to.equal(false)
    expect((await failures(trusting(), exchange)).get(name)).to.match(/needs an account/)
  })

  it('runs under node:test as well', async () => {
    const register = new URL('../../support/register.ts', import.meta.url).href
    const plugin = new URL('../../../plugins/static/index.ts', import.meta.url).href
    const program = `
      import { describe, it } from 'node:test'
      import plugin from ${JSON.stringify(plugin)}
      const { conformance } = await import('dockwarden/testing')
      conformance(plugin, {
        runner: { describe, it },
        options: () => ({ users: { bob: { any_password: true } } }),
        accepts: [{ account: 'bob', password: 'correct horse' }],
      })`
    const args = ['--import', register, '--input-type=module', '--test-reporter=tap', '-e', program]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout)
      .to.match(/# fail 0/)
      .and.match(/# pass [1-9]/)
  })
})

/** An authenticator whose backend does not distinguish case. @param named what `refresh` says of the account's name */
function inAnyCase(named: { account?: string }): PluginDefinition {
  const isBob = (account: string) => account.toLowerCase() === 'bob'
  return authenticator({}, {
    create: ({ size }: Options): Authenticator => ({
      async authenticate({ account, password }) {
        if (size === 0) throw new Error('the backend is down')
        if (!isBob(account)) return pass
        return password.reveal() === PASSWORD ? accept({ account: 'bob' }) : reject('wrong password')
      },
      refresh: async ({ account }) => (isBob(account) ? accept(named) : reject('gone')),
    }),
  } as Partial<PluginDefinition>)
}

function meddlesomeCreate(options: unknown): Authenticator {
  ;(options as Options).size = 0
  return { authenticate: async () => pass }
}

function closesOnce(): () => Promise<void> {
  let closed = false
  return async () => {
    if (closed) throw new Error('closed already')
    closed = true
  }
}

function mixesUp(): Call {
  let current = ''
  return async ({ account, password }) => {
    current = account + password.reveal()
    await new Promise(setImmediate)
    if (current === `bob${PASSWORD}`) return accept({ labels: { group: ['a', 'b'] } })
    return current.startsWith('bob') ? reject('wrong password') : pass
  }
}
