// TLS and StartTLS to a real server, and what is wrong with certificates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { testHost } from '../../core/testing/index.ts'
import { needs } from '../../test/support/debian.ts'
import { newPair } from '../../test/support/key-pairs.ts'
import { login, open, PEOPLE, serviceOptions } from '../../test/support/ldap-people.ts'
import { startLdapProxy } from '../../test/support/ldap-proxy.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'

describe('ldap over TLS', () => {
  needs('slapd')
  let folder: string
  let slapd: SlapdServer
  let strict: SlapdServer

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
    const server = await newPair('P-256', { name: 'localhost' })
    const client = await newPair('P-256', { name: 'dockwarden' })
    const other = await newPair('P-256', { name: 'ldap.example.com' })
    const files = {
      'server.pem': server.certificate,
      'client.pem': client.certificate,
      'client.key': client.key,
      'other.pem': other.certificate,
      'damaged.pem': server.certificate.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA'),
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    slapd = await startSlapd({ ldif: PEOPLE, tls: server })
    strict = await startSlapd({ ldif: PEOPLE, tls: { ...server, ca: client.certificate } })
  })
  after(async () => {
    await slapd?.stop()
    await strict?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Two logins on one instance; the second one is on kept connections. */
  async function outcomeWith(server: string, more: object): Promise<string> {
    const ldap = await open(serviceOptions([server], more), testHost({ base: folder }))
    try {
      await login(ldap, 'ann')
      return (await login(ldap, 'ann')).outcome
    } catch (error) {
      return (error as Error).message
    } finally {
      await ldap.close!()
    }
  }

  const plain = () => `ldap://localhost:${slapd.port}`

  it('trusts the authority that it is given, and no other', async () => {
    const unknown = /unknown authority; name it in tls\.ca/
    for (const [server, more] of [
      [`ldaps://localhost:${slapd.tlsPort}`, {}],
      [plain(), { starttls: true }],
    ] as const) {
      expect(await outcomeWith(server, { ...more, tls: { ca: 'server.pem' } })).to.equal('accept')
      expect(await outcomeWith(server, { ...more, tls: { insecure_skip_verify: true } })).to.equal('accept')
      expect(await outcomeWith(server, more)).to.match(unknown)
      expect(await outcomeWith(server, { ...more, tls: { ca: 'other.pem' } })).to.match(unknown)
    }
  })

  it('makes no handshake for a login on kept connections', async () => {
    for (const [port, scheme, starttls] of [
      [slapd.tlsPort, 'ldaps', false],
      [slapd.port, 'ldap', true],
    ] as const) {
      const proxy = await startLdapProxy(port)
      const options = serviceOptions([`${scheme}://localhost:${proxy.port}`], {
        starttls,
        tls: { ca: 'server.pem' },
      })
      const ldap = await open(options, testHost({ base: folder }))
      try {
        for (let round = 0; round < 3; round++) expect((await login(ldap, 'ann')).outcome).to.equal('accept')
        expect(proxy.connections).to.equal(2)
      } finally {
        await ldap.close!()
        await proxy.stop()
      }
    }
  })

  it('wants a certificate for the name that it asked for', async () => {
    const server = `ldaps://127.0.0.1:${slapd.tlsPort}`
    expect(await outcomeWith(server, { tls: { ca: 'server.pem' } })).to.match(/is for another name/)
    expect(
      await outcomeWith(`ldap://127.0.0.1:${slapd.port}`, { starttls: true, tls: { ca: 'server.pem' } }),
    ).to.match(/is for another name/)
  })

  it('shows a client certificate', async () => {
    const tls = { ca: 'server.pem', certificate: 'client.pem', key: 'client.key' }
    expect(await outcomeWith(`ldaps://localhost:${strict.tlsPort}`, { tls })).to.equal('accept')
    const starting = { starttls: true, tls }
    expect(await outcomeWith(`ldap://localhost:${strict.port}`, starting)).to.equal('accept')
    expect(
      await outcomeWith(`ldaps://localhost:${strict.tlsPort}`, { tls: { ca: 'server.pem' } }),
    ).not.to.match(/accept|reject|pass/)
  })

  it('never goes on in the clear when StartTLS is refused', async () => {
    const bare = await startSlapd({ ldif: PEOPLE })
    try {
      const server = `ldap://localhost:${bare.port}`
      expect(await outcomeWith(server, { starttls: true })).to.match(/StartTLS was refused: LDAP result/)
    } finally {
      await bare.stop()
    }
  })

  it('says that a server speaks no TLS', async () => {
    const server = `ldaps://localhost:${slapd.port}`
    expect(await outcomeWith(server, {})).to.match(/does not speak TLS|was closed before/)
  })

  it('notices a restart on StartTLS connections', async () => {
    const ldap = await open(
      serviceOptions([plain()], { starttls: true, tls: { ca: 'server.pem' } }),
      testHost({ base: folder }),
    )
    try {
      for (let round = 0; round < 3; round++) {
        expect((await login(ldap, 'ann')).outcome).to.equal('accept')
        await slapd.halt()
        await slapd.start()
      }
    } finally {
      await ldap.close!()
    }
  })

  const faults: [string, object, RegExp][] = [
    [
      'a damaged certificate',
      { ca: 'damaged.pem' },
      /tls\.ca: .*damaged\.pem is damaged: .*; export it again/,
    ],
    ['a key without a certificate', { key: 'client.key' }, /belong together/],
    [
      'a key of another certificate',
      { certificate: 'other.pem', key: 'client.key' },
      /is not the private key of/,
    ],
  ]
  for (const [title, tls, message] of faults) {
    it(`refuses ${title} at load`, async () => {
      const opening = open(serviceOptions(['ldaps://localhost'], { tls }), testHost({ base: folder }))
      await opening.then(
        () => expect.fail('no error'),
        (error: Error) => expect(error.message).to.match(message),
      )
    })
  }
})
