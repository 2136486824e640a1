// The entries of docker_auth's form as they stand in the text: each key of a map and each item of a list, with the comments around
// it. A comment belongs to what it stands above, unless it is indented further: then to what it stands below.
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  type ParsedNode,
  type Scalar,
} from 'yaml'
import { joinPath } from '../yaml/problems.ts'
import { isMergeKey } from '../yaml/yaml-nodes.ts'
import { type Comment, commentsIn } from './comments.ts'

/** An entry of the text. Comments are texts of lines without their `#`; an empty line is one that is empty. */
export interface SourceItem {
  /** The key; of an item of a list undefined. */
  readonly name: string | undefined
  readonly node: Node | null
  /** The same, or what an alias means. */
  readonly meant: Node | null
  readonly offset: number
  /** Of the line that it begins in, where the line's text begins. */
  readonly column: number
  readonly line: number
  /** Whether it stands between `{ }` or `[ ]`. */
  readonly inFlow: boolean
  readonly parent: SourceItem | undefined
  readonly children: SourceItem[]
  /** Stands above it. */
  readonly leading: string[]
  /** Stands behind it on its line. */
  readonly inline: string[]
  /** Stands at the end of its own map or list. */
  readonly trailing: string[]
  /** Whether a line above it is empty. */
  spaceBefore: boolean
}

/** All entries of a document, and how to find them by their nodes. */
export interface SourceItems {
  /** Stands for the whole document. */
  readonly root: SourceItem
  of(node: Pair | Node | null): SourceItem | undefined
}

const LINE_END = /\r?\n/g

/**
 * Finds the entries and comments of a document.
 *
 * @param written what was parsed to get `contents`
 */
export function readItems(written: string, contents: ParsedNode | null): SourceItems {
  // As the parser takes it.
  const text = written.replace(/\r(?!\n)/g, '\n')
  const anchors = new Map<string, Node>()
  const lines = text.split(LINE_END)
  const counter = new LineCounter()
  counter.addNewLine(0)
  for (const { index, 0: end } of text.matchAll(LINE_END)) counter.addNewLine(index + end.length)
  const root = newItem(undefined, contents)
  const byNode = new Map<unknown, SourceItem>()
  const ordered: SourceItem[] = []
  const add = (parent: SourceItem, held: unknown, name: string | undefined, node: Node | null, at: Node) => {
    const offset = at.range![0]
    const { line } = counter.linePos(offset)
    const column = lines[line - 1]!.search(/\S/)
    const inFlow = parent.inFlow || (isCollection(parent.node) && parent.node.flow === true)
    const anchor = (node as Scalar | null)?.anchor
    if (anchor) anchors.set(anchor, node!)
    const meant = isAlias(node) ? (anchors.get(node.source) ?? null) : node
    const item: SourceItem = { ...newItem(name, node), meant, offset, line, column, inFlow, parent }
    parent.children.push(item)
    ordered.push(item)
    byNode.set(held, item)
    walk(item)
  }
  const walk = (item: SourceItem) => {
    const { node } = item
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = pair.key as Node
        const shown = isMergeKey(key) ? '<<' : ((key as Scalar | null)?.source ?? String(key))
        add(item, pair, shown, pair.value as Node | null, key ?? (pair.value as Node) ?? node)
      }
    } else if (isSeq(node)) {
      for (const each of node.items) if (!isPair(each)) add(item, each, undefined, each as Node, each as Node)
    }
  }
  walk(root)
  attach(commentsIn(text), root, ordered, lines)
  return { root, of: (node) => byNode.get(node) }
}

function newItem(name: string | undefined, node: Node | null): SourceItem {
  const place = { offset: -1, line: 0, column: -1, inFlow: false, parent: undefined, spaceBefore: false }
  return { name, node, meant: node, ...place, children: [], leading: [], inline: [], trailing: [] }
}

/** Puts each comment where it belongs. @param items in the order of the text */
function attach(
  comments: readonly Comment[],
  root: SourceItem,
  items: readonly SourceItem[],
  lines: readonly string[],
): void {
  const groups = Map.groupBy(
    comments.filter(({ alone }) => alone),
    ({ offset }) => indexAfter(items, offset),
  )
  for (const [next, group] of groups) place(group, root, items[next - 1], items[next], lines)
  for (const comment of comments) if (!comment.alone) inlineItem(items, comment)?.inline.push(comment.text)
  for (const [index, item] of items.entries()) {
    if (items[index - 1]?.line === item.line) continue
    item.spaceBefore = lines[item.line - 2 - item.leading.length]?.trim() === ''
  }
}

/** The place of the first entry behind an offset: of those that begin there, the outermost one. */
function indexAfter(items: readonly SourceItem[], offset: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (items[middle]!.offset > offset) high = middle
    else low = middle + 1
  }
  return low
}

/** The innermost entry that begins on the comment's line outside of `{ }` and `[ ]`; else the last one before it. */
function inlineItem(items: readonly SourceItem[], { offset, line }: Comment): SourceItem | undefined {
  const last = indexAfter(items, offset) - 1
  for (let index = last; items[index]?.line === line; index -= 1) {
    if (!items[index]!.inFlow) return items[index]
  }
  return items[last]
}

/** Puts comments on lines of their own, with no entry between them. */
function place(
  group: readonly Comment[],
  root: SourceItem,
  previous: SourceItem | undefined,
  next: SourceItem | undefined,
  lines: readonly string[],
): void {
  const below = next ? group.findLastIndex(({ column }) => column > next.column) + 1 : group.length
  let before: string[] | undefined
  for (const [index, comment] of group.entries()) {
    const inside = previous ? containerAt(previous, comment.column, root) : root
    const list = index < below || !next ? inside.trailing : next.leading
    if (list === before && lines[comment.line - 2]!.trim() === '') list.push('')
    list.push(comment.text)
    before = list
  }
  if (next && before === next.leading && next.line > group.at(-1)!.line + 1) next.leading.push('')
}

/** The map or list in which an entry could begin at a column below the last entry. */
function containerAt(last: SourceItem, column: number, root: SourceItem): SourceItem {
  let item = last
  while (item.parent && item.column > column) item = item.parent
  return item.parent ?? root
}

/** The keys that lead to an entry. @example pathOf(item) // 'users.alice.password' */
export function pathOf(item: SourceItem): string {
  const { parent, name } = item
  const above = parent?.parent ? pathOf(parent) : ''
  return joinPath(above, name ?? parent?.children.indexOf(item) ?? 0)
}
