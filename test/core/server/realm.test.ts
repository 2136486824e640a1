// The origin that registries are told: a name, never an address.
import { expect } from 'chai'
import type { Listen } from '../../../core/config/native/schema.ts'
import { originOf } from '../../../core/server/realm.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'

describe('the origin for realms', () => {
  const cases: [Listen, string, string?][] = [
    [{ port: 1 }, 'http://localhost:5001', 'localhost'],
    [{ host: '127.0.0.1', port: 1 }, 'http://localhost:5001', 'localhost'],
    [{ host: '127.8.0.1', port: 1 }, 'http://localhost:5001', 'localhost'],
    [{ host: '::1', port: 1 }, 'http://localhost:5001', 'localhost'],
    [{ host: '::', port: 1 }, 'http://localhost:5001', 'localhost'],
    [{ host: '10.0.0.5', port: 1 }, 'http://YOUR-HOST:5001', 'YOUR-HOST'],
    [{ host: '2001:db8::1', port: 1 }, 'http://YOUR-HOST:5001', 'YOUR-HOST'],
    [{ host: 'auth.example.com', port: 1 }, 'http://auth.example.com:5001'],
  ]
  for (const [listen, url, standIn] of cases) {
    it(`is ${url} for ${JSON.stringify(listen)}`, () => {
      expect(originOf(listen, undefined, { port: 5001 })).to.deep.equal({ url, ...(standIn && { standIn }) })
    })
  }

  it('takes no wildcard of a certificate for a name', async () => {
    const { certificate, key } = await createTlsCertificate(['*.example.com'], Date.now())
    const tls = { options: { cert: certificate, key } }
    expect(originOf({ port: 1 }, tls, { port: 443 })).to.deep.equal({
      url: 'https://localhost:443',
      standIn: 'localhost',
    })
  })
})
