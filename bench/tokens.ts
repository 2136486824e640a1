// What a token costs, as ratios of one run. See README.md in this folder for the method.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  anchoredRules,
  BASIC,
  literalRules,
  refreshHeaders,
  startDockwarden,
  typicalRules,
  writeConfig,
} from './dockwarden.ts'
import { bareHash, storedHash } from './hash.ts'
import { type Cost, load } from './load.ts'
import { median } from './median.ts'
import { type Measured, startScript, stop } from './process.ts'
import { bareSignature } from './signature.ts'
import { lookupCosts } from './store.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 6)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const SCOPES = '/auth?service=bench&scope=repository:bench/app:pull,push'
const CASES = [
  ['RS256, 20 rules', 'rsa', typicalRules()],
  ['ES256, 20 rules', 'ec', typicalRules()],
  ['ES256, 10 literal rules', 'ec', literalRules(10)],
  ['ES256, 10,000 literal rules', 'ec', literalRules(10_000)],
  ['ES256, 10,000 anchored expressions', 'ec', anchoredRules(10_000)],
] as const
/** The case whose server is also measured with a refresh token. */
const WITH_REFRESH = 'ES256, 20 rules'
const REFRESH = 'ES256, 20 rules, refresh token'
const AGAIN = 'ES256, 20 rules, the same again'
const REMEMBERED = 'ES256, 20 rules, bcrypt 10 again'

const folder = mkdtempSync(join(tmpdir(), 'dockwarden-bench-'))
try {
  const costs = new Map<string, Cost[]>()
  const firstTokens: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    const bare = fileURLToPath(new URL('bare-koa.ts', import.meta.url))
    await measure(await startScript([bare]), '/', { 'bare Koa answer': {} })
    await measure(await startScript([bare, 'sign']), '/', { 'Koa answer + P-256 signature': {} })
    for (const [place, [name, key, rules]] of CASES.entries()) {
      const file = writeConfig(folder, `case-${place}`, key, rules)
      const server = await startDockwarden(readFileSync(file, 'utf8'), file)
      firstTokens.push(server.firstToken)
      const cases: Record<string, Record<string, string>> = { [name]: BASIC }
      if (name === WITH_REFRESH) cases[REFRESH] = await refreshHeaders(server.url)
      await measure(server, SCOPES, cases)
    }
    for (const [name, more] of [
      [AGAIN, { reuse: '10s' }],
      [REMEMBERED, { stored: `'${await storedHash()}'` }],
    ] as const) {
      const file = writeConfig(folder, 'again', 'ec', typicalRules(), more)
      await measure(await startDockwarden(readFileSync(file, 'utf8'), file), SCOPES, { [name]: BASIC })
    }
  }
  const hashed = await bareHash()
  process.stderr.write('token lookups\n')
  const [thousand, million] = (await lookupCosts(folder, [1_000, 1_000_000])) as [number, number]
  report()

  /** Each case has its name and the headers of its requests. */
  async function measure(
    server: Measured,
    path: string,
    cases: Record<string, Record<string, string>>,
  ): Promise<void> {
    try {
      for (const [name, headers] of Object.entries(cases)) {
        const cost = await load(server, path, headers, SECONDS)
        costs.set(name, [...(costs.get(name) ?? []), cost])
      }
    } finally {
      await stop(server.child)
    }
  }

  function report(): void {
    const rsa = bareSignature('rsa')
    const ec = bareSignature('ec')
    const of = (name: string) => median(costs.get(name)!.map(({ cpu }) => cpu))
    const [rs256, es256, few, many, anchored] = CASES.map(([name]) => of(name)) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const koa = of('bare Koa answer')
    console.log(
      `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}; median of ${ROUNDS} rounds of ${SECONDS} s`,
    )
    console.log(`bare RSA-2048 signature   ${us(rsa)}\nbare P-256 signature      ${us(ec)}`)
    for (const [name, all] of costs) {
      const rate = median(all.map(({ perSecond }) => perSecond))
      console.log(`${name.padEnd(32)} ${us(of(name))} of CPU a request, ${rate.toFixed(0)}/s`)
    }
    console.log(`RS256 / bare signature       ${(rs256 / rsa).toFixed(2)}  (budget 1.6)`)
    console.log(`ES256 / bare Koa answer      ${(es256 / koa).toFixed(2)}  (budget 4.5)`)
    console.log(`ES256 / Koa + signature      ${(es256 / of('Koa answer + P-256 signature')).toFixed(2)}`)
    console.log(`the same again / ES256       ${(of(AGAIN) / es256).toFixed(2)}`)
    console.log(`refresh / static user        ${(of(REFRESH) / es256).toFixed(2)}  (budget 1.3)`)
    console.log(`bare bcrypt 10 / the user again  ${(hashed / of(REMEMBERED)).toFixed(0)}  (at least 100)`)
    console.log(`10,000 rules / 10 rules      ${(many / few).toFixed(2)}  (budget 3)`)
    console.log(`10,000 expressions / 10 rules  ${(anchored / few).toFixed(2)}  (budget 3)`)
    console.log(`token of 1,000 / 1,000,000   ${us(thousand)} / ${us(million)}`)
    console.log(`1,000,000 tokens / 1,000     ${(million / thousand).toFixed(2)}`)
    console.log(
      `the same, a whole refresh    ${(1 + (million - thousand) / of(REFRESH)).toFixed(2)}  (budget 1.1)`,
    )
    console.log(`start to first token         ${median(firstTokens).toFixed(0)} ms  (budget 1000 ms)`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

function us(value: number): string {
  return `${value.toFixed(1)} us`
}
