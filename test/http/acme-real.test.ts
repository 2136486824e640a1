// The whole exchange with a real ACME server, where ACME_DIRECTORY_URL names one (docs/acme.md, "Trying it").
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { eventually, startTestServer } from '../support/server.ts'

const { ACME_DIRECTORY_URL: directory, ACME_CA, ACME_DOMAIN = 'localhost', ACME_PORT = '5001' } = process.env

if (directory !== undefined) {
  describe(`a certificate of ${directory}`, function () {
    this.timeout(120_000)

    it('is issued and served', async () => {
      const ca = ACME_CA === undefined ? {} : { ca: 'acme-ca.pem' }
      await using server = await startTestServer({
        config: {
          server: {
            listen: `127.0.0.1:${ACME_PORT}`,
            state_dir: 'state',
            tls: { acme: { directory, domains: [ACME_DOMAIN], ...ca } },
          },
          authenticators: [{ plugin: 'static', options: { users: { ann: { password: '!env ANN' } } } }],
          authorizers: [
            { plugin: 'acl', options: { rules: [{ match: { account: 'ann' }, actions: ['pull'] }] } },
          ],
        },
        ...(ACME_CA !== undefined && { files: { 'acme-ca.pem': readFileSync(ACME_CA, 'utf8') } }),
        env: { ANN: 'a password of ann' },
        watchInterval: 100,
      })
      const issuer = () =>
        new Promise<string>((resolve, reject) => {
          const socket = connect(
            {
              host: '127.0.0.1',
              port: Number(ACME_PORT),
              servername: ACME_DOMAIN,
              rejectUnauthorized: false,
            },
            () => {
              resolve(socket.getPeerCertificate().issuer.CN as string)
              socket.destroy()
            },
          ).once('error', reject)
        })
      const before = await issuer()
      await eventually(async () => (await issuer()) !== before)
      expect(server.logged).to.contain('was issued')
    })
  })
}
