// What a token costs at the least on this machine: bare signatures, and Koa answering something as large.
import { fileURLToPath } from 'node:url'
import { type Cost, load } from '../load.ts'
import { median } from '../median.ts'
import { startScript } from '../process.ts'
import { stop } from '../servers.ts'
import { bareSignature } from '../signature.ts'
import type { Costs, Manner } from './measure.ts'
import type { Row } from './rows.ts'
import { us } from './units.ts'

const KOA = fileURLToPath(new URL('../bare-koa.ts', import.meta.url))

/** Measures them, and says how far the server is from them. */
export async function limitRows(costs: Costs, manner: Manner): Promise<Row[]> {
  manner.say('limits')
  const [koa, signing] = [await koaCost(manner, []), await koaCost(manner, ['sign'])]
  const [rsa, ec] = [bareSignature('rsa'), bareSignature('ec')]
  const [rs256, es256, again] = [
    costs.of('ours', 'RS256'),
    costs.of('ours', 'ES256'),
    costs.of('ours', 'ES256', true),
  ]
  return [
    limit('RS256 token against a bare RSA-2048 signature', rs256, rsa),
    limit('ES256 token against a bare P-256 signature', es256, ec),
    limit('ES256 token against Koa and a signature', es256, signing),
    limit('ES256, the same again, against a bare Koa', again, koa),
  ]
}

async function koaCost({ rounds, seconds }: Manner, args: readonly string[]): Promise<number> {
  const server = await startScript([KOA, ...args])
  const requests = { path: '/', headers: {} }
  try {
    await load(server, requests, seconds / 2)
    const costs: number[] = []
    for (let round = 0; round < rounds; round++) costs.push((await load(server, requests, seconds)).cpu)
    return median(costs)
  } finally {
    await stop(server)
  }
}

function limit(work: string, cost: Cost | undefined, least: number): Row {
  const ours =
    cost === undefined ? '' : `${us(cost.cpu)} of ${us(least)} (${(cost.cpu / least).toFixed(2)} x)`
  return { work, other: '', ours, must: '', met: undefined }
}
