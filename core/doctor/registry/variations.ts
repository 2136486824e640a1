// A registry only says that a token is not good. What it wants instead is found by tokens that differ in one thing, then in two.
import { inForm, type SigningKey } from '../../keys/keys.ts'
import type { Ours, OwnKey } from '../ours.ts'
import type { Probe, Prober } from './probe.ts'

/** In what a token differs from those that the server makes. */
export interface Deviation {
  readonly issuer?: string
  readonly key?: OwnKey
  readonly form?: Form
  /** The registry's time in the place of the server's. */
  readonly clock?: true
}

/** How a token shows its key. */
export interface Form {
  readonly x5c: boolean
  readonly keyId: 'libtrust' | 'thumbprint'
}

const FORMS: readonly Form[] = [
  { x5c: true, keyId: 'libtrust' },
  { x5c: false, keyId: 'libtrust' },
  { x5c: false, keyId: 'thumbprint' },
]

/** What token servers are called in their documentation and examples, and by their defaults. */
const USUAL_ISSUERS = [
  'Dockwarden',
  'Auth Service',
  'Acme auth server',
  'Auth Server',
  'auth service',
  'docker_auth',
  'docker-auth',
  'registry-token-issuer',
  'registry',
]

/** More would fill the log of the registry. */
const MOST = 100

/**
 * Looks for a token that the registry takes.
 *
 * @param usual the token that it has refused
 * @param issuers that it may want, the likely ones first
 * @param registryNow the registry's time, when its clock is off, in milliseconds since the epoch
 * @returns in what it differs; undefined when it takes none
 */
export async function findAccepted(
  usual: Probe,
  ours: Ours,
  issuers: readonly string[],
  registryNow: number | undefined,
  prober: Prober,
): Promise<Deviation | undefined> {
  for (const deviation of deviations(ours, usual, issuers, registryNow !== undefined)) {
    const { issuer = usual.issuer, form = formOf(ours), clock } = deviation
    const key = await inForm(deviation.key?.key ?? usual.key, form)
    const now = clock ? registryNow! : usual.now
    if ((await prober.show({ key, issuer, now })) === 'accepted') return deviation
  }
  return undefined
}

function formOf({ config: { token } }: Ours): Form {
  return { x5c: token.x5c, keyId: token.key_id }
}

function* deviations(
  ours: Ours,
  { key: signing, issuer: own }: Probe,
  given: readonly string[],
  isClockOff: boolean,
): Generator<Deviation> {
  const clocks: Deviation[] = isClockOff ? [{ clock: true }] : []
  const forms = otherForms(ours, signing).map((form) => ({ form }))
  const keys = ours.keys.filter(({ key }) => key.kid !== signing.kid).map((key) => ({ key }))
  const issuers = otherIssuers(own, given).map((issuer) => ({ issuer }))
  const kinds: readonly (readonly Deviation[])[] = [clocks, forms, keys, issuers]
  let count = 0
  const all = [...kinds.flat(), ...pairs(kinds)]
  for (const deviation of all) if (count++ < MOST) yield deviation
}

function* pairs(kinds: readonly (readonly Deviation[])[]): Iterable<Deviation> {
  for (const [place, kind] of kinds.entries()) {
    for (const other of kinds.slice(place + 1)) {
      for (const one of kind) for (const two of other) yield { ...one, ...two }
    }
  }
}

function otherForms(ours: Ours, { certificateChain }: SigningKey): Form[] {
  const { x5c, keyId } = formOf(ours)
  const shows = x5c && certificateChain.length > 0
  return FORMS.filter((form) => {
    if (form.x5c) return certificateChain.length > 0 && !shows
    return shows || form.keyId !== keyId
  })
}

function otherIssuers(own: string, given: readonly string[]): string[] {
  const variants = [own.trim(), own.toLowerCase(), own.replace(/\/+$/, ''), `${own}/`]
  return [...new Set([...given, ...variants, ...USUAL_ISSUERS])].filter(
    (issuer) => issuer !== own && issuer !== '',
  )
}
