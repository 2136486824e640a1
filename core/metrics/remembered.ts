// Proved passwords that an authenticator remembers.

/** Counts logins that are looked for among them. */
export class RememberedMetrics {
  #size: (() => number) | undefined
  #hits = 0
  #misses = 0

  /** The authenticator remembers passwords. @param size how many now */
  begin(size: () => number): void {
    this.#size = size
  }

  count(found: boolean): void {
    if (found) this.#hits += 1
    else this.#misses += 1
  }

  /** @returns undefined for an authenticator that remembers none */
  read(): { readonly size: number; readonly hits: number; readonly misses: number } | undefined {
    return this.#size && { size: this.#size(), hits: this.#hits, misses: this.#misses }
  }
}
