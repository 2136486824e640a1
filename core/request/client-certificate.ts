// The certificate that a request's client showed: what it says, and whether it is trusted.
//
// OpenSSL checks the chain during the handshake. That listener resumes no sessions, and drops its connections when the
// authorities change (core/server): so the verdict is never older than they are.
import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { deepFreeze } from '../contract/frozen.ts'
import { UNPRINTABLE } from '../contract/printable.ts'
import type { ClientCertificate, Clock } from '../plugin.ts'
import { hasUsableKey } from '../x509/certificate-key.ts'
import { alternativeNames, distinguishedName } from '../x509/certificate-names.ts'
import { EXPIRED, problemInWords, WRONG_KEY } from '../x509/certificate-problems.ts'
import type { ClientVerdict } from './client-verdict.ts'
import { createForwarded, type ForwardedSettings } from './forwarded-certificate.ts'

/** Finds the certificate that a request's client showed. */
export type ClientCertificateOf = (
  request: IncomingMessage,
) => ClientCertificate | undefined | Promise<ClientCertificate | undefined>

/**
 * Makes the way to certificates: a proxy's header for requests of proxies, the connection for all others.
 *
 * @param proxies `server.client_certificate`; undefined: there are none
 * @param verdict by the authorities of now
 */
export function createClientCertificateOf(
  clock: Clock,
  proxies: ForwardedSettings | undefined,
  verdict: ClientVerdict,
): ClientCertificateOf {
  const shown = shownTo(clock)
  if (!proxies) return shown
  const forwarded = createForwarded(proxies)
  return async (request) => {
    const certificate = forwarded(request)
    // The connection's own certificate is the proxy's: never the client's.
    if (certificate === undefined) return shown(request)
    if (certificate === 'none') return undefined
    if (certificate === 'unreadable') return unreadable(proxies.header)
    return stillValid(readCertificate(certificate, await verdict(certificate)), clock)
  }
}

/** A certificate of the connection is read once. */
function shownTo(clock: Clock): ClientCertificateOf {
  const read = new WeakMap<TLSSocket, ClientCertificate>()
  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return undefined
    let certificate = read.get(socket)
    if (!certificate) {
      const shown = socket.getPeerX509Certificate()
      if (!shown) return undefined
      const { authorized, authorizationError } = socket
      certificate = readCertificate(
        shown,
        authorized && !authorizationError ? undefined : problemInWords(String(authorizationError)),
      )
      read.set(socket, certificate)
    }
    return stillValid(certificate, clock)
  }
}

/** A certificate may expire after the verdict, while a connection is open. */
function stillValid(certificate: ClientCertificate, clock: Clock): ClientCertificate {
  if (!certificate.trusted || clock.now() <= certificate.notAfter.getTime()) return certificate
  return closed({ ...certificate, trusted: false, problem: EXPIRED })
}

const NO_NAMES = { dns: [], email: [], uri: [], ip: [] }
const NAMELESS = { subject: {}, san: NO_NAMES, issuer: {} }

/**
 * Reads a certificate. One whose key no client can use, whose names can't be told apart for sure, or hold control characters, is
 * never trusted.
 *
 * @param problem why its chain is not trusted
 */
export function readCertificate(shown: X509Certificate, problem: string | undefined): ClientCertificate {
  const facts = {
    serial: shown.serialNumber,
    fingerprint: shown.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBefore: shown.validFromDate,
    notAfter: shown.validToDate,
  }
  if (!hasUsableKey(shown))
    return closed({ trusted: false, problem: problem ?? WRONG_KEY, ...NAMELESS, ...facts })
  const subject = distinguishedName(shown, 'subject')
  const issuer = distinguishedName(shown, 'issuer')
  const found = alternativeNames(shown.subjectAltName)
  const san = found ?? NO_NAMES
  const named = [subject, issuer, san].flatMap((names) => Object.values(names).flat() as string[])
  const bad = !found || named.some((value) => UNPRINTABLE.test(value))
  const why = problem ?? (bad ? 'a name in it holds control characters' : undefined)
  return closed({ trusted: why === undefined, problem: why, subject, san, issuer, ...facts })
}

/** Nobody can change it for the other requests of its connection. A Date can't be frozen: each reading gets its own. */
function closed({ notBefore, notAfter, ...facts }: ClientCertificate): ClientCertificate {
  const [from, to] = [notBefore.getTime(), notAfter.getTime()]
  return deepFreeze({
    ...facts,
    get notBefore() {
      return new Date(from)
    },
    get notAfter() {
      return new Date(to)
    },
  })
}

/** A client that showed something must not become anonymous because of a proxy that is set up badly. */
function unreadable(header: string): ClientCertificate {
  const never = new Date(0)
  return closed({
    trusted: false,
    problem: `the header ${header} holds no certificate in a known form; check the proxy`,
    ...NAMELESS,
    ...{ serial: '', fingerprint: '', notBefore: never, notAfter: never },
  })
}
