// Signs claims: a compact JWS (RFC 7515), made on other threads so that no signature holds up the event loop.
import type { SigningKey } from './keys.ts'
import { SigningPool } from './signing-pool.ts'

/** Signs tokens with one key. */
export interface Signer {
  /**
   * @param claims what the token says; encoded as JSON
   * @returns the token in its compact form
   */
  sign(claims: object): Promise<string>
  /** Has a thread start, before there is work. */
  warm(): void
  /** Ends its threads. */
  close(): Promise<void>
}

/**
 * Makes the signer for a key.
 *
 * @param share among so many processes its threads are divided
 * @example const token = await createSigner(key).sign({ iss: 'Auth Service', sub: 'alice' })
 */
export function createSigner({ header, privateKey: key, alg }: SigningKey, share?: number): Signer {
  const pool = new SigningPool({ key, alg }, share)
  return {
    async sign(claims) {
      const unsigned = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return `${unsigned}.${await pool.sign(unsigned)}`
    },
    warm: () => pool.warm(),
    close: () => pool.close(),
  }
}
