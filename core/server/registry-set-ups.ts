// Which registries can verify the tokens of a configuration, and what has to be set for the others. What each accepts was
// measured with Distribution v2.8.2 and v3.0.0; docs/registries.md has the table.

import type { NativeConfig } from '../config/native/schema.ts'
import type { SigningKey } from '../keys/keys.ts'

/** What can be printed of the keys: a key set, a bundle, or the certificate of the one that signs. */
export type ExportFormat = 'jwks' | 'bundle' | 'certificate'

/** A way to run a registry. */
export interface SetUp {
  readonly name: string
  /** Whether it accepts the tokens of this configuration. */
  readonly fits: boolean
  /** What has to be set in the token section for it. */
  readonly needs: string
}

/**
 * @param underCa whether the bundle holds a CA, and not the key's own certificate
 * @returns the set-ups that the exported text is for
 */
export function registrySetUps(
  format: ExportFormat,
  { alg, certificateChain }: SigningKey,
  token: Pick<NativeConfig['token'], 'x5c' | 'key_id'>,
  underCa: boolean,
): SetUp[] {
  const x5c = token.x5c && certificateChain.length > 0
  const byKeyId = (form: typeof token.key_id) => !x5c && !underCa && token.key_id === form
  const rsa = /^[RP]S/.test(alg)
  const set = {
    jwks: [{ name: 'Distribution v3 with jwks and without rootcertbundle', fits: !x5c, needs: 'x5c: false' }],
    bundle: [
      alg === 'EdDSA'
        ? {
            name: 'Distribution v2',
            fits: false,
            needs: 'an RSA or EC key: it does not start with this bundle',
          }
        : {
            name: 'Distribution v2 with rootcertbundle',
            fits: x5c || byKeyId('libtrust'),
            needs: either('libtrust', underCa),
          },
      {
        name: 'Distribution v3 with rootcertbundle',
        fits: x5c || (rsa && byKeyId('thumbprint')),
        needs: rsa ? either('thumbprint', underCa) : 'x5c: true',
      },
      { name: 'zot, with the answer of --format certificate', fits: true, needs: 'nothing' },
    ],
    certificate: [{ name: 'zot with this as cert, until another key signs', fits: true, needs: 'nothing' }],
  } satisfies Record<typeof format, SetUp[]>
  return set[format]
}

function either(form: string, underCa: boolean): string {
  return underCa ? 'x5c: true' : `x5c: true, or x5c: false with key_id: ${form}`
}

/**
 * What the start and `check` say of tokens that the present Distribution refuses: the first trouble of whoever comes with
 * docker_auth's defaults.
 *
 * @param key the one that signs
 * @param underCa whether the bundle holds a CA, and not the key's own certificate
 * @returns undefined when there is nothing to say: also for a key without a certificate, which no bundle can hold
 */
export function registryNote(
  key: SigningKey,
  token: Pick<NativeConfig['token'], 'x5c' | 'key_id'>,
  underCa: boolean,
): string | undefined {
  const accepted = (x5c: boolean) =>
    registrySetUps('bundle', key, { ...token, x5c }, underCa)
      .filter(({ fits }) => fits)
      .flatMap(({ name }) => /^Distribution v(\d)/.exec(name)?.[1] ?? [])
  const now = accepted(token.x5c)
  if (key.certificateChain.length === 0 || now.includes('3')) return undefined
  const refuse = now.includes('2') ? 'Distribution 3 refuses' : 'Distribution 2 and 3 refuse'
  return `${refuse} these tokens; token.x5c: true is good for ${accepted(true).join(' and ')} (a registry 3 that has a jwks file and no rootcertbundle takes them as they are)`
}
