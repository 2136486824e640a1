// Questions and answers between the two ends of the channel that Node opens between a process and its child. What is said in one turn of
// the event loop goes as one message.

/** What the other end may ask for, by name. What it throws is the answer; of it, only the message gets there. */
// biome-ignore lint/suspicious/noExplicitAny: each verb knows what it takes
export type WireVerbs = Readonly<Record<string, (args: any) => unknown>>

type Part =
  | { readonly ask: number; readonly verb: string; readonly args: unknown }
  | { readonly tell: string; readonly args: unknown }
  | { readonly to: number; readonly result?: unknown; readonly error?: string }

/** The other process has gone, or gives no answer any more. */
export class WireClosed extends Error {
  override readonly name = 'WireClosed'
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** One end. */
export class Wire {
  readonly #send: (parts: readonly Part[]) => void
  readonly #verbs: WireVerbs
  readonly #waiting = new Map<number, Waiting>()
  #parts: Part[] = []
  #last = 0
  #closed = false

  /** @param send hands a message to the channel */
  constructor(send: (message: object) => void, verbs: WireVerbs) {
    this.#send = send
    this.#verbs = verbs
  }

  /** @returns what the verb gives, as JSON @throws WireClosed; Error with the words of the other end */
  ask(verb: string, args: unknown = null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#last += 1
      this.#waiting.set(this.#last, { resolve, reject })
      this.#say({ ask: this.#last, verb, args })
    })
  }

  /** Asks for no answer. */
  tell(verb: string, args: unknown = null): void {
    this.#say({ tell: verb, args })
  }

  /** Takes a message of the channel. @param message of no other kind */
  take(message: unknown): void {
    if (!Array.isArray(message)) return
    for (const part of message as Part[]) {
      if ('to' in part) this.#settle(part)
      else if ('ask' in part) void this.#answer(part.ask, part.verb, part.args)
      else void this.#run(part.tell, part.args).catch(() => {})
    }
  }

  /** Nothing comes or goes any more. */
  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.values()) reject(new WireClosed('the other process has ended'))
    this.#waiting.clear()
  }

  #say(part: Part): void {
    if (this.#closed) {
      if ('ask' in part) this.#settle({ to: part.ask, error: 'the other process has ended' })
      return
    }
    this.#parts.push(part)
    if (this.#parts.length === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const parts = this.#parts
    this.#parts = []
    try {
      if (!this.#closed) this.#send(parts)
    } catch {
      this.close()
    }
  }

  #settle(part: Extract<Part, { to: number }>): void {
    const waiting = this.#waiting.get(part.to)
    if (!waiting) return
    this.#waiting.delete(part.to)
    if (part.error === undefined) waiting.resolve(part.result)
    else waiting.reject(this.#closed ? new WireClosed(part.error) : new Error(part.error))
  }

  async #answer(to: number, verb: string, args: unknown): Promise<void> {
    try {
      const result = await this.#run(verb, args)
      this.#say({ to, result: result ?? null })
    } catch (error) {
      this.#say({ to, error: error instanceof Error ? error.message : String(error) })
    }
  }

  async #run(verb: string, args: unknown): Promise<unknown> {
    const known = Object.hasOwn(this.#verbs, verb) ? this.#verbs[verb] : undefined
    if (!known) throw new Error(`a process of this server knows no ${JSON.stringify(verb)}`)
    return await known(args)
  }
}
