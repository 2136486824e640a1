// Verdicts on certificates that proxies pass on come through a private field of Node. What if it is gone?
import 'reflect-metadata'
import { join } from 'node:path'
import { expect } from 'chai'
import { examine } from '../../../core/cli/check.ts'
import { verdictFault } from '../../../core/request/client-verdict-check.ts'
import { newAuthority } from '../../support/client-certificates.ts'
import { startTestServer } from '../../support/server.ts'
import { withVerifyError } from '../../support/verify-error.ts'

const FAULT = /^Node v\d+\S* does not tell Dockwarden the verdict on certificates that proxies pass on$/
const OTHERS: readonly (readonly [string, unknown])[] = [
  ['is gone', undefined],
  ['is something else', 'no function'],
  ['lets everybody in', () => null],
  ['lets nobody in', () => ({ code: 'UNSPECIFIED' })],
  [
    'throws',
    () => {
      throw new Error('not for you')
    },
  ],
]

describe('the way to verdicts without the key', () => {
  it('is there in this version of Node', async () => {
    expect(await verdictFault()).to.equal(undefined)
  })

  for (const [name, verifyError] of OTHERS) {
    it(`is closed, and said to be, in a version whose field ${name}`, async () => {
      expect(await withVerifyError(verifyError, verdictFault)).to.match(FAULT)
    })
  }

  it('is closed for certificates alone, and check and the start say so', async () => {
    const root = await newAuthority('clients')
    await using server = await withVerifyError(undefined, () =>
      startTestServer({
        config: {
          server: {
            client_ca: 'clients.pem',
            client_certificate: { header: 'Client-Cert', trusted_proxies: ['127.0.0.0/8'] },
          },
          authenticators: [{ plugin: 'mtls' }, { plugin: 'static', options: { users: { '': {} } } }],
          authorizers: [],
        },
        files: { 'clients.pem': root.certificate },
      }),
    )
    const { certificate } = await root.issue('CN=ci', { usage: 'client' })
    const headers = { 'client-cert': encodeURIComponent(certificate) }
    expect((await server.token({ headers })).status).to.equal(401)
    expect((await server.token()).status).to.equal(200)
    const said =
      /server\.client_certificate: Node v\S+ does not tell .*; they are refused: run the newest Node/
    const { problems, warnings } = await withVerifyError(undefined, () =>
      examine(join(server.folder, 'dockwarden.yml')),
    )
    expect(problems).to.deep.equal([])
    for (const found of [warnings, server.server.services.warnings])
      expect(found.map(({ path, message }) => `${path}: ${message}`).join('\n')).to.match(said)
  })
})
