// Runs `dockwarden policy diff`.
import type { Readable } from 'node:stream'
import { isTimed } from '../../policy/changes.ts'
import { comparePolicies, isUnchanged } from '../../policy/compare.ts'
import { generateRequests } from '../../policy/generate.ts'
import { readLogs } from '../../policy/logged.ts'
import { openPolicy } from '../../policy/open.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Output } from '../output.ts'
import type { Compared } from './compared.ts'
import { diffJson, diffWords } from './diff-words.ts'
import { assertPassing, tellAside } from './opened.ts'

/** As commander gives them. */
export interface DiffOptions {
  readonly log: readonly string[]
  readonly count: string
  readonly seed: string
  readonly passing: readonly string[]
  readonly json?: true
}

/**
 * Compares what two configurations decide.
 *
 * @returns exit status: 0 when nothing changes, 1 when something does, or not all can be told
 * @throws ConfigError or Error for wrong options, or when something can't be opened
 */
export async function diffPolicies(
  oldFile: string,
  newFile: string,
  { log, passing, json, ...options }: DiffOptions,
  { input, output }: { readonly input: Readable; readonly output: Output },
): Promise<number> {
  const count = wholeNumber('--count', options.count)
  const seed = wholeNumber('--seed', options.seed)
  const opened: Policy[] = []
  try {
    for (const file of [oldFile, newFile]) opened.push(await openPolicy(file, { passing }))
    assertPassing(passing, opened)
    for (const policy of opened) tellAside(policy, output)
    const [before, after] = opened as [Policy, Policy]
    const read = log.length > 0 ? await readLogs(log, input, opened.some(isTimed)) : undefined
    const asked = read?.requests.map(({ request }) => request)
    const compared: Compared = {
      before,
      after,
      log: read && asked && { read, comparison: await comparePolicies(before, after, asked) },
      generated: await comparePolicies(before, after, generateRequests(opened, { count, seed })),
    }
    output.stdout.write(json ? diffJson(compared) : diffWords(compared, output.stdout.isTTY === true))
    return isUnchanged(compared.generated) && (!compared.log || isUnchanged(compared.log.comparison)) ? 0 : 1
  } finally {
    await Promise.all(opened.map((policy) => policy.close()))
  }
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`${option} ${JSON.stringify(text)} is no whole number; write for example 10000`)
}
