// Puts the source's comments, and what could not be carried over, to the parts of the native form that they belong to.
import { isCollection, isSeq, type Node, Scalar, type YAMLMap } from 'yaml'
import { leftoverLines, type Remarks } from './leftovers.ts'
import type { Link, NativeDocument } from './native-document.ts'
import type { SourceItem } from './source-items.ts'

/** What is not to be found out from the entries themselves. */
export interface CommentOptions {
  readonly remarks: Remarks
  /** The list of the native form into which a section would have gone, and the sections after it there. */
  readonly placeOf: (
    section: string,
  ) => { readonly list: string; readonly after: readonly string[] } | undefined
}

/**
 * Puts all comments into the document.
 *
 * @returns lines for the end of the file
 */
export function placeComments(document: NativeDocument, root: SourceItem, options: CommentOptions): string[] {
  return new Placing(document, options).root(root)
}

class Placing {
  readonly #document: NativeDocument
  readonly #options: CommentOptions

  constructor(document: NativeDocument, options: CommentOptions) {
    this.#document = document
    this.#options = options
  }

  root(root: SourceItem): string[] {
    let pending: string[] = []
    for (const item of root.children) {
      const place =
        this.#isLeft(item) && item.name !== undefined ? this.#options.placeOf(item.name) : undefined
      if (place) this.#toChain([...pending, ...this.#leftover(item)], root, place)
      pending = place ? [] : this.#settle(item, pending)
    }
    return [...pending, ...root.trailing]
  }

  /** A section that became no instance: before the next one in its chain, or at the end of that. */
  #toChain(
    lines: readonly string[],
    root: SourceItem,
    place: { list: string; after: readonly string[] },
  ): void {
    const next = place.after
      .map((name) => root.children.find((item) => item.name === name))
      .find((item) => item && this.#link(item))
    if (next) {
      next.leading.unshift(...lines, '')
      return
    }
    const pair = this.#document.contents.items.find(({ key }) => (key as Scalar).value === place.list)
    const list = pair?.value
    if (isSeq(list) && list.items.length > 0) list.comment = joined([list.comment, ...lines])
    else if (pair) {
      const key = pair.key as Scalar
      key.commentBefore = joined([key.commentBefore, ...lines])
    }
  }

  #link(item: SourceItem): Link | undefined {
    const links = this.#document.links.get(item)
    return links?.find(({ own }) => own) ?? links?.[0]
  }

  /** Whether nothing of it is in the new file. */
  #isLeft(item: SourceItem): boolean {
    return item.name !== '<<' && !this.#link(item) && item.children.every((child) => this.#isLeft(child))
  }

  /**
   * @param pending comments from before it that have no place yet
   * @returns those that have none then
   */
  #settle(item: SourceItem, pending: readonly string[]): string[] {
    if (this.#isLeft(item)) return [...pending, ...this.#leftover(item)]
    const link = this.#link(item)
    let rest: string[] = []
    if (link) this.#comment(item, link, pending)
    else rest = [...pending, ...item.leading, ...item.inline]
    for (const child of item.children) rest = this.#settle(child, rest)
    rest.push(...item.trailing)
    const home = rest.length > 0 ? this.#home(item) : undefined
    if (!home) return rest
    home.comment = joined([home.comment, ...rest])
    return []
  }

  /** The comments of an entry at its first part. */
  #comment(item: SourceItem, { head, value }: Link, pending: readonly string[]): void {
    const changed = this.#changes(item, value)
    const gap = pending.length > 0 && item.spaceBefore ? [''] : []
    const above = [...pending, ...gap, ...item.leading, ...changed]
    const inline = item.inline.join(' ')
    if (inline !== '' && isCollection(value) && !value.flow) {
      if (head instanceof Scalar) head.comment = inline
      else above.push(inline)
    } else if (inline !== '') value.comment = inline
    if (item.spaceBefore) head.spaceBefore = true
    if (above.length > 0) head.commentBefore = joined([...above, head.commentBefore])
  }

  /** What is said of a single value that is another one now. */
  #changes(item: SourceItem, value: Node): string[] {
    const { meant } = item
    if (!(value instanceof Scalar) || !(meant instanceof Scalar) || value.tag !== undefined) return []
    if (String(value.value) === String(meant.value) || String(value.value) === meant.source) return []
    return this.#options.remarks.of(item).map((reason) => ` ${reason}`)
  }

  #leftover(item: SourceItem): string[] {
    const lines = leftoverLines(item, this.#options.remarks.within(item))
    const gap = item.spaceBefore ? [''] : []
    return [...gap, ...item.leading, ...lines, ...item.inline, ...commentsWithin(item)]
  }

  /** The map or list in which the entries of this one are. */
  #home(item: SourceItem): YAMLMap | undefined {
    const homes = (this.#document.links.get(item) ?? []).map(({ value }) => value).filter(isCollection)
    const filled = homes.filter(({ items }) => items.length > 0)
    return (filled.findLast((home) => this.#holdsChildren(home, item)) ?? filled[0]) as YAMLMap | undefined
  }

  #holdsChildren(home: { readonly items: readonly unknown[] }, item: SourceItem): boolean {
    const parts = new Set(home.items.map((part) => (isPairLike(part) ? part.key : part)))
    return item.children.some((child) => this.#document.links.get(child)?.some(({ head }) => parts.has(head)))
  }
}

function isPairLike(part: unknown): part is { readonly key: unknown } {
  return typeof part === 'object' && part !== null && 'key' in part && !isCollection(part)
}

function commentsWithin(item: SourceItem): string[] {
  const inner = item.children.flatMap((child) => [
    ...child.leading,
    ...child.inline,
    ...commentsWithin(child),
  ])
  return [...inner, ...item.trailing].filter((line) => line !== '')
}

function joined(lines: readonly (string | null | undefined)[]): string {
  return lines.filter((line) => line !== null && line !== undefined).join('\n')
}
