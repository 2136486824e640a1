// What a new password hash is made with.
import { hash as hashArgon2 } from '@node-rs/argon2'
import { hash as hashBcrypt } from '@node-rs/bcrypt'
import type { Secret } from '../plugin.ts'

/**
 * The least that OWASP's password storage guide allows for bcrypt. Not more, because a registry's token server checks
 * the password at every pull and push (65 ms at cost 10, 260 ms at cost 12). Hashes that operators bring keep the cost they were made with.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
export const BCRYPT_COST = 10
/** bcrypt looks at no more. */
export const MOST_BCRYPT_BYTES = 72
/** The guide's first choice: 19 MiB, two passes, one thread; argon2id is the library's default. */
const ARGON2 = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }

/** The kinds of hashes that are made. */
export const HASH_ALGORITHMS = ['bcrypt', 'argon2'] as const
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number]

/** Makes a hash in a process that has nothing else to do; a server has threads for it. */
export async function newHash(algorithm: HashAlgorithm, password: Secret): Promise<string> {
  return algorithm === 'bcrypt'
    ? await hashBcrypt(password.reveal(), BCRYPT_COST)
    : await hashArgon2(password.reveal(), ARGON2)
}
