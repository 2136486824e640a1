import { expect } from 'chai'
import { type ClientCertificate, type RequestScope, Secret } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

const CI: ClientCertificate = {
  trusted: true,
  problem: undefined,
  subject: { CN: ['ci'], O: ['Example'], OU: ['build', 'europe'] },
  san: { dns: ['ci.example.com'], email: [], uri: ['spiffe://example.com/ci'], ip: [] },
  issuer: { CN: ['Example clients'] },
  serial: '0A',
  fingerprint: 'ab'.repeat(32),
  notBefore: new Date('2030-01-01T00:00:00Z'),
  notAfter: new Date('2031-01-01T00:00:00Z'),
}
const REVOKED = { ...CI, trusted: false, problem: 'it has been revoked' }

const options = { accept: "'Example' in certificate.subject.O", labels: { unit: 'certificate.subject.OU' } }
const nobody = { account: '', password: '' }

conformance(plugin, {
  options: () => options,
  invalid: [
    { options: { account: 'certificate.subjct.CN[0]' }, path: 'account', message: /subjct/ },
    { options: { account: 'cert.subject.CN[0]' }, path: 'account', message: /known: certificate/ },
    { options: { accept: 'certificate.serial' }, path: 'accept', message: /gives string/ },
    { options: { labels: { a: 'certificate.' } }, path: 'labels.a', message: /not a valid CEL/ },
    { options: { ca: 'clients.pem' }, path: '', message: /ca/ },
  ],
  accepts: [{ ...nobody, client: { certificate: CI }, as: 'ci', labels: { unit: ['build', 'europe'] } }],
  rejects: [
    { ...nobody, client: { certificate: REVOKED } },
    { ...nobody, client: { certificate: { ...CI, subject: { CN: ['ci'], O: ['Exemple'] } } } },
    { ...nobody, client: { certificate: { ...CI, subject: { CN: ['ci'] } } } },
  ],
  passes: [nobody, { account: 'ci', password: 'a password', client: { certificate: CI } }],
})

describe('mtls', () => {
  const anonymous = { kind: 'anonymous', account: '', password: new Secret('') } as const
  const showing = (certificate?: ClientCertificate): RequestScope => testRequest({ client: { certificate } })

  async function login(given: object, certificate = CI) {
    const instance = await plugin.create(plugin.options.parse(given), testHost())
    return instance.authenticate(anonymous, showing(certificate))
  }

  it('leaves a token that is exchanged to others, whatever certificate comes with it', async () => {
    const instance = await plugin.create(plugin.options.parse({}), testHost())
    const token = { kind: 'token', account: '', password: new Secret('a token') } as const
    expect(await instance.authenticate(token, showing(REVOKED))).to.deep.equal({ outcome: 'pass' })
  })

  const accounts: [string, string, object][] = [
    ['the first common name', 'certificate.subject.CN[0]', { account: 'ci' }],
    ['a part of a URI', "certificate.san.uri[0].split('/')[3]", { account: 'ci' }],
    ['the fingerprint', 'certificate.fingerprint', { account: CI.fingerprint }],
    ['a name that is not there', 'certificate.subject.UID[0]', { outcome: 'reject' }],
    ['a value that is not there', 'certificate.san.email[0]', { outcome: 'reject' }],
    ['no text', 'certificate.subject.OU', { outcome: 'reject' }],
    ['what docker sends with a token', '"<token>"', { outcome: 'reject' }],
    ['a name that is too long', JSON.stringify('a'.repeat(257)), { outcome: 'reject' }],
  ]
  for (const [name, account, expected] of accounts) {
    it(`account: ${name}`, async () => {
      expect(await login({ account })).to.deep.include(expected)
    })
  }

  it('says in the log which certificate it refused, and why', async () => {
    expect(await login({}, REVOKED)).to.deep.equal({
      outcome: 'reject',
      reason: 'client certificate abababababababab...: it has been revoked',
    })
  })

  it('labels come from any part; what is not there is no label', async () => {
    const labels = {
      issuer: 'certificate.issuer.CN[0]',
      host: 'certificate.san.dns',
      mail: 'certificate.san.email',
      country: 'certificate.subject.C',
      year: 'certificate.notAfter.getFullYear()',
    }
    expect(await login({ labels })).to.deep.include({
      labels: { issuer: ['Example clients'], host: ['ci.example.com'], year: ['2031'] },
    })
  })

  describe('looks again at a refresh token', () => {
    const held = { account: 'ci', labels: {}, session: { fingerprint: CI.fingerprint } }
    const other = { ...CI, fingerprint: 'cd'.repeat(32) }
    const { session: _, ...withoutSession } = held
    const cases: [string, typeof held | typeof withoutSession, ClientCertificate | undefined, string][] = [
      ['with the same certificate', held, CI, 'accept'],
      ['without a certificate', held, undefined, 'reject'],
      ['with another one for the same account', held, other, 'reject'],
      ['with the same one after it was revoked', held, REVOKED, 'reject'],
      ['with one that `accept` does not like any more', held, { ...CI, subject: { CN: ['ci'] } }, 'reject'],
      ['with one that stands for another account now', { ...held, account: 'ann' }, CI, 'reject'],
      ['a personal access token with a certificate of its account', withoutSession, other, 'accept'],
      [
        'a personal access token with one of another account',
        { ...withoutSession, account: 'ann' },
        CI,
        'reject',
      ],
      ['a personal access token without a certificate', withoutSession, undefined, 'reject'],
    ]
    for (const [name, kept, certificate, outcome] of cases) {
      it(`${name}: ${outcome}`, async () => {
        const instance = await plugin.create(plugin.options.parse(options), testHost())
        expect(await instance.refresh!(kept, showing(certificate))).to.include({ outcome })
      })
    }
  })
})
