// The small changes that can be made to a file of TypeScript: each is one that a test should notice.
import { type Expression, type Node, parseSync, Visitor } from 'oxc-parser'

/** One change: `text` in the place of what stands from `start` to `end`. */
export interface Mutation {
  readonly kind: string
  readonly start: number
  readonly end: number
  readonly text: string
}

const BOUNDARIES = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
])
const OPERATORS = new Map([
  ['===', '!=='],
  ['!==', '==='],
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['%', '*'],
  ['&&', '||'],
  ['||', '&&'],
  ['??', '&&'],
])
/** Of two methods with the same parameters, one in the place of the other. */
const METHODS = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['min', 'max'],
  ['max', 'min'],
  ['indexOf', 'lastIndexOf'],
  ['lastIndexOf', 'indexOf'],
])

/** Numbers from here on are times and sizes. */
const MANY = 100

/** All changes that can be made to a source, in its order. @throws Error when it can't be parsed */
export function mutationsOf(source: string): Mutation[] {
  const { program, errors } = parseSync('source.ts', source)
  if (errors[0]) throw new Error(errors[0].message)
  const found: Mutation[] = []
  // Types and the names of modules: nothing happens there at run time.
  const skipped: Node[] = []
  const skip = (node: Node) => void skipped.push(node)
  const textOf = ({ start, end }: Node) => source.slice(start, end)
  const replace = (kind: string, node: Node, text: string) => {
    if (textOf(node) !== text) found.push({ kind, start: node.start, end: node.end, text })
  }
  const flip = (test: Expression | null) => {
    if (test) replace('condition', test, `!(${textOf(test)})`)
  }
  const operator = (kind: string, left: Node, right: Node, from: string, to: string | undefined) => {
    const at = source.indexOf(from, left.end)
    if (to !== undefined && at < right.start) found.push({ kind, start: at, end: at + from.length, text: to })
  }
  const swap = (given: readonly Node[]) => {
    const [one, other] = given
    if (!one || !other || given.some(({ type }) => type === 'SpreadElement')) return
    const between = source.slice(one.end, other.start)
    const text = textOf(other) + between + textOf(one)
    if (textOf(one) !== textOf(other))
      found.push({ kind: 'arguments', start: one.start, end: other.end, text })
  }
  new Visitor({
    IfStatement: ({ test }) => flip(test),
    WhileStatement: ({ test }) => flip(test),
    ConditionalExpression: ({ test }) => flip(test),
    BinaryExpression({ left, right, operator: from }) {
      operator('boundary', left, right, from, BOUNDARIES.get(from))
      operator('operator', left, right, from, OPERATORS.get(from))
    },
    LogicalExpression: ({ left, right, operator: from }) =>
      operator('operator', left, right, from, OPERATORS.get(from)),
    UnaryExpression(node) {
      if (node.operator === '!') replace('operator', node, textOf(node.argument))
    },
    ReturnStatement({ argument }) {
      if (argument) replace('return value', argument, 'undefined')
    },
    ArrowFunctionExpression({ body, expression }) {
      if (expression) replace('return value', body, 'undefined')
    },
    ExpressionStatement(node) {
      if (!('directive' in node && node.directive)) replace('statement', node, ';')
    },
    ThrowStatement: (node) => replace('statement', node, ';'),
    ContinueStatement: (node) => replace('statement', node, ';'),
    CallExpression(node) {
      swap(node.arguments)
      if (node.callee.type !== 'MemberExpression' || node.callee.computed) return
      const { property } = node.callee
      replace('method', property, METHODS.get(textOf(property)) ?? textOf(property))
    },
    NewExpression: (node) => swap(node.arguments),
    Literal(node) {
      if (typeof node.value === 'boolean') replace('literal', node, String(!node.value))
      // One more of many is hardly another number.
      if (typeof node.value === 'number')
        replace('literal', node, String(node.value < MANY ? node.value + 1 : 0))
      if (typeof node.value === 'string') replace('literal', node, node.value === '' ? "'x'" : "''")
    },
    TSTypeAnnotation: skip,
    TSTypeAliasDeclaration: skip,
    TSInterfaceDeclaration: skip,
    TSTypeParameterInstantiation: skip,
    TSAsExpression: ({ typeAnnotation }) => skip(typeAnnotation),
    ImportDeclaration: skip,
    ExportNamedDeclaration: ({ source: from }) => from && skip(from),
    ExportAllDeclaration: skip,
  }).visit(program)
  return found
    .filter(({ start, end }) => !skipped.some((span) => span.start <= start && end <= span.end))
    .filter((mutation) => parseSync('source.ts', mutate(source, mutation)).errors.length === 0)
    .sort((a, b) => a.start - b.start)
}

/** The source with one change in it. */
export function mutate(source: string, { start, end, text }: Mutation): string {
  return source.slice(0, start) + text + source.slice(end)
}
