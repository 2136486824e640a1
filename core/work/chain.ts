// A list out of whose middle something is taken at no cost, however long it is.

/** A value's place in its chain. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
}

export class Chain<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined

  get first(): T | undefined {
    return this.#first?.value
  }

  get last(): T | undefined {
    return this.#last?.value
  }

  /** Adds it at the end. @returns what takes it out again */
  push(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = link
    else this.#first = link
    this.#last = link
    return link
  }

  /** @param link of this chain, and taken out once */
  remove({ before, after }: Link<T>): void {
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
  }

  *[Symbol.iterator](): Generator<T> {
    for (let link = this.#first; link; link = link.after) yield link.value
  }
}
