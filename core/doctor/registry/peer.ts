// The TLS certificate that a server shows: would clients, which are programs in Go, trust it?
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Peer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import { hostOf, isLoopback } from './names.ts'

const SOON_MS = 14 * 86_400_000
const SELF_SIGNED = 'DEPTH_ZERO_SELF_SIGNED_CERT'

/**
 * @param which whose it is; also the beginning of the findings' ids
 * @param own the certificate that our configuration names or makes, for the realm
 */
export function judgeCertificate(
  { certificate, fault }: Peer,
  url: URL,
  which: 'registry' | 'realm',
  own: { readonly made: boolean } | undefined,
  now = Date.now(),
): Finding[] {
  const id = `${which}-certificate`
  const whose = `the certificate of ${url.host}`
  const why = 'clients refuse to connect (x509: ...)'
  const { validFromDate, validToDate } = certificate
  const end = validToDate.toISOString()
  if (validToDate.getTime() < now) {
    return [wrong(id, `${whose} has expired on ${end}`, why, `renew it${own ? ' (server.tls)' : ''}`)]
  }
  if (validFromDate.getTime() > now) {
    const from = validFromDate.toISOString()
    return [wrong(id, `${whose} is not valid before ${from}`, why, "compare this machine's clock with it")]
  }
  const found = [...nameFaults(url, certificate, id, whose, why)]
  if (fault !== undefined && fault !== 'ERR_TLS_CERT_ALTNAME_INVALID') {
    found.push(untrusted(fault, certificate.infoAccess !== undefined, url, id, whose, own?.made === true))
  }
  if (found.length > 0) return found
  if (validToDate.getTime() - now < SOON_MS)
    return [warning(id, `${whose} expires on ${end}`, `then ${why}`, 'renew it now')]
  return [ok(id, `${whose} is trusted, and good until ${end}`)]
}

function* nameFaults(
  url: URL,
  certificate: X509Certificate,
  id: string,
  whose: string,
  why: string,
): Iterable<Finding> {
  const { subjectAltName: names } = certificate
  const host = hostOf(url)
  if (names === undefined) {
    yield wrong(
      id,
      `${whose} has no subject alternative name, only a common name`,
      `${why}: programs in Go take no common name for a host`,
      `have it issued with subjectAltName=DNS:${host}`,
    )
  } else if ((isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) === undefined) {
    yield wrong(
      id,
      `${whose} is for ${names.replaceAll('DNS:', '').replaceAll('IP Address:', '')}, not for ${host}`,
      why,
      `use a name that stands in it, or have it issued for ${host}`,
    )
  }
}

function untrusted(
  fault: string,
  hasIssuerAddress: boolean,
  url: URL,
  id: string,
  whose: string,
  made: boolean,
): Finding {
  const trust = `let clients trust it: /etc/docker/certs.d/REGISTRY/ca.crt for docker, the system's authorities or SSL_CERT_FILE for others; here: --ca FILE`
  if (fault === SELF_SIGNED && made && isLoopback(hostOf(url))) {
    return warning(
      id,
      `${whose} is self-signed, of this server's own making`,
      'only docker takes any certificate from localhost; crane, oras, helm and others refuse it',
      `${trust}; for more than a trial bring a certificate of yours (server.tls)`,
    )
  }
  const untrustedWhy = 'clients refuse to connect (x509: certificate signed by unknown authority)'
  if (fault === SELF_SIGNED)
    return wrong(id, `${whose} is self-signed`, untrustedWhy, `${trust}; or use one of a known authority`)
  if (fault === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') {
    return wrong(
      id,
      hasIssuerAddress
        ? `${whose} comes without the certificates between it and its root (an incomplete chain)`
        : `${whose} is of an authority that is not known here, or its chain is incomplete`,
      untrustedWhy,
      `put the certificates of the authorities between behind it in its file (fullchain.pem), or ${trust}`,
    )
  }
  return wrong(id, `${whose} is of an authority that is not known here (${fault})`, untrustedWhy, trust)
}
