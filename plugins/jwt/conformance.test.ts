import type { JWTPayload } from 'jose'
import { conformance } from '../../core/testing/index.ts'
import { JwtIssuer } from '../../test/support/jwt-issuer.ts'
import plugin from './index.ts'

const issuer = await JwtIssuer.start()
const gone = await JwtIssuer.stopped()
after(() => issuer.stop())

const claims = { sub: 'system:serviceaccount:ci:builder', 'kubernetes.io': { namespace: 'ci' } }
/** Good for a day: it is made when this file is loaded, and a whole run may take long until it comes to it. */
const token = (given: JWTPayload) => issuer.token(given, { lifetime: 86_400 })
const good = await token(claims)
const one = { issuer: 'https://ci.example.com', audience: 'registry' }
const only = (more: object) => ({ issuers: [{ ...one, ...more }] })

conformance(plugin, {
  options: () => ({
    issuers: [
      {
        issuer: issuer.url,
        audience: 'registry',
        accept: 'claims["kubernetes.io"].namespace == "ci" && account != "wrong"',
        labels: { namespace: 'claims["kubernetes.io"].namespace', pod: 'claims["kubernetes.io"].pod.name' },
      },
    ],
  }),
  invalid: [
    { options: {}, path: 'issuers', message: /must be a list of issuers/ },
    { options: { issuers: [] }, path: 'issuers', message: /names no issuer/ },
    { options: only({ audience: undefined }), path: 'issuers.0.audience', message: /is missing; write what/ },
    { options: only({ audience: [] }), path: 'issuers.0.audience', message: /names no audience/ },
    { options: only({ audience: '' }), path: 'issuers.0.audience', message: /is empty/ },
    {
      options: only({ algorithms: ['HS256'] }),
      path: 'issuers.0.algorithms.0',
      message: /no signature with a public key/,
    },
    {
      options: only({ algorithms: ['ES256', 'none'] }),
      path: 'issuers.0.algorithms.1',
      message: /no signature with a public key/,
    },
    { options: only({ algorithms: [] }), path: 'issuers.0.algorithms', message: /allows no algorithm/ },
    {
      options: only({ clock_tolerance: '1h' }),
      path: 'issuers.0.clock_tolerance',
      message: /between 0 and 300/,
    },
    { options: only({ accept: 'claims.sub == acount' }), path: 'issuers.0.accept', message: /"account"/ },
    { options: only({ account: 'account' }), path: 'issuers.0.account', message: /Unknown variable/ },
    { options: only({ issuer: 'cluster' }), path: 'issuers.0.issuer', message: /add jwks_url or jwks_file/ },
    {
      options: only({ jwks_url: 'https://ann:secret@keys.example.com/' }),
      path: 'issuers.0.jwks_url',
      message: /no user name/,
    },
    { options: only({ jwks_url: 'keys' }), path: 'issuers.0.jwks_url', message: /is no URL/ },
    {
      options: only({ jwks_url: `${one.issuer}/keys`, jwks_file: 'keys.json' }),
      path: 'issuers.0.jwks_file',
      message: /remove one of the two/,
    },
    { options: only({ jwks_file: 'keys.json', tls: {} }), path: 'issuers.0.tls', message: /of no use/ },
    { options: only({ token_file: 'token' }), path: 'issuers.0.token_file', message: /needs jwks_url/ },
    {
      options: only({ token_file: 'token', jwks_url: 'http://cluster.example.com/keys' }),
      path: 'issuers.0.token_file',
      message: /needs an https jwks_url/,
    },
    {
      options: { issuers: [{ issuer: 'https://token.actions.githubusercontent.com', audience: 'registry' }] },
      path: 'issuers.0.accept',
      message: /anybody can get a token.*repository_owner/,
    },
    {
      options: { issuers: [{ issuer: 'https://accounts.google.com', audience: 'registry' }] },
      path: 'issuers.0.accept',
      message: /anybody can get a token.*claims\.email/,
    },
    { options: { issuers: [one, one] }, path: 'issuers.1.issuer', message: /stands here twice/ },
    { options: { ...only({}), cool_down: 0 }, path: 'cool_down', message: /between 1 and 3600/ },
    { options: only({ jwks_file: 'no-such.json' }), message: /no-such\.json: there is no such file/ },
    { options: only({ jwks_file: 'package.json' }), message: /package\.json: no set of keys/ },
    {
      options: only({ jwks_url: `${one.issuer}/keys`, token_file: 'no-such-token' }),
      message: /no-such-token: there is no such file/,
    },
    { options: only({ tls: { ca: 'no-such.pem' } }), message: /no-such\.pem: there is no such file/ },
  ],
  accepts: [
    {
      account: 'any-name',
      password: good,
      as: claims.sub,
      labels: { namespace: ['ci'] },
    },
    { account: '', password: good, exchange: true, as: claims.sub, labels: { namespace: ['ci'] } },
  ],
  rejects: [
    { account: 'wrong', password: good },
    { account: '', password: await token({ ...claims, aud: 'another' }), exchange: true },
    { account: 'any-name', password: await issuer.token(claims, { lifetime: -60 }) },
    { account: 'any-name', password: await token({ sub: 'x' }) },
  ],
  passes: [
    { account: 'any-name', password: 'correct horse' },
    { account: 'any-name', password: await token({ ...claims, iss: 'https://other.example.com' }) },
    { account: '', password: 'correct horse', exchange: true },
  ],
  unavailable: {
    options: () => ({
      issuers: [{ issuer: issuer.url, audience: 'registry', jwks_url: `${gone.url}/keys` }],
    }),
  },
})
