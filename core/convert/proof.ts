// That a conversion changes nothing: the new file is read as the server would read it, says the same, and decides the same.
import { resolve } from 'node:path'
import { inspectText } from '../config/config.ts'
import { Secret } from '../plugin.ts'
import { type Comparison, comparePolicies } from '../policy/compare.ts'
import { generateRequests } from '../policy/generate.ts'
import { openPolicy } from '../policy/open.ts'
import type { Policy } from '../policy/policy.ts'
import { ConfigError, type Problem } from '../yaml/problems.ts'
import type { Conversion, Source, Target } from './convert.ts'
import { isSameDuration } from './values.ts'

/** What came of it. */
export interface Proof {
  /** Where the two say something different, by the paths of keys. Nothing when all is well. */
  readonly differences: readonly string[]
  readonly decisions: Comparison
  /** Who was not asked, as that needs a network or runs a program: by its settings it is the same. */
  readonly notAsked: readonly string[]
  /** Who could not be opened here, and why: by its settings it is the same, too. */
  readonly unopened: readonly Problem[]
}

/**
 * Compares the new file with what the server makes of the source.
 *
 * @param count so many requests at least, for the decisions
 * @throws ConfigError when the new file can't be read
 */
export async function prove(
  source: Source,
  conversion: Conversion,
  target: Target,
  count: number,
): Promise<Proof> {
  const { text, secrets, tree } = conversion
  const read = await inspectText(text, target.file, { secrets: secrets.read })
  if (read.problems.length > 0) throw new ConfigError(read.problems, read.warnings)
  const folder = resolve(target.file, '..')
  const isSamePath = (one: string, other: string) => resolve(one) === resolve(folder, other)
  const policies: Policy[] = []
  const open = async (file: string, text: string) => {
    const policy = await openPolicy(file, { text, secrets: secrets.read, incomplete: true })
    policies.push(policy)
    return policy
  }
  try {
    const [before, after] = [await open(source.file, source.text), await open(target.file, text)]
    const requests = generateRequests([before, after], { count })
    return {
      differences: [...differences(tree, read.tree, '', isSamePath)],
      decisions: await comparePolicies(before, after, requests),
      notAsked: after.notAsked,
      unopened: after.aside.filter(({ path }) => path.startsWith('authorizers')),
    }
  } finally {
    await Promise.all(policies.map((policy) => policy.close()))
  }
}

/** Whether nothing changes. */
export function isProved({ differences, decisions }: Proof): boolean {
  return differences.length === 0 && decisions.changes.length === 0
}

function* differences(
  one: unknown,
  other: unknown,
  path: string,
  isSamePath: (one: string, other: string) => boolean,
): Generator<string> {
  if (isSameScalar(one, other, isSamePath)) return
  if (!isPlain(one) || !isPlain(other) || Array.isArray(one) !== Array.isArray(other)) {
    yield path
    return
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
    yield* differences(one[key], other[key], path === '' ? key : `${path}.${key}`, isSamePath)
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Secret)
}

function isSameScalar(
  one: unknown,
  other: unknown,
  isSamePath: (one: string, other: string) => boolean,
): boolean {
  const [before, after] = [textOf(one), textOf(other)]
  if (before === undefined || after === undefined) return one === other
  if (before === after) return true
  if (typeof one === 'number' && typeof other === 'string') return isSameDuration(one, other)
  return typeof one === 'string' && typeof other === 'string' && isSamePath(one, other)
}

/** A schema takes a secret for text where it wants one, in either file. */
function textOf(value: unknown): string | undefined {
  if (value instanceof Secret) return value.reveal()
  return typeof value === 'object' || value === undefined ? undefined : String(value)
}
