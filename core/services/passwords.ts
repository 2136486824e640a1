// Checks passwords against stored hashes, and makes such hashes: on threads of their own, as many at once as there are cores.
import { hash as cryptoHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { InjectionToken } from 'tsyringe'
import { untilAborted } from '../kit/until-aborted.ts'
import { type Passwords, type Places, Secret } from '../plugin.ts'
import { costOf, type HashCost, whyUnfit } from '../work/hash-cost.ts'
import type { HashDone } from '../work/hash-thread.ts'
import { HashThreads } from '../work/hash-threads.ts'
import { BCRYPT_COST, MOST_BCRYPT_BYTES } from './new-hash.ts'

/** A hash that takes longer than a request may, in milliseconds, would let nobody in. */
const MOST_TIME = 12_000

/** What stands in for hashes that are not known yet. */
const TYPICAL = `$2b$${BCRYPT_COST}$${'.'.repeat(53)}`

/** In the process container. */
export const PASSWORDS: InjectionToken<Passwords> = Symbol('passwords')

/** The host's side of it. */
export interface PasswordService extends Passwords {
  /** Whether a hash is being computed, which keeps the process from its end. */
  readonly busy: boolean
  /** Ends the threads, without waiting for the hashes that they compute. */
  close(): Promise<void>
}

/**
 * Passwords are compared as their UTF-8 bytes. Of bcrypt's passwords the first 72 bytes count, as with docker_auth
 * (Go's CompareHashAndPassword) and Apache: a longer password matches when they are right. NUL bytes are kept, as in Go;
 * a C implementation stops at the first. Argon2 takes every byte.
 *
 * @param memory bytes that argon2 hashes may take together
 * @param cores how many hashes are computed at once
 * @example await createPasswords(places, 2 ** 30).verify('$2y$10$...', new Secret('hunter2'), request.signal)
 */
export function createPasswords(
  places: Places,
  memory: number,
  cores = availableParallelism(),
): PasswordService {
  const place = places.open({ name: 'password hashes', size: cores, memory, pace: 1 })
  const slow = places.open({ name: 'fingerprints of plain passwords', size: cores })
  const threads = new HashThreads()
  /** What a name without a hash costs: as much as the dearest that was seen. */
  let dearest: HashCost | undefined

  function note(cost: HashCost): void {
    if (cost.units > (dearest?.units ?? 0)) dearest = cost
  }

  async function check(
    hash: string,
    cost: HashCost,
    password: Secret,
    signal: AbortSignal,
  ): Promise<boolean> {
    let done: HashDone | undefined
    // Not the time until this is told: the event loop may be busy.
    const need = { ...cost, took: () => done?.took, blameless: () => done?.value === true }
    const release = await place.take(signal, need)
    const result = threads.run({ kind: cost.kind, hash, password: password.reveal() })
    // What has begun goes on, and keeps its core until it is done, also when nobody waits for it any more.
    result.then((given) => {
      done = given
      release()
    }, release)
    const { value } = await untilAborted(result, signal, TOO_LATE)
    return value === true
  }

  return {
    announce(stored = TYPICAL) {
      const cost = costOf(stored.trimEnd())
      if (!cost) return 'is no hash that can be checked; make it again with htpasswd -nB NAME'
      const unfit = whyUnfit(cost, memory, MOST_TIME)
      if (!unfit) note(cost)
      return unfit
    },

    async verify(stored, password, signal) {
      if ((stored !== undefined && typeof stored !== 'string') || !(password instanceof Secret))
        throw new TypeError('host.passwords.verify is called as verify(hash, password, signal)')
      const hash = stored?.trimEnd()
      const cost = hash === undefined ? undefined : costOf(hash)
      if (hash === undefined || !cost) {
        if (dearest) await check(dearest.decoy, dearest, password, signal)
        return false
      }
      const unfit = whyUnfit(cost, memory, MOST_TIME)
      if (unfit) throw new Error(`a password hash ${unfit}`)
      note(cost)
      return await check(hash, cost, password, signal)
    },

    async hash(password) {
      const text = password.reveal()
      if (Buffer.byteLength(text) > MOST_BCRYPT_BYTES)
        throw new RangeError(`the password has more than the ${MOST_BCRYPT_BYTES} bytes that bcrypt takes`)
      const { value } = await threads.run({ kind: 'make', password: text, cost: BCRYPT_COST })
      return String(value)
    },

    fingerprint,

    async fingerprintOfPlain(password, salt) {
      const job = { kind: 'scrypt', password: password.reveal(), salt } as const
      const { value } = await slow.run(NOBODY, () => threads.run(job))
      return fingerprint(String(value))
    },

    get busy() {
      return threads.busy
    },

    close: () => threads.close(),
  }
}

/** The salt inside the hash is what keeps the fingerprint from being guessed; 128 bits are enough to tell two apart. */
function fingerprint(stored: string): string {
  return cryptoHash('sha256', stored.trimEnd(), 'base64url').slice(0, 22)
}

/** Never aborts: what several wait for, and is kept, belongs to none of them. */
const NOBODY = new AbortController().signal
const TOO_LATE = 'password hashes: no answer in time; see what keeps the machine busy'
