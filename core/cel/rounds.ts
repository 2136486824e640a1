// A bound on the loops of a CEL expression (`exists`, `all`, `exists_one`, `filter`, `map`): loops in loops over a client's
// labels or a backend's lists multiply. The library counts nothing, so that the expression itself is made to count.
import type { ASTNode } from '@marcbachmann/cel-js'
import { TooMuchWork } from '../contract/steps.ts'
import { nodesOf } from './ast.ts'

/** The function that a counting expression calls at the beginning of each round. */
export const TICK = 'tick'

/** So many rounds of simple loops take ten to twenty milliseconds. */
export const MOST_ROUNDS = 100_000
/** Elements that `in` looks at in the time of a round. */
const ELEMENTS_A_ROUND = 30

/** Counts down while one expression is evaluated. */
export class Rounds {
  #left = MOST_ROUNDS
  #weight = 1

  /** @param weight what a round costs */
  begin(weight: number): void {
    this.#left = MOST_ROUNDS
    this.#weight = weight
  }

  /** @returns whether there is any left; without, loops end quickly, and what they give is of no use */
  spend(rounds = this.#weight): boolean {
    this.#left -= rounds
    return this.#left >= 0
  }

  /** @throws TooMuchWork when there were too few */
  end(): void {
    if (this.#left < 0) {
      throw new TooMuchWork(`it goes through its loops more than ${MOST_ROUNDS} times; compare fewer values`)
    }
  }
}

/** Where a text is put into another one. */
interface Insertion {
  readonly at: number
  readonly text: string
}

/**
 * The same expression, counting its rounds.
 *
 * @param ast of the source
 * @returns undefined when it has no loops
 * @example counting('a.exists(x, x == b)', ast) // 'a.exists(x, tick() && ( x == b))'
 */
export function counting(source: string, ast: ASTNode): string | undefined {
  const insertions: Insertion[] = []
  for (const node of nodesOf(ast)) if (node.op === 'rcall') insertions.push(...inLoop(source, node))
  if (insertions.length === 0) return undefined
  insertions.sort((a, b) => b.at - a.at)
  return insertions.reduce((text, { at, text: put }) => text.slice(0, at) + put + text.slice(at), source)
}

const LOOPS: ReadonlySet<string> = new Set(['exists', 'all', 'exists_one', 'filter', 'map'])

function inLoop(source: string, { args, end }: ASTNode & { op: 'rcall' }): Insertion[] {
  const [name, , given] = args as unknown as [string, ASTNode, readonly ASTNode[]]
  const [variable, condition, result] = given
  if (!LOOPS.has(name) || !variable || !condition || variable.op !== 'id') return []
  const first = source.indexOf(',', variable.end) + 1
  if (name === 'map' && !result) return [{ at: first, text: ` ${TICK}(),` }]
  const behind = result ? source.indexOf(',', condition.end) : end - 1
  return [
    { at: first, text: ` ${TICK}() && (` },
    { at: behind, text: ')' },
  ]
}

/** Whether an expression looks for a value in a list that it does not write out itself. */
export function searchesLists(ast: ASTNode): boolean {
  for (const node of nodesOf(ast)) {
    if (node.op === 'in' && (node.args as [ASTNode, ASTNode])[1].op !== 'list') return true
  }
  return false
}

/** What a round costs when it may look for a value in any of these lists. @param value as CEL knows it */
export function weightOf(value: unknown): number {
  return 1 + Math.ceil(longest(value) / ELEMENTS_A_ROUND)
}

function longest(value: unknown): number {
  if (Array.isArray(value)) return Math.max(value.length, longestOf(value))
  return value instanceof Map ? longestOf(value.values()) : 0
}

function longestOf(values: Iterable<unknown>): number {
  let most = 0
  for (const one of values) if (typeof one === 'object') most = Math.max(most, longest(one))
  return most
}
