// A reload of a server with TLS: connections to come get the other certificate, and those that are open go on.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { newPair } from '../../support/key-pairs.ts'
import { startTestServer } from '../../support/server.ts'

describe('a reload of a server with TLS', () => {
  it('gives connections to come another certificate, from another file or a renewed one', async () => {
    const pairs = await Promise.all([newPair('P-256'), newPair('P-256'), newPair('P-256')])
    const config = (name: string) => ({
      server: { tls: { certificate: `${name}.crt`, key: `${name}.key` } },
      authenticators: [],
      authorizers: [],
    })
    const files = (name: string, nth: number) => ({
      [`${name}.crt`]: pairs[nth]!.certificate,
      [`${name}.key`]: pairs[nth]!.key,
    })
    await using server = await startTestServer({
      config: config('a'),
      files: { ...files('a', 0), ...files('b', 1) },
      // The files are not looked at meanwhile.
      watchInterval: 1_000_000,
    })
    const open = async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      return { socket, fingerprint: socket.getPeerX509Certificate()!.fingerprint256 }
    }
    const fingerprints = pairs.map(({ certificate }) => new X509Certificate(certificate).fingerprint256)
    const first = await open()
    expect(first.fingerprint).to.equal(fingerprints[0])
    expect(await server.reload(config('b'))).to.deep.include({ changed: ['server.tls'], restart: [] })
    const second = await open()
    expect(second.fingerprint).to.equal(fingerprints[1])
    server.write(files('b', 2))
    expect(await server.reload()).to.deep.include({ changed: ['server.tls'] })
    const third = await open()
    expect(third.fingerprint).to.equal(fingerprints[2])
    server.write({ 'b.crt': pairs[0]!.certificate })
    expect((await server.reload()).outcome).to.equal('refused')
    first.socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(String(await once(first.socket, 'data'))).to.match(/^HTTP\/1\.1 200/)
    for (const { socket } of [first, second, third]) socket.destroy()
  })
})
