// The measure for a remembered password: the bare hash that it spares.
import { hash, verify } from '@node-rs/bcrypt'
import { PASSWORD } from './files.ts'

/** bcrypt's cost, as `htpasswd -B -C 10` and docker_auth's examples have it. */
const COST = 10

/** A stored hash of the benchmark's password. */
export const storedHash = () => hash(PASSWORD, COST)

/** Microseconds of CPU time of one bare hash: the median of several rounds. */
export async function bareHash(): Promise<number> {
  const stored = await storedHash()
  const rounds: number[] = []
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage()
    await verify(PASSWORD, stored)
    const { user, system } = process.cpuUsage(before)
    rounds.push(user + system)
  }
  return rounds.sort((a, b) => a - b)[3]!
}
