// The calls of a store that are under way: its end waits for them, and none begins after it.

export interface Calls {
  /** Makes a call. Once the end has begun, it rejects with an error that names the store. */
  make<T>(call: () => Promise<T>): Promise<T>
  /** @throws Error that names the store, once the end has begun */
  assertOpen(): void
  /** Waits for the calls that are under way. */
  end(): Promise<void>
}

/** @param name of the store, for its users */
export function createCalls(name: string): Calls {
  const underWay = new Set<Promise<unknown>>()
  let ended = false
  const assertOpen = () => {
    if (ended) throw new Error(`the token store, ${name}, is closed`)
  }
  return {
    assertOpen,
    async make(call) {
      assertOpen()
      const made = call()
      underWay.add(made)
      try {
        return await made
      } finally {
        underWay.delete(made)
      }
    },
    async end() {
      ended = true
      await Promise.allSettled(underWay)
    },
  }
}
