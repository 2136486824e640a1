// The measure for the embedded store: what it costs to find a token among few and among a million.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createEmbeddedStore, STORE_FILE } from '../core/store/embedded.ts'
import { openDatabase } from '../core/store/embedded-file.ts'
import { STATEMENTS, toAdd } from '../core/store/embedded-row.ts'
import type { KeptToken } from '../core/store/token-store.ts'
import { keptLog } from '../core/testing/host.ts'
import { createSecretToken, hasDigest, type SecretToken } from '../core/token/secret-token.ts'

const DAY = 86_400_000
const ROUNDS = 7
const LOOKUPS = 30_000
/** So many different ones are looked for, or all when there are fewer. */
const SHOWN = 20_000

interface Case {
  readonly store: ReturnType<typeof createEmbeddedStore>
  /** Tokens as clients show them. */
  readonly shown: readonly SecretToken[]
  readonly costs: number[]
}

/**
 * Fills stores and looks for tokens in them as a request does: by id, then the digest. Rounds of the stores alternate.
 *
 * @param folder where the stores are made
 * @param counts how many tokens the stores have
 * @returns for each store the microseconds of CPU time of one lookup: the median of the rounds
 */
export async function lookupCosts(folder: string, counts: readonly number[]): Promise<number[]> {
  const cases = counts.map((count): Case => {
    const own = join(folder, `store-${count}`)
    const shown = fill(own, count)
    return {
      store: createEmbeddedStore({ folder: own, clock: { now: Date.now }, log: keptLog() }),
      shown,
      costs: [],
    }
  })
  for (let round = 0; round < ROUNDS; round++) {
    for (const { store, shown, costs } of cases) {
      const before = process.cpuUsage()
      for (let lookup = 0; lookup < LOOKUPS; lookup++) {
        const token = shown[lookup % shown.length]!
        const kept = await store.get(token.id)
        if (!kept || !hasDigest(token, kept.digest)) throw new Error('the store has lost a token')
      }
      const { user, system } = process.cpuUsage(before)
      costs.push((user + system) / LOOKUPS)
    }
  }
  for (const { store } of cases) await store.close()
  return cases.map(({ costs }) => costs.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!)
}

/** Makes a store's file in one transaction, in the order of the ids: a million takes seconds. */
function fill(folder: string, count: number): SecretToken[] {
  const shown = Array.from({ length: Math.min(count, SHOWN) }, () => createSecretToken('refresh'))
  const digests = Array.from({ length: count - shown.length }, () => randomBytes(32).toString('hex'))
  digests.push(...shown.map(({ digest }) => digest))
  mkdirSync(folder)
  const database = openDatabase(join(folder, STORE_FILE), 0)
  const add = database.prepare(STATEMENTS.add)
  database.exec('BEGIN')
  for (const [place, digest] of digests.sort().entries()) {
    const id = digest.slice(0, shown[0]!.id.length)
    add.run(...toAdd(typical(id, digest, place)).values)
  }
  database.exec('COMMIT')
  database.close()
  return shown
}

function typical(id: string, digest: string, place: number): KeptToken {
  const created = Date.now()
  return {
    id,
    digest,
    kind: 'refresh',
    account: `account-${Math.floor(place / 10)}`,
    service: 'registry.example.com',
    client: 'docker',
    authenticator: 'static',
    labels: { group: ['dev', 'ops'] },
    session: digest.repeat(2),
    created,
    expires: created + 180 * DAY,
    until: created + 30 * DAY,
  }
}
