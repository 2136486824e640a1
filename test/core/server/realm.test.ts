// The origin that registries are told: a name, never an address.
import { expect } from 'chai'
import type { Listen } from '../../../core/config/native/listen-schema.ts'
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
      expect(originOf([{ listen, tls: undefined, port: 5001 }])).to.deep.equal({
        url,
        ...(standIn && { standIn }),
      })
    })
  }

  it('is that of the address with TLS, then of the first that is no socket', () => {
    const tls = { options: {}, madePath: 'tls.crt' }
    const plain = { listen: { port: 80 }, tls: undefined, port: 80 }
    const socket = { listen: { socket: '/run/dw.sock' }, tls: undefined, port: undefined }
    const secure = { listen: { host: 'auth.example.com', port: 443 }, tls, port: 443 }
    expect(originOf([socket, plain, secure]).url).to.equal('https://auth.example.com:443')
    expect(originOf([socket, plain]).url).to.equal('http://localhost:80')
    expect(originOf([socket]).url).to.equal('https://YOUR-HOST')
  })

  it('takes no wildcard of a certificate for a name', async () => {
    const { certificate, key } = await createTlsCertificate(['*.example.com'], Date.now())
    const tls = { options: { cert: certificate, key } }
    expect(originOf([{ listen: { port: 1 }, tls, port: 443 }])).to.deep.equal({
      url: 'https://localhost:443',
      standIn: 'localhost',
    })
  })
})
