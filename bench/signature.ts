// The measure for the signer: bare signatures of a token's size.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

const INPUT = Buffer.alloc(400, 'x')

/** Microseconds of CPU time of one bare signature: the median of several rounds. */
export function bareSignature(type: 'rsa' | 'ec'): number {
  const key = signingKey(type)
  const rounds = Array.from({ length: 7 }, () => round(key, type === 'rsa' ? 300 : 3000))
  return rounds.sort((a, b) => a - b)[3]!
}

/** A new key: RSA with 2048 bits, or P-256. */
export function signingKey(type: 'rsa' | 'ec'): KeyObject {
  return type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function round(key: KeyObject, count: number): number {
  const before = process.cpuUsage()
  for (let index = 0; index < count; index++) sign('sha256', INPUT, { key, dsaEncoding: 'ieee-p1363' })
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
