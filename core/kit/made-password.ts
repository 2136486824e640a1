// Passwords that are made, not chosen.
import { randomBytes } from 'node:crypto'
import { Secret } from '../contract/secret.ts'

/** RFC 4648's base32 in lower case: it has no 0, 1, 8 or 9 that could be taken for a letter. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** 150 random bits, as six groups of five characters. */
export function makePassword(): Secret {
  const text = Array.from(randomBytes(30), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return new Secret(text.match(/.{5}/g)!.join('-'))
}
