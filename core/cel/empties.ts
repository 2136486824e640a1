// What stands in for fields that a variable of any shape has not got: something empty, of the kind that the expression wants there.
// Otherwise `!("staff" in claims.groups)` would be as little true as its opposite for whoever has no groups.
import type { ASTNode } from '@marcbachmann/cel-js'
import { nodesOf } from './ast.ts'

/** A field that an expression reads, by its path, and what is empty in its place. */
export interface Empty {
  readonly path: readonly string[]
  readonly value: '' | false | readonly never[]
}

const LIST_MACROS: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one', 'filter', 'map', 'join'])

/**
 * The fields of a variable that an expression takes for granted, each with what is empty in its place. Not those that it asks for
 * with `has()`; not those that are compared with something of another kind, or given to a function, where emptiness could match
 * anything (`name.startsWith(claims.prefix)`): they stay missing.
 *
 * @example emptiesOf(ast of '"x" in claims.groups', 'claims') // [{ path: ['groups'], value: [] }]
 */
export function emptiesOf(root: ASTNode, variable: string): readonly Empty[] {
  const found: Empty[] = []
  const asked = new Set<ASTNode>()
  for (const node of nodesOf(root)) {
    if (node.op === 'call' && node.args[0] === 'has')
      for (const inner of nodesOf(node.args[1][0] as ASTNode)) asked.add(inner)
    for (const [child, value] of wanted(node)) {
      const path = pathOf(child, variable)
      if (path && !asked.has(child)) found.push({ path, value })
    }
  }
  return found
}

/** What a node wants of each of its parts for which emptiness has a meaning. */
function* wanted(node: ASTNode): Iterable<readonly [ASTNode, Empty['value']]> {
  const { op } = node
  const args = node.args as readonly unknown[]
  if (op === 'in') yield [args[1] as ASTNode, []]
  else if (op === 'rcall') yield [args[1] as ASTNode, LIST_MACROS.has(args[0] as string) ? [] : '']
  else if (op === '!_') yield [node.args as unknown as ASTNode, false]
  else if (op === '&&' || op === '||') for (const part of args) yield [part as ASTNode, false]
  else if (op === '?:') yield [args[0] as ASTNode, false]
  else if (op === '[]' && !isText(args[1])) yield [args[0] as ASTNode, []]
  else if (op === 'call' && args[0] === 'size') yield [(args[1] as readonly ASTNode[])[0]!, []]
  else if (op === '==' || op === '!=') {
    const [left, right] = args as readonly [ASTNode, ASTNode]
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const value = emptyLike(other)
      if (value !== undefined) yield [one, value]
    }
  }
}

/** @returns undefined for what is not written out: it could be empty itself */
function emptyLike(node: ASTNode): Empty['value'] | undefined {
  if (node.op === 'list') return []
  if (node.op !== 'value') return undefined
  const value: unknown = node.args
  if (typeof value === 'boolean') return false
  return typeof value === 'string' ? '' : undefined
}

/** `claims.a.b` or `claims["a"].b`: the path below the variable. */
function pathOf(node: ASTNode, variable: string): readonly string[] | undefined {
  const path: string[] = []
  let at = node
  while (at.op === '.' || at.op === '[]') {
    const [of, field] = at.args as readonly [ASTNode, unknown]
    const name = typeof field === 'string' ? field : isText(field) ? field.args : undefined
    if (name === undefined) return undefined
    path.unshift(name)
    at = of
  }
  return at.op === 'id' && at.args === variable && path.length > 0 ? path : undefined
}

function isText(node: unknown): node is { readonly args: string } {
  const { op, args } = (node ?? {}) as Partial<ASTNode>
  return op === 'value' && typeof args === 'string'
}

/**
 * A value with something empty in each of its places where nothing is.
 *
 * @param value plain JSON, which stays as it is
 * @example fill({ sub: 'x' }, [{ path: ['groups'], value: [] }]) // { sub: 'x', groups: [] }
 */
export function fill(value: object, empties: readonly Empty[]): object {
  return empties.reduce((filled, { path, value: empty }) => fillAt(filled, path, empty), value)
}

function fillAt(value: object, [name, ...rest]: readonly string[], empty: Empty['value']): object {
  const held: unknown = Object.hasOwn(value, name!) ? (value as Record<string, unknown>)[name!] : undefined
  if (rest.length === 0) return held === undefined || held === null ? withField(value, name!, empty) : value
  if (held === undefined || held === null) return withField(value, name!, fillAt({}, rest, empty))
  return typeof held === 'object' && !Array.isArray(held)
    ? withField(value, name!, fillAt(held, rest, empty))
    : value
}

function withField(value: object, name: string, field: unknown): object {
  return Object.defineProperty({ ...value }, name, {
    value: field,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}
