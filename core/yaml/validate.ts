// Checks located values against a zod schema, and turns what zod finds into problems with a place and a remedy.
import { parse as parseScalar } from 'yaml'
import type { z } from 'zod'
import { isPlainSecret } from '../kit/plain-secrets.ts'
import { Secret } from '../plugin.ts'
import { besides, joinPath, type Problem, type Spot } from './problems.ts'
import { Shape } from './shape.ts'
import { keyRemedy } from './unknown-keys.ts'
import { wording } from './wording.ts'
import type { YamlFile } from './yaml-file.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/**
 * Parses `root` (a value of `yaml`, or one made from its parts) with the schema. The schema decides how a scalar is read: where it
 * wants text, `007` is the text "007", and `!env`/`!file` give up their text where no Secret is asked for.
 *
 * @param at where the value stands when it has no place of its own (an absent `options:`)
 * @returns the schema's output, or undefined after the problems have been added
 */
export function validate<S extends z.ZodType>(
  schema: S,
  root: unknown,
  yaml: YamlFile,
  at: Spot,
  problems: Problem[],
): z.output<S> | undefined {
  const reread = new Map<string, number>()
  const secrets: Secret[] = []
  for (;;) {
    const result = schema.safeParse(root)
    if (result.success) return result.data
    const again = result.error.issues.filter((issue) => rereadAt(root, issue, yaml, reread, secrets))
    if (again.length > 0) continue
    const found: Problem[] = []
    const shape = new Shape(schema)
    for (const issue of withoutSizes(result.error.issues)) {
      for (const problem of toProblems(issue, shape, root, yaml, at)) {
        found.push({ ...problem, message: masked(problem.message, secrets) })
      }
      if (found.length >= MOST_FOUND) break
    }
    // What could not be read has been reported.
    problems.push(...besides(found, yaml.problems))
    return undefined
  }
}

/** A list may hold one mistake a hundred thousand times. */
const MOST_FOUND = 1_000

const OF_TYPE: ReadonlySet<string | undefined> = new Set(['invalid_type', 'invalid_union', 'invalid_value'])

/** Whether an issue is about the kind of value; a number that is out of bounds, or not whole, stays a number. */
function isOfType(issue: Issue): boolean {
  return OF_TYPE.has(issue.code) && !(issue.code === 'invalid_type' && issue.expected === 'int')
}

/** zod also measures what is of another kind: `""` in the place of a list is then text of too few characters. */
function withoutSizes(issues: readonly Issue[]): Issue[] {
  const ofOtherKind = new Set(issues.filter(isOfType).map(({ path }) => path.join('\0')))
  const isSize = ({ code }: Issue) => code === 'too_small' || code === 'too_big'
  return issues.filter((issue) => !isSize(issue) || !ofOtherKind.has(issue.path.join('\0')))
}

/** Reads the scalar under an issue in the next way it can be read. @returns whether anything changed */
function rereadAt(
  root: unknown,
  issue: Issue,
  yaml: YamlFile,
  reread: Map<string, number>,
  secrets: Secret[],
): boolean {
  let changed = false
  for (const { path, inner } of partsOf(issue)) {
    const parent = path.length > 0 ? follow(root, path.slice(0, -1)) : undefined
    if (typeof parent !== 'object' || parent === null) continue
    const key = path.at(-1) as string
    const name = path.join('\0')
    const tries = reread.get(name) ?? 0
    const held = (parent as Record<string, unknown>)[key]
    const text = yaml.places.get(parent)?.entries.get(String(key))?.text
    let next: unknown
    if (isPlainSecret(inner)) {
      if (yaml.plainSecrets && typeof held === 'string') next = new Secret(held)
    } else if (held instanceof Secret && tries === 0) {
      secrets.push(held)
      next = held.reveal()
    } else if (
      typeof held === 'string' &&
      tries === 1 &&
      secrets.some((secret) => secret.reveal() === held)
    ) {
      next = scalarOf(held)
    } else if (isBareScalar(held) && text !== undefined && tries === 0 && isOfType(inner)) {
      next = text
    }
    if (next === undefined || next === held) continue
    reread.set(name, tries + 1)
    ;(parent as Record<string, unknown>)[key] = next
    changed = true
  }
  return changed
}

function isBareScalar(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint' ||
    value instanceof Date
  )
}

/** A secret's text where a number or a truth value is wanted. */
function scalarOf(text: string): unknown {
  try {
    // Its warnings, which quote the text, would go to standard error.
    const value: unknown = parseScalar(text, { logLevel: 'error' })
    return isBareScalar(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What an issue speaks of: itself, and the issues inside a union's branches, each with its whole path. */
function partsOf(issue: Issue): { readonly path: Path; readonly inner: Issue }[] {
  const branches = issue.code === 'invalid_union' ? issue.errors.flat() : []
  const nested = branches
    .flatMap(partsOf)
    .map(({ path, inner }) => ({ path: [...issue.path, ...path], inner }))
  return [{ path: issue.path, inner: issue }, ...nested]
}

function follow(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

function* toProblems(
  issue: Issue,
  shape: Shape,
  root: unknown,
  yaml: YamlFile,
  at: Spot,
): Generator<Problem> {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const spot = spotOf(root, [...issue.path, key], yaml, at, 'key')
      yield { file: yaml.file, ...spot, message: `unknown key; ${keyRemedy(key, issue.path, shape)}` }
    }
    return
  }
  const branch = issue.code === 'invalid_union' ? closestBranch(issue) : undefined
  if (branch) {
    for (const nested of withoutSizes(branch)) {
      yield* toProblems({ ...nested, path: [...issue.path, ...nested.path] }, shape, root, yaml, at)
    }
    return
  }
  yield {
    file: yaml.file,
    ...spotOf(root, issue.path, yaml, at, 'value'),
    message: wording(issue, follow(root, issue.path), shape.at(issue.path)),
  }
}

/** The branch of a union that got further into the value than all others; of maps, the one that knows more of its keys. */
function closestBranch(issue: Issue & { code: 'invalid_union' }): Issue[] | undefined {
  const deep = issue.errors.filter((branch) =>
    branch.every((nested) => nested.path.length > 0 || nested.code === 'unrecognized_keys'),
  ) as Issue[][]
  const fewest = Math.min(...deep.map(strangeKeys))
  const closest = deep.filter((branch) => strangeKeys(branch) === fewest)
  return closest.length === 1 ? closest[0] : undefined
}

/** How many keys of the map itself a branch does not know. */
function strangeKeys(branch: readonly Issue[]): number {
  const strange = branch.find(({ code, path }) => code === 'unrecognized_keys' && path.length === 0)
  return strange?.code === 'unrecognized_keys' ? strange.keys.length : 0
}

/** The nearest place that is known on the way to a path; its name goes on with the keys that have none. */
export function spotOf(root: unknown, path: Path, yaml: YamlFile, at: Spot, side: 'key' | 'value'): Spot {
  let value = root
  let spot = placeOf(root, yaml)?.self ?? at
  for (const [depth, key] of path.entries()) {
    const entry = placeOf(value, yaml)?.entries.get(String(key))
    const name = typeof key === 'symbol' ? String(key) : key
    if (entry) spot = depth === path.length - 1 ? entry[side] : entry.value
    else spot = { ...spot, path: joinPath(spot.path, name) }
    value =
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
  }
  return spot
}

function placeOf(value: unknown, yaml: YamlFile) {
  return typeof value === 'object' && value !== null ? yaml.places.get(value) : undefined
}

/** A schema's message may quote what it was given: never a secret. */
function masked(message: string, secrets: readonly Secret[]): string {
  return secrets
    .map((secret) => secret.reveal())
    .filter((text) => text !== '')
    .reduce((result, text) => result.replaceAll(text, '***'), message)
}
