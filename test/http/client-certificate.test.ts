// Client certificates over real TLS: who comes in with one, and who does not.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { certified, PASSWORD, REQUEST, SCOPE } from '../support/certified-server.ts'
import { alternativeNames, authorityOf } from '../support/client-certificates.ts'
import type { HttpQuestion } from '../support/http-question.ts'
import { newPair, type TestPair } from '../support/key-pairs.ts'
import { eventually } from '../support/server.ts'

const DAY = 86_400_000

describe('client certificates', () => {
  const { root, stranger, ci, server, start, agentOf, ask, accessOf, reasons, write, textOf, open } =
    certified()

  it('stand for an account, with labels, and are named in the audit line', async () => {
    await start()
    const answer = await ask(agentOf(ci()))
    expect(accessOf(answer)).to.deep.equal(['ci', 'pull', 'push'])
    const fingerprint = new X509Certificate(ci().certificate).fingerprint256.replaceAll(':', '').toLowerCase()
    expect(server().audits().at(-1)).to.include({
      account: 'ci',
      authenticator: 'mtls',
      certificate: fingerprint,
    })
  })

  it('are not needed by who has a password, or wants to be anonymous', async () => {
    await start()
    expect(accessOf(await ask(agentOf(undefined), { user: ['alice', PASSWORD] }))).to.deep.equal(['alice'])
    expect(accessOf(await ask(agentOf(undefined)))).to.deep.equal([''])
  })

  it('do not count beside a password, right or wrong', async () => {
    await start()
    const bad = await stranger().issue('CN=ci')
    for (const pair of [ci(), bad]) {
      expect(accessOf(await ask(agentOf(pair), { user: ['alice', PASSWORD] }))).to.deep.equal(['alice'])
      expect((await ask(agentOf(pair), { user: ['alice', 'wrong of the certified'] })).status).to.equal(401)
    }
  })

  it('are asked for with a TLS certificate of our own making, too', async () => {
    await start({ server: { tls: 'auto' } })
    const ca = readFileSync(join(server().folder, 'var/tls.crt'), 'utf8')
    expect(accessOf(await ask(agentOf(ci(), ca)))).to.deep.equal(['ci', 'pull', 'push'])
  })

  it('may come with the authorities between them and the root', async () => {
    await start()
    const between = await root().authority('between')
    const leaf = await between.issue('CN=ci')
    const chain = { ...leaf, certificate: leaf.certificate + between.certificate }
    expect(accessOf(await ask(agentOf(chain)))).to.deep.equal(['ci', 'pull', 'push'])
    expect((await ask(agentOf(leaf))).status).to.equal(401)
    expect(reasons().at(-1)).to.contain('does not lead to an authority in server.client_ca')
  })

  it('are judged by `accept`, and named by `account`', async () => {
    const options = {
      accept: "certificate.san.uri.exists(uri, uri.startsWith('spiffe://example/'))",
      account: "certificate.san.uri[0].split('/')[3]",
    }
    await start({ options })
    const good = await root().issue('CN=x', { names: [alternativeNames(['uri', 'spiffe://example/ci'])] })
    expect(accessOf(await ask(agentOf(good)))[0]).to.equal('ci')
    expect((await ask(agentOf(ci()))).status).to.equal(401)
    expect(reasons().at(-1)).to.contain('`accept` is not true for it')
  })

  it('of a proxy are not those of its clients', async () => {
    await start({ server: { client_certificate: { header: 'Client-Cert', trusted_proxies: ['127.0.0.1'] } } })
    expect(accessOf(await ask(agentOf(ci())))).to.deep.equal([''])
  })

  describe('that are not trusted are refused, and never taken for anonymous:', () => {
    const cases: [string, () => Promise<TestPair>, RegExp][] = [
      [
        'of another authority of the same name',
        () => stranger().issue('CN=ci'),
        /does not lead to an authority/,
      ],
      ['self-signed', () => newPair('P-256', { name: 'ci' }), /does not lead to an authority/],
      ['expired', () => root().issue('CN=ci', { notAfter: new Date(Date.now() - DAY) }), /has expired/],
      [
        'not valid yet',
        () => root().issue('CN=ci', { notBefore: new Date(Date.now() + DAY) }),
        /not valid yet/,
      ],
      ['for servers', () => root().issue('CN=ci', { usage: 'server' }), /not for clients/],
      ['issued by a client', () => clientAsAuthority(), /./],
      ['with a line break in its name', () => root().issue([{ CN: ['ci\nCN=admin'] }]), /control characters/],
      ['with an invisible character in its name', () => root().issue([{ CN: ['ci\u200b'] }]), /U\+200B/],
      ['without a name', () => root().issue([{ O: ['Example'] }]), /`account` gives no name/],
      [
        'with a name that ends in white space',
        () => root().issue([{ CN: ['ci '] }]),
        /white space at an end/,
      ],
    ]
    for (const [name, make, reason] of cases) {
      it(name, async () => {
        await start()
        const answer = await ask(agentOf(await make()))
        expect(answer.status).to.equal(401)
        expect(reasons().at(-1))
          .to.match(reason)
          .and.match(/^client certificate [0-9a-f]{16}\.\.\.: /)
        expect(server().audits().at(-1)).to.include({ authenticator: 'mtls', status: 401 })
      })
    }

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`of another authority of the same name over ${version}, and the connection stays whole`, async () => {
        await start()
        const socket = await open(await stranger().issue('CN=ci'), {
          minVersion: version,
          maxVersion: version,
        })
        const text = textOf(socket)
        socket.write(REQUEST)
        await eventually(() => server().audits().length === 1)
        socket.write(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
        expect((await text).match(/HTTP\/1\.1 \d+/g)).to.deep.equal(['HTTP/1.1 401', 'HTTP/1.1 401'])
      })
    }

    async function clientAsAuthority(): Promise<TestPair> {
      const leaf = await authorityOf(ci()).issue('CN=admin')
      return { ...leaf, certificate: leaf.certificate + ci().certificate }
    }
  })

  describe('and refresh tokens:', () => {
    const offline = { ...SCOPE, offline_token: 'true', client_id: 'test' }
    const redeem = (token: string): HttpQuestion => ({
      form: { grant_type: 'refresh_token', refresh_token: token, ...SCOPE },
    })

    it('what was got with a certificate is good only together with it', async () => {
      await start()
      const { json } = await ask(agentOf(ci()), { query: offline })
      const token = redeem(json.refresh_token)
      expect(accessOf(await ask(agentOf(ci()), token))).to.deep.equal(['ci', 'pull', 'push'])
      const twin = await root().issue('CN=ci,OU=build', { usage: 'client' })
      for (const [pair, reason] of [
        [undefined, /shows no client certificate/],
        [twin, /another client certificate/],
        [await stranger().issue('CN=ci'), /another client certificate/],
      ] as const) {
        expect((await ask(agentOf(pair), token)).status).to.equal(400)
        expect(server().audits().at(-1)!.reason).to.match(reason)
      }
    })

    it('they end when the certificate is revoked', async () => {
      await start({
        server: { client_crl: 'clients.crl' },
        files: { 'clients.crl': await root().list([]) },
      })
      const { json } = await ask(agentOf(ci()), { query: offline })
      await write('clients.crl', await root().list([ci()]))
      const answer = await ask(agentOf(ci()), redeem(json.refresh_token))
      expect(answer.status).to.equal(400)
      expect(server().audits().at(-1)!.reason).to.contain('has been revoked')
    })
  })
})
