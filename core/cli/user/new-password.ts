// The password that a user gets: made, handed over on standard input, or asked for twice on a terminal.
import type { Readable } from 'node:stream'
import { makePassword, Secret } from '../../plugin.ts'
import { type HashAlgorithm, MOST_BCRYPT_BYTES } from '../../services/new-hash.ts'
import { readSecretToken } from '../../token/secret-token.ts'
import { readPassword } from '../explain/password.ts'
import type { Output } from '../output.ts'
import { askHidden } from '../terminal.ts'

export type Input = Readable & { readonly isTTY?: boolean }

/** NIST SP 800-63B, 3.1.1.2. */
const FEWEST = 8
/** Control characters can't be typed, and end the line in many programs; U+FFFD stands for bytes that are no UTF-8. */
const UNTYPABLE = /[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u

/**
 * @returns undefined when two tries on a terminal differ, or nothing was typed at all
 * @throws Error when there is no password that can be used
 */
export async function newPassword(
  user: string,
  { generate, algorithm }: { readonly generate: boolean; readonly algorithm: HashAlgorithm },
  input: Input,
  output: Output,
): Promise<Secret | undefined> {
  if (generate) return makePassword()
  const given = input.isTTY ? await askTwice(user, input, output) : await readPassword(input, undefined)
  if (given === undefined) {
    if (input.isTTY) return undefined
    throw new Error('there is no password on standard input; hand one over, or let --generate make one')
  }
  const why = whyUnusable(given, algorithm)
  if (why !== undefined) throw new Error(`the password ${why}`)
  const weak = whyWeak(given.reveal(), user)
  if (weak !== undefined) output.stderr.write(`warning: the password ${weak}; --generate makes a good one\n`)
  return given
}

async function askTwice(user: string, input: Input, output: Output): Promise<Secret | undefined> {
  const questions = [`Password of ${user}: `, 'The same again: ']
  const [first, second] = await askHidden(questions, input, output.stderr)
  if (first === undefined || second === undefined) return undefined
  if (first === second) return new Secret(first)
  output.stderr.write('dockwarden: the two are not the same\n')
  return undefined
}

/** @returns why nobody could log in with it */
function whyUnusable(password: Secret, algorithm: HashAlgorithm): string | undefined {
  const text = password.reveal()
  if (text === '') return 'is empty'
  if (UNTYPABLE.test(text))
    return 'has a line end, another control character, or something else that nobody can type in it'
  if (algorithm === 'bcrypt' && Buffer.byteLength(text) > MOST_BCRYPT_BYTES)
    return `has more than the ${MOST_BCRYPT_BYTES} bytes that bcrypt looks at; take a shorter one, or --algorithm argon2`
  if (readSecretToken(password)) return 'is a token of Dockwarden, which is never tried as a password'
  return undefined
}

function whyWeak(text: string, user: string): string | undefined {
  const letters = [...text]
  if (letters.length < FEWEST) return `is weak: it has less than ${FEWEST} characters`
  if (text.toLowerCase().includes(user.toLowerCase()) && letters.length - [...user].length < FEWEST)
    return 'is weak: it is the name of the user, and little else'
  if (new Set(letters).size <= 2) return 'is weak: it has the same characters over and over'
  return undefined
}
