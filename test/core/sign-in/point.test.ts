// What a plugin's `routes` may add: a plugin can be JavaScript, which no type has checked.
import { expect } from 'chai'
import { type Authenticator, accept, pass, type Routes, type SignIn } from '../../../core/plugin.ts'
import { addressDoubts, signInOf } from '../../../core/sign-in/point.ts'

const GOOD: SignIn = {
  title: 'Example',
  redirect: { url: 'https://auth.example.com/team/example_auth', path: '/example_auth' },
  registry: undefined,
  revalidateAfter: 1_000,
  grace: 0,
  passwordLifetime: undefined,
  begin: async () => ({ url: 'https://id.example.com', keep: null }),
  finish: async () => pass,
}

function addedBy(routes: unknown, more: object = { refresh: async () => accept() }): SignIn | undefined {
  return signInOf({ authenticate: async () => pass, routes, ...more } as Authenticator)
}
const withSignIn = (given: object) => (routes: Routes) => routes.signIn({ ...GOOD, ...given } as SignIn)

function twice(routes: Routes): void {
  routes.signIn(GOOD)
  routes.signIn(GOOD)
}

describe('the sign-in of a plugin', () => {
  it('is what its routes add, called as a method', () => {
    class Plugin {
      title = 'Mine'
      authenticate = async () => pass
      refresh = async () => accept()
      routes(routes: Routes) {
        routes.signIn({ ...GOOD, title: this.title })
      }
    }
    expect(signInOf(new Plugin())?.title).to.equal('Mine')
  })

  it('is none when there are no routes, or they add none', () => {
    expect([addedBy(undefined), addedBy(() => {})]).to.deep.equal([undefined, undefined])
  })

  const wrong: [string, unknown, RegExp][] = [
    ['routes that are no function', 'routes', /routes are no function/],
    ['async routes', async () => {}, /must not be async/],
    ['two sign-ins', twice, /more than one sign-in/],
    ['no redirect', withSignIn({ redirect: undefined }), /redirect: /],
    ['a redirect that is a text', withSignIn({ redirect: 'https://h/t' }), /redirect: /],
    [
      'a path without a slash',
      withSignIn({ redirect: { path: 't' } }),
      /redirect\.path: is no path of one part/,
    ],
    [
      'a path of two parts',
      withSignIn({ redirect: { path: '/a/b' } }),
      /redirect\.path: is no path of one part/,
    ],
    [
      'a path that is not that of the URL',
      withSignIn({ redirect: { ...GOOD.redirect, path: '/other' } }),
      /not the last part/,
    ],
    ['no begin', withSignIn({ begin: undefined }), /begin: is no function/],
    ['no finish', withSignIn({ finish: 7 }), /finish: is no function/],
    ['no title', withSignIn({ title: undefined }), /title: /],
    ['an interval that is a text', withSignIn({ revalidateAfter: '1h' }), /revalidateAfter: /],
  ]
  for (const [name, routes, message] of wrong) {
    it(`is refused: ${name}`, () => {
      expect(() => addedBy(routes)).to.throw(message)
    })
  }

  it('needs a way to look again', () => {
    expect(() => addedBy(withSignIn({}), {})).to.throw(/no refresh function/)
  })
})

describe('the address that a provider sends browsers back to', () => {
  const doubtsOf = (url: string | undefined, prefix = '') =>
    addressDoubts(
      [{ instance: { id: 'one' }, signIn: { ...GOOD, redirect: { url, path: '/example_auth' } } } as never],
      prefix,
    ).map(({ message }) => message.split(':')[0])

  it('is fine with https, on this machine, and when it is not configured', () => {
    for (const url of [
      'https://auth.example.com/example_auth',
      'http://localhost:5001/example_auth',
      'http://127.0.0.1/example_auth',
      'http://[::1]:5001/example_auth',
      undefined,
    ]) {
      expect(doubtsOf(url), url).to.deep.equal([])
    }
  })

  it('is warned of when it is not encrypted, or without the prefix', () => {
    const bare = 'http://auth.example.com/example_auth'
    expect(doubtsOf(bare)).to.deep.equal(['redirect_url is not encrypted'])
    expect(doubtsOf(bare, '/team')).to.deep.equal([
      'redirect_url does not hold path_prefix',
      'redirect_url is not encrypted',
    ])
  })
})
