// The scope grammar.
import { expect } from 'chai'
import fc from 'fast-check'
import { RequestError } from '../../../core/request/errors.ts'
import { parseScopes as parseAtMost } from '../../../core/request/scope.ts'
import { runs } from '../../support/properties.ts'

const MOST = 100
const parseScopes = (values: readonly string[]) => parseAtMost(values, MOST)

describe('a scope', () => {
  const good: [string, { type: string; name: string; actions: string[] }][] = [
    ['repository:app:pull', { type: 'repository', name: 'app', actions: ['pull'] }],
    ['repository:team/app:pull,push', { type: 'repository', name: 'team/app', actions: ['pull', 'push'] }],
    [
      'repository:localhost:5000/app:pull',
      { type: 'repository', name: 'localhost:5000/app', actions: ['pull'] },
    ],
    ['repository:[::1]:5000/app:pull', { type: 'repository', name: '[::1]:5000/app', actions: ['pull'] }],
    ['repository:a:b:c:d:pull', { type: 'repository', name: 'a:b:c:d', actions: ['pull'] }],
    ['repository(plugin):team/app:pull', { type: 'repository', name: 'team/app', actions: ['pull'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
    ['repository::pull', { type: 'repository', name: '', actions: ['pull'] }],
    ['repository::', { type: 'repository', name: '', actions: [] }],
    ['repository:::pull', { type: 'repository', name: ':', actions: ['pull'] }],
    ['repository:app:', { type: 'repository', name: 'app', actions: [] }],
    ['repository:app:,,', { type: 'repository', name: 'app', actions: [] }],
    ['repository:app:pull,,push,', { type: 'repository', name: 'app', actions: ['pull', 'push'] }],
    ['repository:app:push,pull,push', { type: 'repository', name: 'app', actions: ['push', 'pull', 'push'] }],
    ['repository:Team/App_1:pull', { type: 'repository', name: 'Team/App_1', actions: ['pull'] }],
    ['repository:žluť/😀:pull', { type: 'repository', name: 'žluť/😀', actions: ['pull'] }],
    ['repository:../../etc:pull', { type: 'repository', name: '../../etc', actions: ['pull'] }],
    ['x1:__proto__:constructor', { type: 'x1', name: '__proto__', actions: ['constructor'] }],
    [`repository:${'x'.repeat(256)}:pull`, { type: 'repository', name: 'x'.repeat(256), actions: ['pull'] }],
  ]
  for (const [text, expected] of good) {
    it(`can be ${text.slice(0, 60)}`, () => {
      expect(parseScopes([text])).to.deep.equal([expected])
    })
  }

  const bad: [string, string][] = [
    ['repository', 'is not type:name:actions'],
    ['repository:app', 'is not type:name:actions'],
    [':', 'is not type:name:actions'],
    ['::', 'has the type ""'],
    [':app:pull', 'has the type ""'],
    ['Repository:app:pull', 'has the type "Repository"'],
    ['repo-x:app:pull', 'has the type "repo-x"'],
    ['repository(:app:pull', 'has the type "repository("'],
    ['repository():app:pull', 'has the type "repository()"'],
    ['repository(a)(b):app:pull', 'has the type "repository(a)(b)"'],
    ['openid:', 'is not type:name:actions'],
    ['profile', 'is not type:name:actions'],
    ['OPENID', 'is not type:name:actions'],
    ['repository:a\tb:pull', "can't be printed"],
    ['repository:a\u00a0b:pull', "can't be printed"],
    ['repository:a\u202eb:pull', "can't be printed"],
    ['repository:a\ufffdb:pull', "can't be printed"],
    ['repository:app:pu\nll', 'has the action "pu\\nll"'],
    [`repository:${'x'.repeat(257)}:pull`, 'a name of more than 256 characters'],
  ]
  for (const [text, message] of bad) {
    it(`can not be ${JSON.stringify(text).slice(0, 60)}, and the bad part is quoted`, () => {
      expect(() => parseScopes([text]))
        .to.throw(RequestError, message)
        .that.includes({ status: 400, code: 'INVALID_REQUEST', oauth: 'invalid_scope' })
    })
  }

  it('is quoted without what could change how a terminal shows the message', () => {
    for (const char of ['\u001b', '\u009b', '\u0085', '\u2028', '\u202e', '\u00a0', '\u200b']) {
      expect(() => parseScopes([`repository:a${char}b:pull`])).to.throw(/^[\x20-\x7e]+$/)
    }
  })

  it('is quoted no longer than one can read', () => {
    expect(() => parseScopes(['y'.repeat(30_000)])).to.throw(/^.{50,200}$/)
  })
})

describe('the scopes of a request', () => {
  it('may be repeated, joined by spaces, or both', () => {
    const values = ['repository:a:pull repository:b:pull', '  ', 'repository:c:pull ']
    expect(parseScopes(values).map(({ name }) => name)).to.deep.equal(['a', 'b', 'c'])
  })

  it('are none for a login', () => {
    for (const values of [[], [''], [' ', '']]) expect(parseScopes(values)).to.deep.equal([])
  })

  it('are none for a sign-in, and those of a sign-in beside others are left out', () => {
    for (const values of [['openid'], ['openid offline_access'], ['openid', 'offline_access', '']]) {
      expect(parseScopes(values)).to.deep.equal([])
    }
    const [scope, ...others] = parseScopes(['openid repository:a:pull', 'offline_access'])
    expect(scope).to.deep.equal({ type: 'repository', name: 'a', actions: ['pull'] })
    expect(others).to.deep.equal([])
  })

  it('are one for what is asked twice, as it was asked first', () => {
    const twice = ['repository:a:push,pull', 'repository(plugin):a:pull,push', 'repository:a:pull,,push,pull']
    expect(parseScopes([...twice, 'repository:a:pull'])).to.deep.equal([
      { type: 'repository', name: 'a', actions: ['push', 'pull'] },
      { type: 'repository', name: 'a', actions: ['pull'] },
    ])
  })

  const different = (count: number) =>
    Array.from({ length: count }, (_, index) => `repository:a:pull,${index}`)

  it(`are at most ${MOST} different ones`, () => {
    const most = different(100)
    expect(parseScopes(most)).to.have.length(100)
    expect(parseScopes([most.join(' '), 'openid', ...most])).to.have.length(100)
    expect(() => parseScopes([different(101).join(' ')])).to.throw(RequestError, 'more than 100 scopes')
    expect(parseScopes([Array(10_000).fill('repository:a:pull').join(' ')])).to.have.length(1)
  })

  const printable = (minLength: number) =>
    fc
      .string({ unit: 'grapheme', minLength, maxLength: 40 })
      .map((text) => text.replace(/[\p{C}\p{Z}\ufffd]/gu, '-'))
  const type = fc.stringMatching(/^[a-z0-9]{1,20}$/)
  const actions = fc.uniqueArray(
    printable(1).map((text) => text.replace(/[:,]/g, '-')),
    { maxLength: 5 },
  )
  const resource = fc.record({ type, name: printable(0), actions }, { noNullPrototype: true })

  it('are read back as they were written, whatever the name', () => {
    const property = (resources: { type: string; name: string; actions: string[] }[]) => {
      const texts = resources.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`)
      expect(parseScopes(texts)).to.deep.equal(resources)
      expect(parseScopes([texts.join(' ')])).to.deep.equal(resources)
    }
    const selector = ({ type, name, actions }: { type: string; name: string; actions: string[] }) =>
      `${type}:${name}:${[...actions].sort()}`
    fc.assert(fc.property(fc.uniqueArray(resource, { maxLength: 10, selector }), property))
  })

  it('are read or refused, never anything else, and what is read is printable', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('repository', ':', ',', ' ', '(', ')', 'a', '\n', '\ud800', '\u0000'))
        .map((all) => all.join('')),
    )
    const property = (values: string[]) => {
      try {
        for (const { type, name, actions } of parseScopes(values)) {
          expect(type).to.match(/^[a-z0-9]+$/)
          expect(name).to.match(/^[^\p{C}\p{Z}]*$/u)
          for (const text of actions) expect(text).to.match(/^[^\p{C}\p{Z}]+$/u)
        }
      } catch (error) {
        expect(error).to.be.instanceOf(RequestError).and.to.have.property('status', 400)
      }
    }
    fc.assert(fc.property(fc.array(noise, { maxLength: 5 }), property), runs(2_000))
  })
})
