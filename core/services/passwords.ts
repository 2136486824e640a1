// Checks passwords against stored hashes, and makes such hashes: always on the thread pool, never on the event loop.
import { hash as cryptoHash } from 'node:crypto'
import { parseOptions as parseArgon2, verify as verifyArgon2 } from '@node-rs/argon2'
import { hash as hashBcrypt, verify as verifyBcrypt } from '@node-rs/bcrypt'
import type { Passwords } from '../contract/index.ts'

/**
 * The least that OWASP's password storage guide allows for bcrypt. Not more, because a registry's token server checks
 * the password at every pull and push (65 ms at cost 10, 260 ms at cost 12), and what Dockwarden hashes itself is a
 * random password that no hash needs to protect. Hashes that operators bring keep the cost they were made with.
 */
const BCRYPT_COST = 10

const MOST_BCRYPT_BYTES = 72

/**
 * The most memory that an argon2 hash may ask for, in KiB: 2 GiB, the highest that RFC 9106 recommends. Beyond it the
 * operating system may kill the whole process instead of failing the one allocation.
 */
const MOST_ARGON2_MEMORY = 2 * 1024 * 1024

/**
 * Passwords are compared as their UTF-8 bytes. Of bcrypt's passwords the first 72 bytes count, as with docker_auth
 * (Go's CompareHashAndPassword) and Apache: a longer password matches when they are right. NUL bytes are kept, as in Go;
 * a C implementation stops at the first. Argon2 takes every byte.
 *
 * @example await createPasswords().verify('$2y$10$...', new Secret('hunter2'))
 */
export function createPasswords(): Passwords {
  return {
    async verify(stored, password) {
      const hash = stored.trimEnd()
      if (hash.startsWith('$2')) return await verifyBcrypt(password.reveal(), hash)
      if (!hash.startsWith('$argon2')) return false
      const memory = argon2Memory(hash)
      if (memory === undefined) return false
      if (memory > MOST_ARGON2_MEMORY) {
        throw new Error(
          `an argon2 hash asks for ${memory} KiB of memory, the most is ${MOST_ARGON2_MEMORY} KiB; make it again with a smaller m=`,
        )
      }
      return await verifyArgon2(hash, password.reveal())
    },

    // $2y$ is what Apache's htpasswd writes and reads. A password beyond bcrypt's 72 bytes is refused, not cut silently.
    async hash(password) {
      const text = password.reveal()
      if (Buffer.byteLength(text) > MOST_BCRYPT_BYTES) {
        throw new RangeError(`the password has more than the ${MOST_BCRYPT_BYTES} bytes that bcrypt takes`)
      }
      return await hashBcrypt(text, BCRYPT_COST)
    },

    // The salt inside the hash is what keeps the fingerprint from being guessed; 128 bits are enough to tell two apart.
    fingerprint: (stored) => cryptoHash('sha256', stored.trimEnd(), 'base64url').slice(0, 22),
  }
}

/** The memory that an argon2 hash asks for in KiB; undefined for a text that is no argon2 hash. */
function argon2Memory(hash: string): number | undefined {
  try {
    return parseArgon2(hash).memoryCost
  } catch {
    return undefined
  }
}
