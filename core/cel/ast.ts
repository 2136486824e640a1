// What can be seen in the syntax tree of a CEL expression without evaluating it.
import type { ASTNode } from '@marcbachmann/cel-js'

/** Every identifier in the text; a macro's own variable counts too, which errs on the safe side. */
export function identifiers(root: ASTNode): ReadonlySet<string> {
  const found = new Set<string>()
  for (const node of nodesOf(root)) if (node.op === 'id') found.add(node.args)
  return found
}

/** Every text that is written out in the expression. */
export function texts(root: ASTNode): ReadonlySet<string> {
  const found = new Set<string>()
  for (const node of nodesOf(root))
    if (node.op === 'value' && typeof node.args === 'string') found.add(node.args)
  return found
}

/** From and to of each part that must be true: the operands of `&&` at the top. None when there is no such. */
export function conjuncts(root: ASTNode): readonly (readonly [number, number])[] {
  const parts = (node: ASTNode): ASTNode[] =>
    node.op === '&&' ? (node.args as [ASTNode, ASTNode]).flatMap(parts) : [node]
  if (root.op !== '&&') return []
  return parts(root).map((node) => {
    const { start, end } = node as unknown as { readonly start: number; readonly end: number }
    return [start, end]
  })
}

/** Gives each variable the name that `nameOf` gives for it. */
export function rename(root: ASTNode, nameOf: (variable: string) => string): void {
  for (const node of nodesOf(root)) if (node.op === 'id') (node as { args: string }).args = nameOf(node.args)
}

/**
 * The source with `has(variable)` written as a variable of its own, of the same length: the library's `has` knows fields only.
 *
 * @example withoutHas('has(claims)', ast, ['claims']) // 'has_claims_'
 */
export function withoutHas(source: string, root: ASTNode, variables: readonly string[]): string {
  let text = source
  for (const node of nodesOf(root)) {
    if (node.op !== 'call' || node.args[0] !== 'has' || node.args[1].length !== 1) continue
    const [asked] = node.args[1] as readonly ASTNode[]
    if (asked!.op !== 'id' || !variables.includes(asked!.args)) continue
    const { start, end } = node as unknown as { readonly start: number; readonly end: number }
    text = text.slice(0, start) + thereName(asked!.args).padEnd(end - start) + text.slice(end)
  }
  return text
}

/** Stands for whether an optional variable is there. */
export function thereName(variable: string): string {
  return `has_${variable}_`
}

/**
 * The fields of a variable that an expression takes for granted: it names them (`labels.group`, `labels["group"]`), and nowhere
 * asks whether they are there, neither with `has()` nor by looking at the variable as a whole.
 */
export function fieldsTaken(root: ASTNode, variable: string): ReadonlySet<string> {
  const read = fieldsRead(root, variable)
  const asked = new Set<string>()
  for (const node of nodesOf(root)) {
    if (node.op !== 'call' || node.args[0] !== 'has') continue
    const field = fieldOf(node.args[1][0], variable)
    if (field !== undefined) asked.add(field)
  }
  return new Set(read === 'all' ? [] : [...read].filter((field) => !asked.has(field)))
}

/** The fields of a variable that an expression names; `all` when it looks at the variable as a whole. */
export function fieldsRead(root: ASTNode, variable: string): ReadonlySet<string> | 'all' {
  const read = new Set<string>()
  const named = new Set<ASTNode>()
  for (const node of nodesOf(root)) {
    const field = fieldOf(node, variable)
    if (field !== undefined) {
      read.add(field)
      named.add((node.args as [ASTNode])[0])
    } else if (node.op === 'id' && node.args === variable && !named.has(node)) return 'all'
  }
  return read
}

function fieldOf(node: unknown, variable: string): string | undefined {
  if (!isNode(node) || (node.op !== '.' && node.op !== '[]')) return undefined
  const [of, field] = node.args as [unknown, unknown]
  if (!isNode(of) || of.op !== 'id' || of.args !== variable) return undefined
  if (typeof field === 'string') return field
  return isNode(field) && field.op === 'value' && typeof field.args === 'string' ? field.args : undefined
}

/** The nodes of a tree, each before those inside it. */
export function* nodesOf(root: ASTNode): Generator<ASTNode> {
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (Array.isArray(node)) pending.push(...node)
    else if (isNode(node)) {
      yield node
      pending.push(node.args)
    }
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value
}
