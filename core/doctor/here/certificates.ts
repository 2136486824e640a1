// Until when the certificates of our own side are good.
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'

/** @param now milliseconds since the epoch */
export function judgeCertificates({ serverKeys, tls, signing, config }: Ours, now: number): Finding[] {
  const findings = expiries({ serverKeys, tls }, now).map((text) => {
    const [what, ...rest] = text.split('; ')
    const [why = '', remedy = ''] = rest.join('; ').split(': ')
    // In the words of core/x509/expiry.ts.
    return / expired on | is not valid before /.test(text)
      ? wrong('certificate', what!, why, remedy)
      : warning('certificate', what!, why, remedy)
  })
  if (!signing) {
    return [
      ...findings,
      warning(
        'keys',
        `there are no signing keys in ${config.stateDir} yet, or they can not be read`,
        'no token can be shown to a registry, and no registry has a bundle yet',
        'start the server once, or run dockwarden key generate; DOCKWARDEN_STATE_DIR must be as for the server',
      ),
    ]
  }
  if (findings.length > 0) return findings
  const ends = [
    signing.notAfter && `signing key ${signing.notAfter.toISOString()}`,
    tls && `TLS ${tls.notAfter.toISOString()}`,
  ]
  return [
    ok('certificate', `certificates are good until: ${ends.filter(Boolean).join(', ') || 'there are none'}`),
  ]
}

/** What is said of them at the start, too. */
export function expiries({ serverKeys, tls }: Pick<Ours, 'serverKeys' | 'tls'>, now: number): string[] {
  return [...(serverKeys?.warnings(now) ?? []), ...(tls?.warnings(now) ?? [])]
}
