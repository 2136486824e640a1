// What it costs to check a password against a stored hash, read from the hash itself.
import { parseOptions as parseArgon2 } from '@node-rs/argon2'
import type { Need } from '../plugin.ts'

/** A hash that can be checked, and what that takes. */
export interface HashCost extends Need {
  readonly kind: 'bcrypt' | 'argon2'
  /** Another hash of the same kind and cost, which belongs to no known password. */
  readonly decoy: string
}

/** Milliseconds of one core of the time, for bcrypt's 2^0 rounds and for one pass over one KiB. Only their ratio counts, and their order of size. */
const BCRYPT_ROUND = 0.0635
const ARGON2_KIB = 0.0006

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/**
 * @param hash without white space at its end
 * @returns undefined for a text that is no hash, or a damaged one: it matches no password
 * @example costOf('$2y$10$...') // { kind: 'bcrypt', units: 65, memory: 0, decoy: '$2y$10$...' }
 */
export function costOf(hash: string): HashCost | undefined {
  const bcrypt = BCRYPT.exec(hash)
  if (bcrypt) {
    const cost = Number(bcrypt[1])
    if (cost < 4 || cost > 31) return undefined
    const decoy = `$2b$${bcrypt[1]}$${'.'.repeat(53)}`
    return { kind: 'bcrypt', units: BCRYPT_ROUND * 2 ** cost, memory: 0, decoy }
  }
  if (!hash.startsWith('$argon2')) return undefined
  try {
    const { memoryCost, timeCost } = parseArgon2(hash)
    // The salt and the sum are replaced; what stands before says the cost.
    const decoy = `${hash.split('$').slice(0, -2).join('$')}$${'A'.repeat(22)}$${'A'.repeat(43)}`
    return { kind: 'argon2', units: ARGON2_KIB * memoryCost * timeCost, memory: memoryCost * 1024, decoy }
  } catch {
    return undefined
  }
}

/**
 * Why a hash can't be checked on this server, with the remedy; undefined when it can.
 *
 * @param memory bytes for all hashes at once (`server.limits.hash_memory`)
 * @param most milliseconds that a check may take: the time of a request
 */
export function whyUnfit(cost: HashCost, memory: number, most: number): string | undefined {
  if (cost.memory > memory) {
    return `asks for ${inMiB(cost.memory)} of memory, and server.limits.hash_memory is ${inMiB(memory)}; raise that, or make the hash again with a smaller m=`
  }
  if (cost.units > most) {
    const seconds = Math.round(cost.units / 1_000)
    return `takes about ${seconds} s to check, and clients wait for ${most / 1_000} s; make it again with a lower cost (htpasswd -nB NAME)`
  }
  return undefined
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
