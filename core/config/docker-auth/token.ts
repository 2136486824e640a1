// docker_auth's `token` section becomes the native one.
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { MAX_LIFETIME } from '../native/numbers.ts'
import { nativeSchema } from '../native/schema.ts'
import { Draft, draftList } from './draft.ts'
import { goSeconds } from './go-duration.ts'
import type { Section } from './section.ts'
import { certificatePair, isPair, type PairState, refuseBoth, SERVER_KEYS } from './server.ts'

/** The keys of `token` that docker_auth has and the native form has not. */
export const TOKEN_KEYS: readonly string[] = ['certificate', 'key', 'disable_legacy_key_id']

/** Keys of both forms, which are read in docker_auth's way. */
const SHARED_KEYS = ['issuer', 'expiration']
const NATIVE_KEYS = Object.keys(nativeSchema.shape.token.unwrap().shape).filter(
  (key) => !SHARED_KEYS.includes(key),
)

const OF_SERVER = new Map([...SERVER_KEYS, 'path_prefix', 'hsts'].map((key) => [key, 'write it in server']))

/** Clients take a shorter life for this, and would use tokens that are over. */
const MIN_SECONDS = 60
const MAX_SECONDS = MAX_LIFETIME / 1_000

/** @param serverPair signs when the section names no certificate */
export function translateToken(token: Section, serverPair: PairState): Draft {
  const native = new Draft(token.yaml, token.at.key)
  token.warnUnknown([...TOKEN_KEYS, ...SHARED_KEYS, ...NATIVE_KEYS], '', OF_SERVER)
  for (const key of NATIVE_KEYS) native.take(key, token.raw(key))
  refuseBoth(token, 'keys', ['certificate', 'key'])
  refuseBoth(token, 'key_id', ['disable_legacy_key_id'])

  const issuer = token.text('issuer')
  if (issuer && issuer.value !== '') native.take('issuer', issuer)
  else token.refuse('issuer', "is missing; write the registry's auth.token.issuer")
  translateExpiration(token, native)
  const pair = certificatePair(token) ?? serverPair
  if (!token.has('keys')) translateKey(token, native, pair)
  translateKeyId(token, native, pair)
  return native
}

function translateExpiration(token: Section, native: Draft): void {
  const text = token.raw('expiration')?.value
  const duration = typeof text === 'string' ? goSeconds(text) : undefined
  if (duration !== undefined && duration >= 1)
    token.refuse('expiration', `must be a number of seconds, without quotes; write ${Math.trunc(duration)}`)
  const given = token.integer('expiration')
  if (!given || given.value <= 0) {
    token.refuse('expiration', 'must be a number of seconds greater than 0, such as 900')
    return
  }
  const seconds = Math.min(Math.max(given.value, MIN_SECONDS), MAX_SECONDS)
  if (seconds !== given.value) {
    const why =
      seconds === MIN_SECONDS
        ? 'clients take a token to be good for at least that'
        : 'that is a hundred years'
    token.warn('expiration', `${given.value} seconds are taken as ${seconds}, since ${why}; write ${seconds}`)
  }
  native.put('expiration', seconds, given.entry)
}

function translateKey(token: Section, native: Draft, pair: PairState): void {
  if (isPair(pair)) {
    const at = pair.certificate.entry
    const key = new Draft(token.yaml, at.value).take('certificate', pair.certificate).take('key', pair.key)
    native.put('keys', draftList(token.yaml, at.value, [{ value: key.value, entry: at }]), at)
  } else if (pair === undefined) {
    token.refuse('certificate', 'is missing; name a certificate and a key here, or in server')
  }
}

function translateKeyId(token: Section, native: Draft, pair: PairState): void {
  const standard = token.flag('disable_legacy_key_id')
  if (standard?.value) native.put('key_id', 'thumbprint', standard.entry)
  if (token.has('x5c')) return
  // A registry v3 knows an elliptic key only by a certificate in the token.
  const x5c = standard?.value === true && isPair(pair) && isElliptic(pair.key.value)
  native.put('x5c', x5c, standard?.entry ?? token.at)
}

/** A file that can't be read is reported when it is loaded. */
function isElliptic(path: string): boolean {
  try {
    return createPrivateKey(readFileSync(path)).asymmetricKeyType === 'ec'
  } catch {
    return false
  }
}
