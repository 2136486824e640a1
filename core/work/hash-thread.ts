// The thread that computes password hashes, one at a time: a job comes in, its result goes out.
import { parentPort } from 'node:worker_threads'
import { verifySync as verifyArgon2 } from '@node-rs/argon2'
import { hashSync as hashBcrypt, verifySync as verifyBcrypt } from '@node-rs/bcrypt'

/** What a thread is asked to do. */
export type HashJob =
  | { readonly kind: 'bcrypt' | 'argon2'; readonly hash: string; readonly password: string }
  | { readonly kind: 'make'; readonly password: string; readonly cost: number }

/** What comes back. */
export type HashResult = { readonly value: boolean | string } | { readonly error: string }

parentPort!.on('message', (job: HashJob) => {
  parentPort!.postMessage(resultOf(job))
})

function resultOf(job: HashJob): HashResult {
  try {
    return { value: done(job) }
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
  }
}
