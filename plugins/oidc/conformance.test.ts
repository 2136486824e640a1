import { Secret } from '../../core/plugin.ts'
import { conformance } from '../../core/testing/index.ts'
import { type FakeIssuer, startFakeIssuer } from '../../test/support/fake-issuer.ts'
import plugin from './index.ts'

let fake: FakeIssuer
before(async () => {
  fake = await startFakeIssuer()
})
after(() => fake[Symbol.asyncDispose]())

const options = {
  issuer: 'https://login.example.com',
  redirect_url: 'https://auth.example.com/oidc_auth',
  client_id: 'registry',
  client_secret: new Secret('a secret of the test'),
}
const { issuer: _, ...withoutIssuer } = options
const { redirect_url: __, ...withoutRedirect } = options
/** Whoever chose one of these would undo what protects a sign-in, or have the provider read the request from elsewhere. */
const RESERVED = [
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'state',
]

conformance(plugin, {
  options: () => ({ ...options, issuer: fake.issuer }),
  invalid: [
    { options: withoutIssuer, path: 'issuer', message: /is missing; write the issuer/ },
    { options: withoutRedirect, path: 'redirect_url', message: /is missing; write it as registered/ },
    { options: { ...options, issuer: 'login.example.com' }, path: 'issuer', message: /is no URL/ },
    {
      options: { ...options, issuer: 'http://login.example.com' },
      path: 'issuer',
      message: /is not encrypted/,
    },
    {
      options: { ...options, issuer: 'https://ann@login.example.com' },
      path: 'issuer',
      message: /no user name/,
    },
    {
      options: { ...options, issuer: 'https://login.example.com/.well-known/openid-configuration' },
      message: /write it without \/\.well-known/,
    },
    {
      options: { ...options, redirect_url: 'https://auth.example.com/' },
      path: 'redirect_url',
      message: /path of its own/,
    },
    { options: { ...options, client_authentication: 'jwt' }, path: 'client_authentication', message: /post/ },
    { options: { ...options, scopes: ['email'] }, path: 'scopes', message: /must contain openid/ },
    { options: { ...options, scopes: ['openid email'] }, path: 'scopes.0', message: /one word an entry/ },
    ...RESERVED.map((name) => ({
      options: { ...options, parameters: { [name]: 'x' } },
      path: `parameters.${name}`,
      message: /leave it out/,
    })),
    {
      options: { ...options, parameters: { scope: 'x' } },
      path: 'parameters.scope',
      message: /write `scopes`/,
    },
    { options: { ...options, account: 'claim.email' }, path: 'account', message: /did you mean "claims"/ },
    { options: { ...options, tls: { ca: 'no-such.pem' } }, message: /no-such\.pem: there is no such file/ },
  ],
  // Its passwords are tokens of the server's own, which are looked at before any authenticator is asked.
  passes: [
    { account: 'bob', password: 'correct horse' },
    { account: '', password: 'correct horse' },
  ],
})
