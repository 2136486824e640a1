// Why a registry does not take our tokens.
import { type Finding, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { span } from './clocks.ts'
import type { RegistrySettings } from './settings.ts'
import type { Deviation } from './variations.ts'

const WHY = 'every login, pull and push fails, though the token server hands out tokens'

/** One finding for each thing in which a token had to differ to be taken. */
export function inWhichItDiffers(deviation: Deviation, ours: Ours, skew: number | undefined): Finding[] {
  const { issuer, key, form, clock } = deviation
  const own = JSON.stringify(ours.config.token.issuer)
  const findings: Finding[] = []
  if (issuer !== undefined) {
    findings.push(
      wrong(
        'registry-issuer',
        `the registry takes tokens of issuer ${JSON.stringify(issuer)}, and this server's have ${own}`,
        WHY,
        `write issuer: ${own} in the registry's auth.token and restart it, or token.issuer: ${JSON.stringify(issuer)} here`,
      ),
    )
  }
  if (key) findings.push(otherKey(key, ours))
  if (form) {
    findings.push(
      wrong(
        'token-form',
        `the registry takes the tokens only with ${settingOf(form)}, and this configuration has ${settingOf({ x5c: ours.config.token.x5c, keyId: ours.config.token.key_id })}`,
        `${WHY}: registries find the key by its id or by the certificate in the token, and Distribution 2 and 3 differ in that (Distribution 3 refuses docker_auth's defaults)`,
        form.x5c
          ? 'write token.x5c: true and reload the server (dockwarden reload): Distribution 2 and 3 take it with rootcertbundle'
          : `write ${settingOf(form)} in the token section and reload the server (dockwarden reload), or give the registry a rootcertbundle with the certificate`,
      ),
    )
  }
  if (clock && skew !== undefined) {
    findings.push(
      wrong(
        'clock',
        `the registry takes tokens only by its own clock, which is ${span(skew)} ${skew > 0 ? 'ahead of' : 'behind'} the token server's`,
        WHY,
        'set the clocks of both machines by NTP (timedatectl set-ntp true)',
      ),
    )
  }
  return findings
}

function otherKey({ key, stage }: NonNullable<Deviation['key']>, ours: Ours): Finding {
  const { signing } = ours
  return wrong(
    'registry-key',
    `the registry takes tokens of the key ${key.kid} (${stage}), but not of ${signing!.kid}, which signs now`,
    `${WHY}: the registry was started before the key was changed, or knows one key only`,
    'give the registry what dockwarden key export --format bundle (or jwks, or certificate for zot) prints, and restart it: it reads the file at its start only',
  )
}

function settingOf({ x5c, keyId }: { x5c: boolean; keyId: string }): string {
  return x5c ? 'x5c: true' : `x5c: false and key_id: ${keyId}`
}

/** What is left to say when no variation was taken, and nothing is known of the registry's configuration. */
export function unexplained(ours: Ours, shown: number, settings: RegistrySettings | undefined): Finding {
  const issuer = JSON.stringify(ours.config.token.issuer)
  const look = settings
    ? `restart the registry: ${settings.file} fits, and is read at its start only`
    : `see what the registry's log says of it ("untrusted issuer", "untrusted key", "unknown authority", "expired"), or name its configuration with --registry-config FILE; issuer must be ${issuer}, and rootcertbundle what dockwarden key export --format bundle prints; then restart it, for it reads both at its start only`
  return wrong(
    'registry-refuses',
    `the registry takes no token that is signed with the key ${ours.signing!.kid}: ${shown} tokens with the usual issuers and forms were refused`,
    `${WHY}: it does not know the key (a wrong bundle, or one from before a change of the key), or wants an issuer that nobody would guess`,
    look,
  )
}

/** The registry has not seen the token at all. */
export function unseen(url: URL): Finding {
  return wrong(
    'registry-authorization',
    `${url.href} answers to a token as if none had been sent: the Authorization header does not arrive at the registry`,
    'clients ask for a token again and again, and every pull and push is 401',
    'let the proxy before the registry pass Authorization on (nginx: take out proxy_set_header Authorization "" and auth_basic; Apache: no RequestHeader unset Authorization)',
  )
}

/** There was no answer of a registry. */
export function unanswered(url: URL): Finding {
  return warning(
    'token',
    `${url.href} says neither yes nor no to a token`,
    'it answers clients without a token, so that something behind it fails with one',
    'see the log of the registry, and of the proxy before it',
  )
}

/** A token carries a certificate that is good no more. */
export function expired({ signing }: Ours, notAfter: Date): Finding {
  return wrong(
    'token',
    `the registry refuses the tokens: the certificate of the key ${signing!.kid}, which they carry, has expired on ${notAfter.toISOString()}`,
    WHY,
    'renew the certificate of the key (token.keys), or run dockwarden key rotate for a key of the state directory; a registry that has the certificate itself in its bundle needs the new one, too',
  )
}
