// What in a registry's own configuration does not fit ours.
import { type webcrypto, X509Certificate } from 'node:crypto'
import { readCertificates } from '../../x509/pem.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { isSameKey } from './same-key.ts'
import type { Bundle, RegistrySettings } from './settings.ts'

const REFUSED = 'the registry refuses every token'

/** @param accepted whether the registry takes our tokens */
export function judgeSettings(settings: RegistrySettings, ours: Ours, accepted: boolean): Finding[] {
  const { kind, issuer, bundle, jwks, file } = settings
  const findings: Finding[] = []
  const own = ours.config.token.issuer
  // zot looks at no issuer.
  if (kind === 'distribution' && issuer !== own && !accepted) {
    findings.push(
      wrong(
        'registry-issuer',
        `${file} has issuer ${JSON.stringify(issuer ?? '')}, and this server's tokens have ${JSON.stringify(own)}`,
        REFUSED,
        `write issuer: ${JSON.stringify(own)} in auth.token there and restart the registry, or token.issuer: ${JSON.stringify(issuer ?? '')} here`,
      ),
    )
  }
  if (bundle && ours.signing) findings.push(...judgeBundle(bundle, settings, ours, accepted))
  else if (jwks && ours.signing && !accepted) findings.push(...judgeKeySet(jwks, ours))
  return findings.length > 0
    ? findings
    : [
        ok(
          'registry-config',
          `${file} fits: issuer ${JSON.stringify(issuer ?? own)}${bundle ? `, bundle ${bundle.file}` : ''}`,
        ),
      ]
}

/** Where there is no bundle, the key set alone says what is trusted. */
function* judgeKeySet({ file, text }: Bundle, { signing }: Ours): Iterable<Finding> {
  if (text === undefined || keysIn(text).some((key) => isSameKey(key, signing!.publicJwk))) return
  yield wrong(
    'registry-bundle',
    `the registry's ${file} does not hold the key that signs now, ${signing!.kid}`,
    `${REFUSED}: it does not know the key`,
    'give it what dockwarden key export --format jwks prints, and restart the registry',
  )
}

function keysIn(text: string): webcrypto.JsonWebKey[] {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown }
    return Array.isArray(keys) ? keys : []
  } catch {
    return []
  }
}

function* judgeBundle(
  { file, text }: Bundle,
  { kind }: RegistrySettings,
  ours: Ours,
  accepted: boolean,
): Iterable<Finding> {
  const remedy = `give it what dockwarden key export --format ${kind === 'zot' ? 'certificate' : 'bundle'} prints${caHint(ours, kind)}, and restart the registry`
  if (text === undefined) return
  let trusted: X509Certificate[]
  try {
    trusted = readCertificates(text, file)
  } catch {
    if (!accepted)
      yield wrong(
        'registry-bundle',
        `the registry's ${file} holds no certificate that can be read`,
        REFUSED,
        remedy,
      )
    return
  }
  const expired = trusted.find(({ validToDate }) => validToDate.getTime() < Date.now())
  if (!trusted.some((one) => isAbove(one, ours))) {
    if (!accepted)
      yield wrong(
        'registry-bundle',
        `the registry's ${file} holds neither the certificate of the key that signs now (${ours.signing!.kid}) nor the authority above it, but ${trusted.map(subjectOf).join(', ')}`,
        `${REFUSED}: it does not know the key`,
        remedy,
      )
    return
  }
  if (!accepted && expired) {
    const end = expired.validToDate.toISOString()
    yield wrong(
      'registry-bundle',
      `${subjectOf(expired)} in the registry's ${file} has expired on ${end}`,
      REFUSED,
      remedy,
    )
  } else if (
    kind === 'distribution' &&
    ours.serverKeys?.caPath !== undefined &&
    !trusted.some(({ ca }) => ca)
  ) {
    yield warning(
      'registry-bundle',
      `the registry's ${file} holds the certificate of one key, and not the authority above it`,
      'after the next dockwarden key rotate the registry refuses every token',
      remedy,
    )
  }
}

/** Times of files and of processes are not exact to the second. */
const MARGIN_MS = 2_000

/** Whether the registry runs with what its files no longer say. */
export function judgeStart({ file, started, changed, bundle, jwks }: RegistrySettings): Finding | undefined {
  const all = [{ file, changed }, bundle, jwks].map((one) => ({ newer: one?.file, at: one?.changed ?? 0 }))
  const { newer, at } = all.reduce((last, one) => (one.at > last.at ? one : last))
  if (started === undefined || at < started + MARGIN_MS) return undefined
  return wrong(
    'registry-restart',
    `the registry was started at ${new Date(started).toISOString()}, before ${newer} was changed (${new Date(at).toISOString()})`,
    `${REFUSED}: it reads its files at its start only`,
    'restart the registry',
  )
}

function isAbove(trusted: X509Certificate, { signing, serverKeys }: Ours): boolean {
  const [own] = signing!.certificateChain.map((der) => new X509Certificate(Buffer.from(der, 'base64')))
  if (!own) return trusted.checkPrivateKey(signing!.privateKey)
  const isIssuer = own.checkIssued(trusted) && own.verify(trusted.publicKey)
  return (
    trusted.raw.equals(own.raw) ||
    trusted.checkPrivateKey(signing!.privateKey) ||
    (isIssuer && serverKeys !== undefined)
  )
}

function caHint({ serverKeys }: Ours, kind: RegistrySettings['kind']): string {
  return serverKeys?.caPath === undefined || kind === 'zot' ? '' : ` (${serverKeys.caPath})`
}

function subjectOf({ subject, fingerprint256 }: X509Certificate): string {
  return `${(subject ?? '').replaceAll('\n', ', ') || 'a certificate without a name'} (SHA-256 ${fingerprint256.slice(0, 23)}...)`
}
