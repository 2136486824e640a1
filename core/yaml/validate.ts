// Checks located values against a zod schema, and turns what zod finds into problems with a place and a remedy.
import { parse as parseScalar } from 'yaml'
import { z } from 'zod'
import { isPlainSecret } from '../kit/plain-secrets.ts'
import { Secret, suggest } from '../plugin.ts'
import { besides, joinPath, type Problem, type Spot } from './problems.ts'
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
    const shape = shapeOf(schema)
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
    } else if (isBareScalar(held) && text !== undefined && tries === 0 && isOfType(issue)) {
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
  shape: () => JsonSchema,
  root: unknown,
  yaml: YamlFile,
  at: Spot,
): Generator<Problem> {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(shape(), issue.path)
    for (const key of issue.keys) {
      const spot = spotOf(root, [...issue.path, key], yaml, at, 'key')
      yield { file: yaml.file, ...spot, message: `unknown key; ${suggest(key, known)}` }
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
  yield { file: yaml.file, ...spotOf(root, issue.path, yaml, at, 'value'), message: wording(issue, root) }
}

/** The branch of a union that got further into the value than all others. */
function closestBranch(issue: Issue & { code: 'invalid_union' }): Issue[] | undefined {
  const deep = issue.errors.filter((branch) =>
    branch.every((nested) => nested.path.length > 0 || nested.code === 'unrecognized_keys'),
  )
  return (deep.length === 1 ? deep[0] : undefined) as Issue[] | undefined
}

function wording(issue: Issue, root: unknown): string {
  const { message } = issue
  if (issue.code === 'invalid_value' && /^Invalid \w+: /.test(message)) {
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
  }
  if (issue.code === 'too_small' && issue.origin === 'array' && message.startsWith('Too small: ')) {
    return `needs ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'} or more; write them, or leave the key out`
  }
  if (issue.code !== 'invalid_type' || !message.startsWith('Invalid input: ')) {
    return message.replace(/^Invalid (input|option): /, '')
  }
  const found = follow(root, issue.path)
  return `${found === undefined ? 'is missing' : `is ${kindOf(found)}`}; write ${NOUNS.get(issue.expected) ?? `a ${issue.expected}`}`
}

const NOUNS: ReadonlyMap<string, string> = new Map([
  ['object', 'a map'],
  ['record', 'a map'],
  ['map', 'a map'],
  ['array', 'a list'],
  ['string', 'text'],
  ['boolean', 'true or false'],
  ['int', 'a whole number'],
])

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string' || value instanceof Secret) return 'text'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'boolean' ? 'a truth value' : 'a number'
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

/** A schema as JSON Schema, which is made when something is wrong, and once. */
function shapeOf(schema: z.ZodType): () => JsonSchema {
  let shape: JsonSchema | undefined
  return () => {
    shape ??= z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    return shape
  }
}

/** The keys that a schema knows at a path. */
function knownKeys(shape: JsonSchema, path: Path): string[] {
  let nodes: JsonSchema[] = [shape]
  for (const key of path) nodes = nodes.flatMap(branches).flatMap((node) => childOf(node, key))
  return [...new Set(nodes.flatMap(branches).flatMap((node) => Object.keys(node.properties ?? {})))]
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly anyOf?: JsonSchema[]
  readonly oneOf?: JsonSchema[]
  readonly allOf?: JsonSchema[]
}

function branches(node: JsonSchema): JsonSchema[] {
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
  return [node, ...inner.flatMap(branches)]
}

function childOf(node: JsonSchema, key: PropertyKey): JsonSchema[] {
  const child = node.properties?.[String(key)] ?? node.items ?? node.additionalProperties
  return typeof child === 'object' ? [child] : []
}

/** A schema's message may quote what it was given: never a secret. */
function masked(message: string, secrets: readonly Secret[]): string {
  return secrets
    .map((secret) => secret.reveal())
    .filter((text) => text !== '')
    .reduce((result, text) => result.replaceAll(text, '***'), message)
}
