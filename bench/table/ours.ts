// What only our form has: refresh tokens, remembered passwords, the embedded store.
import { BASIC, writeNative } from '../files.ts'
import { bareHash, storedHash } from '../hash.ts'
import { load, type Requests } from '../load.ts'
import { median } from '../median.ts'
import type { Measured } from '../process.ts'
import { typicalRules } from '../rule-lists.ts'
import { stop } from '../servers.ts'
import { lookupCosts } from '../store.ts'
import { type Manner, startOn } from './measure.ts'
import type { Row } from './rows.ts'
import { SAME } from './subjects.ts'
import { us } from './units.ts'

/** Times, at most: a refresh token against a password, a million tokens against a thousand; and at least: a hash against a remembered one. */
const MUST = { refresh: 1.3, remembered: 100, million: 1.1 }

/** Measures them: each signs its own tokens. */
export async function ourRows(manner: Manner): Promise<Row[]> {
  manner.say('refresh tokens, remembered passwords, the store')
  const stored = `'${await storedHash()}'`
  const start = (name: string, more = {}) =>
    startOn(
      'ours',
      manner,
      async (address) => writeNative({ folder: manner.folder, name, address }, 'ec', typicalRules(), more),
      SAME.path,
    )
  const [plain, hashed] = [await start('plain'), await start('hashed', { stored })]
  try {
    const refresh = { path: SAME.path, headers: await refreshHeaders(plain.url) }
    const loads = [[plain, SAME] as const, [plain, refresh] as const, [hashed, SAME] as const]
    const [password, token, remembered] = (await costsOf(loads, manner)) as [number, number, number]
    const hash = await bareHash()
    const [thousand, million] = (await lookupCosts(manner.folder, [1_000, 1_000_000])) as [number, number]
    const whole = 1 + (million - thousand) / token
    return [
      row(
        'a refresh token',
        token,
        `${times(token / password)} a static user`,
        `${MUST.refresh} x`,
        token <= MUST.refresh * password,
      ),
      row(
        'a user with bcrypt 10 again',
        remembered,
        `a ${(hash / remembered).toFixed(0)}th of the bare hash`,
        `a ${MUST.remembered}th`,
        hash >= MUST.remembered * remembered,
      ),
      row(
        'a token found among 1,000,000',
        million,
        `${us(thousand)} among 1,000; ${whole.toFixed(2)} x for a whole refresh, computed`,
        `${MUST.million} x`,
        whole <= MUST.million,
      ),
    ]
  } finally {
    await Promise.all([stop(plain), stop(hashed)])
  }
}

async function costsOf(
  loads: readonly (readonly [Measured, Requests])[],
  { rounds, seconds }: Manner,
): Promise<number[]> {
  const costs = loads.map((): number[] => [])
  for (const [server, requests] of loads) await load(server, requests, seconds / 2)
  for (let round = 0; round < rounds; round++)
    for (const [place, [server, requests]] of loads.entries())
      costs[place]!.push((await load(server, requests, seconds)).cpu)
  return costs.map(median)
}

/** The headers of a client that comes with a refresh token of the benchmarks' user, which the server hands out. */
async function refreshHeaders(url: string): Promise<Record<string, string>> {
  const answer = await fetch(`${url}/auth?service=bench&offline_token=true`, { headers: BASIC })
  const { refresh_token: token } = (await answer.json()) as { refresh_token: string }
  return { authorization: `Basic ${Buffer.from(`<token>:${token}`).toString('base64')}` }
}

function row(work: string, cost: number, behind: string, must: string, met: boolean): Row {
  return { work, other: '', ours: `${us(cost)} (${behind})`, must, met }
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} x`
}
