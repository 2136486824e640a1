// The tokens of one configuration: each name stands for one key of its containers, whichever copy of a module made the token.
// The keys are made here and go nowhere else, so that no plugin can name what it was not given.
import type { InjectionToken } from 'tsyringe'
import type { Token } from '../contract/container-token.ts'

/** The table of a configuration, in its process container. */
export const TOKEN_TABLE: InjectionToken<TokenTable> = Symbol('token-table')

export class TokenTable {
  /** Keys of the table before it, by name and version. */
  readonly #former: ReadonlyMap<string, symbol>
  readonly #known = new Map<string, { readonly version: number; readonly key: symbol }>()
  readonly #tokens: Map<InjectionToken<unknown>, Token<unknown>>

  /** @param former the table that this one takes the place of: a token keeps its key, for instances that live on */
  constructor(former?: TokenTable) {
    this.#former = former ? new Map([...former.#former, ...former.#keys()]) : new Map()
    this.#tokens = new Map(former ? former.#tokens : [])
  }

  /**
   * The key of a token in the containers of this configuration.
   *
   * @throws Error for what is no token, or one of another version than the first of its name
   */
  keyOf<T>(token: Token<T>): InjectionToken<T> {
    const { name, version } = (token ?? {}) as Partial<Token<T>>
    if (typeof name !== 'string' || typeof version !== 'number')
      throw new Error(`${describe(token)} is no token; make one with createToken('package/name')`)
    let entry = this.#known.get(name)
    if (!entry) {
      entry = { version, key: this.#former.get(nameOf({ name, version })) ?? Symbol(name) }
      this.#known.set(name, entry)
      this.#tokens.set(entry.key, { name, version })
    }
    if (entry.version !== version)
      throw new Error(
        `the token ${name} is there in version ${entry.version} and in version ${version}; use plugins of one version`,
      )
    return entry.key as InjectionToken<T>
  }

  *#keys(): Iterable<[string, symbol]> {
    for (const [name, { version, key }] of this.#known) yield [nameOf({ name, version }), key]
  }

  /** The token of a key that came from here. */
  tokenOf(key: InjectionToken<unknown>): Token<unknown> {
    return this.#tokens.get(key)!
  }
}

function nameOf({ name, version }: Token<unknown>): string {
  return `${name} ${version}`
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** What plugins provided in a request, frozen, by the keys of a table. */
export type Provided = ReadonlyMap<InjectionToken<unknown>, unknown>

/** Of a request in which nobody provided anything. */
export const NOTHING_PROVIDED: Provided = new Map()
