// The tokens that others keep for us: refresh tokens (`dwr_`), personal access tokens (`dwp_`), and what a browser that has
// signed in has as its cookie (`dwb_`). Opaque and random;
// the checksum lets secret scanners, and us, tell one from any other text without asking the store.
import { createCipheriv, createDecipheriv, hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { deepFreeze } from '../contract/frozen.ts'
import { type JsonValue, Secret } from '../plugin.ts'
import type { TokenKind } from '../store/token-store.ts'

/** A token's text, and how the store knows it. */
export interface SecretToken<Kind extends TokenKind = TokenKind> {
  readonly kind: Kind
  readonly secret: Secret
  /** The beginning of the digest: names the token, and is no secret. */
  readonly id: string
  /** SHA-256 of the whole text, in hexadecimal. The text is random enough for a fast digest. */
  readonly digest: string
}

export type RefreshToken = SecretToken<'refresh'>
/** People know it as a password for `docker login`. */
export type PersonalToken = SecretToken<'personal'>
/** The cookie of a browser that has signed in. */
export type BrowserToken = SecretToken<'browser'>

const PREFIXES = { refresh: 'dwr_', personal: 'dwp_', browser: 'dwb_' } as const satisfies Record<
  TokenKind,
  string
>
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 62 ** 43 is a little more than 2 ** 256. */
const RANDOM_LENGTH = 43
const CHECKSUM_LENGTH = 6
/** 80 bits: a million tokens share no id. */
const ID_LENGTH = 20
const KINDS: ReadonlyMap<string, TokenKind> = new Map(
  Object.entries(PREFIXES).map(([kind, prefix]) => [prefix, kind as TokenKind]),
)
const FORM = new RegExp(`^(dw[rpb]_)[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`)

/**
 * Makes a new token.
 *
 * @example createSecretToken('personal').secret.reveal() // 'dwp_...', 53 characters
 */
export function createSecretToken<Kind extends TokenKind>(kind: Kind): SecretToken<Kind> {
  const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const body = PREFIXES[kind] + random
  return describe(kind, new Secret(body + checksum(body)))
}

/**
 * Recognises a token by its form and its checksum.
 *
 * @returns undefined for every other text
 * @example readSecretToken(new Secret('hunter2')) // undefined
 */
export function readSecretToken(secret: Secret): SecretToken | undefined {
  const text = secret.reveal()
  const prefix = FORM.exec(text)?.[1]
  if (prefix === undefined || text.slice(-CHECKSUM_LENGTH) !== checksum(text.slice(0, -CHECKSUM_LENGTH))) {
    return undefined
  }
  return describe(KINDS.get(prefix)!, secret)
}

/** Whether a stored digest is the token's, in constant time. */
export function hasDigest(token: SecretToken, digest: string): boolean {
  const [own, stored] = [Buffer.from(token.digest), Buffer.from(digest)]
  return own.length === stored.length && timingSafeEqual(own, stored)
}

function describe<Kind extends TokenKind>(kind: Kind, secret: Secret): SecretToken<Kind> {
  const digest = hash('sha256', secret.reveal())
  return { kind, secret, id: digest.slice(0, ID_LENGTH), digest }
}

/** CRC-32 in six digits of base 62. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = ALPHABET[rest % ALPHABET.length] + digits
    rest = Math.floor(rest / ALPHABET.length)
  }
  return digits
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts a session with a key that is made from the token's own text. Who has the store has no token, so no key: there
 * is none to keep, to share between nodes or to lose.
 */
export function sealSession(token: SecretToken, session: JsonValue): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, sessionKey(token), nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(session), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')
}

/** Decrypts a session, and freezes it. @throws Error when it was not sealed with this token, or was changed */
export function openSession(token: SecretToken, sealed: string): JsonValue {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv(CIPHER, sessionKey(token), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  return deepFreeze(JSON.parse(Buffer.concat([text, decipher.final()]).toString('utf8')))
}

/** Not the digest, which is stored: the same hash with other words before the text. The text has 256 random bits. */
function sessionKey(token: SecretToken): Buffer {
  return hash('sha256', `dockwarden session ${token.secret.reveal()}`, 'buffer')
}
