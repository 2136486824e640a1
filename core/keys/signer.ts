// Signs claims: a compact JWS (RFC 7515).
import { sign } from 'node:crypto'
import { turnOver } from '../work/after-turn.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import type { SigningKey } from './keys.ts'
import { SCHEMES } from './schemes.ts'
import { SigningPool } from './signing-pool.ts'

/**
 * Signatures that take some twenty microseconds: less than it takes to hand them to another thread and back. All others are made on
 * threads, so that they hold up nobody.
 */
const QUICK: ReadonlySet<SignatureAlgorithm> = new Set(['ES256', 'EdDSA'])

/** Signs tokens with one key. */
export interface Signer {
  /** Whether a signature holds up nobody, so that nobody has to wait for a turn. */
  readonly isQuick: boolean
  /**
   * @param claims what the token says; encoded as JSON
   * @returns the token in its compact form
   */
  sign(claims: object): Promise<string>
  /** Has a thread start, where there are any, before there is work. */
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
export function createSigner(key: SigningKey, share?: number): Signer {
  const { header } = key
  const isQuick = QUICK.has(key.alg)
  const { signed, warm, close } = isQuick ? inThisThread(key) : onThreads(key, share)
  return {
    isQuick,
    sign(claims) {
      return signed(`${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`)
    },
    warm,
    close,
  }
}

interface TextSigner extends Pick<Signer, 'warm' | 'close'> {
  /** @returns the text, and its signature in base64url behind a dot */
  signed(text: string): Promise<string>
}

function inThisThread({ privateKey, alg }: SigningKey): TextSigner {
  const { digest, options } = SCHEMES[alg]
  const key = { key: privateKey, ...options }
  return {
    // All of one turn of the event loop one after the other: then all are answered in one go.
    signed: (text) =>
      turnOver().then(() => `${text}.${sign(digest, Buffer.from(text), key).toString('base64url')}`),
    warm() {},
    close: async () => {},
  }
}

function onThreads({ privateKey: key, alg }: SigningKey, share: number | undefined): TextSigner {
  const pool = new SigningPool({ key, alg }, share)
  return {
    signed: (text) => pool.sign(text).then((signature) => `${text}.${signature}`),
    warm: () => pool.warm(),
    close: () => pool.close(),
  }
}
