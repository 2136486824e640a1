// What OpenSSL says of a client certificate whose key is not here: the verdict of the handshake, for those that a proxy passes on.
//
// Node verifies chains in TLS only, and a server does so as soon as it has read the certificate, before the client proves to hold
// its key. So a server in memory gets as much of a handshake as comes without the key.
import type { X509Certificate } from 'node:crypto'
import { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { LRUCache } from 'lru-cache'
import { problemInWords, UNREADABLE } from '../x509/certificate-problems.ts'
import { clientFlight, FLIGHT_SUITE } from './client-flight.ts'

/** Why a certificate is not trusted; undefined when it is. */
export type ClientVerdict = (certificate: X509Certificate) => Promise<string | undefined>

/** How many certificates are remembered, and for how long, in milliseconds. A verdict costs about as much as a signature. */
const REMEMBERED = { max: 1_000, ttl: 10_000 }

/**
 * Makes the way to verdicts.
 *
 * @param trust `ca` and `crl`, as a listener has them
 * @param memory for tests
 */
export function createClientVerdict(
  trust: Pick<SecureContextOptions, 'ca' | 'crl'>,
  memory = REMEMBERED,
): ClientVerdict {
  const remembered = new LRUCache<string, Promise<string | undefined>>(memory)
  let context: Promise<SecureContext> | undefined
  const judge = async (certificate: X509Certificate) => {
    context ??= serverContext(trust)
    return await verdictOf(certificate, await context)
  }
  return (certificate) => {
    const key = certificate.fingerprint256
    const known = remembered.get(key)
    if (known) return known
    const verdict = judge(certificate)
    remembered.set(key, verdict)
    return verdict
  }
}

async function serverContext(trust: Pick<SecureContextOptions, 'ca' | 'crl'>): Promise<SecureContext> {
  const { createTlsCertificate } = await import('../x509/certificates.ts')
  const { certificate: cert, key } = await createTlsCertificate(['localhost'], Date.now())
  const version = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  return createSecureContext({ ...trust, ...version, cert, key, ciphers: FLIGHT_SUITE })
}

function verdictOf(certificate: X509Certificate, secureContext: SecureContext): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const wire = new Duplex({
      read() {},
      // The server answers from within its reading of the whole flight, which comes in one piece.
      write(_chunk, _encoding, done) {
        setImmediate(() => {
          try {
            resolve(judged(socket))
          } catch (error) {
            reject(error)
          }
          socket.destroy()
        })
        done()
      },
    })
    const asking = { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false }
    const socket = new TLSSocket(wire, asking)
    // OpenSSL drops connections over what it can't read at all.
    socket.on('error', () => {}).once('close', () => resolve(UNREADABLE))
    wire.push(clientFlight(certificate.raw))
  })
}

/**
 * Node itself reads the verdict so, but only when the handshake is complete. The field is private: client-verdict-check.ts looks
 * at the start whether it is still there.
 */
function judged(socket: TLSSocket): string | undefined {
  // Asked about no certificate, it would crash.
  if (!socket.getPeerX509Certificate()) return UNREADABLE
  const { _handle: handle } = socket as TLSSocket & { _handle: { verifyError(): { code: string } | null } }
  const error = handle.verifyError()
  return error ? problemInWords(error.code) : undefined
}
