// Seals what a plugin instance keeps: who steals the store reads nothing, and what was changed, moved or lengthened there is refused.
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'

/** Whose it is. */
export interface Owner {
  readonly kind: string
  readonly plugin: string
  readonly id: string
}

/** What was sealed. */
export interface Unsealed {
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly end: number
  /** Whether it was sealed with the first key. */
  readonly current: boolean
}

const CIPHER = 'aes-256-gcm'
const PURPOSE = 'dockwarden host.store 1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Names an instance in the store, and tells whoever reads that nothing. */
export function spaceOf({ kind, plugin, id }: Owner): string {
  return hash('sha256', JSON.stringify([PURPOSE, kind, plugin, id]), 'base64url')
}

/** What is kept was sealed with a key that is not there any more, or changed since. */
export class SealBroken extends Error {
  override name = 'SealBroken'
}

/** The seal of one instance: keys of its own (HKDF-SHA256, RFC 5869), AES-256-GCM with name and end as additional data. */
export class Seal {
  readonly #keys: readonly Buffer[]

  /** @param keys of the store, 32 bytes each: the first seals, all of them open */
  constructor(keys: readonly Buffer[], { kind, plugin, id }: Owner) {
    const purpose = JSON.stringify([PURPOSE, kind, plugin, id])
    this.#keys = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', purpose, 32)))
  }

  /** @example seal.seal('name', Date.now() + 60_000, 'text') // '1790000000000.base64' */
  seal(name: string, end: number, text: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, this.#keys[0]!, nonce)
    cipher.setAAD(dataOf(name, end))
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${end}.${sealed.toString('base64url')}`
  }

  /** @throws SealBroken */
  open(name: string, sealed: string): Unsealed {
    const [, end, data] = /^(\d{1,16})\.([\w-]+)$/.exec(sealed) ?? []
    if (end === undefined || data === undefined) throw new SealBroken()
    const bytes = Buffer.from(data, 'base64url')
    for (const [place, key] of this.#keys.entries()) {
      const text = openWith(key, dataOf(name, Number(end)), bytes)
      if (text !== undefined) return { text, end: Number(end), current: place === 0 }
    }
    throw new SealBroken()
  }
}

function dataOf(name: string, end: number): Buffer {
  return Buffer.from(`${name}.${end}`)
}

function openWith(key: Buffer, data: Buffer, bytes: Buffer): string | undefined {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
  const tagAt = bytes.length - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(data).setAuthTag(bytes.subarray(tagAt))
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}
