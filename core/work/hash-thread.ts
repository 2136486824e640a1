// The thread that computes password hashes, one at a time: a job comes in, its result goes out.
import { scryptSync } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { verifySync as verifyArgon2 } from '@node-rs/argon2'
import { hashSync as hashBcrypt, verifySync as verifyBcrypt } from '@node-rs/bcrypt'

/** What a thread is asked to do. */
export type HashJob =
  | { readonly kind: 'bcrypt' | 'argon2'; readonly hash: string; readonly password: string }
  | { readonly kind: 'make'; readonly password: string; readonly cost: number }
  | { readonly kind: 'scrypt'; readonly password: string; readonly salt: string }

/** What comes back. */
export type HashResult = HashDone | { readonly error: string }

/** A job that is done, and the milliseconds that it took. */
export interface HashDone {
  readonly value: boolean | string
  readonly took: number
}

/** scrypt at the strength of OWASP's password storage guide: about as slow as 150 ms and 16 MiB. */
const SCRYPT_COST = { N: 2 ** 14, r: 8, p: 5 }

parentPort!.on('message', (job: HashJob) => {
  parentPort!.postMessage(resultOf(job))
})

function resultOf(job: HashJob): HashResult {
  try {
    const began = performance.now()
    const value = done(job)
    return { value, took: performance.now() - began }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

function done(job: HashJob): boolean | string {
  switch (job.kind) {
    case 'bcrypt':
      return verifyBcrypt(job.password, job.hash)
    case 'argon2':
      return verifyArgon2(job.hash, job.password)
    case 'make':
      return hashBcrypt(job.password, job.cost)
    case 'scrypt':
      return scryptSync(job.password, job.salt, 32, SCRYPT_COST).toString('base64')
  }
}
