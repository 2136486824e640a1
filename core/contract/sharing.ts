// What a definition says of sharing: the tokens that its instances provide and need, and for which options.
import type { Token } from './container-token.ts'

/** What an instance needs from another one: a token alone, or with how many may provide it. */
export type Needed<T = unknown> =
  | Token<T>
  | {
      readonly token: Token<T>
      /** Nobody need provide it: `host.find`, in place of `host.resolve`. */
      readonly optional?: boolean
      /** Everybody who provides it, in the order of the configuration: `host.resolveAll`. */
      readonly many?: boolean
      /** The name of an option: an instance that has it (it is neither missing nor false) needs nothing. */
      readonly unless?: string
    }

/** What an instance hands to others: a token alone, or with the option that it depends on. */
export type ProvidedToken =
  | Token<unknown>
  | {
      readonly token: Token<unknown>
      /** The name of an option: only an instance that has it (it is neither missing nor false) provides the token. */
      readonly when?: string
      /** The name of an option: an instance that has it does not provide the token. */
      readonly unless?: string
    }

/** A need, with all that it says. */
export interface ReadNeed {
  readonly token: Token<unknown>
  readonly optional: boolean
  readonly many: boolean
  readonly unless?: string | undefined
}

export function readNeed(need: Needed): ReadNeed {
  if (!isMore(need)) return { token: need, optional: false, many: false }
  const { token, optional = false, many = false, unless } = need
  return { token, optional, many, unless }
}

/** Whether there is more than a token. A plugin in JavaScript may have written anything. */
function isMore<M extends { readonly token: unknown }>(value: Token<unknown> | M): value is M {
  return typeof value === 'object' && value !== null && 'token' in value
}

/** The tokens that a definition lists, whatever the options of an instance. */
export function tokensIn(provides: readonly ProvidedToken[] = []): Token<unknown>[] {
  return provides.map((provided) => (isMore(provided) ? provided.token : provided))
}

/**
 * Why an instance with these options does not provide a token that its definition lists: `has no servers`; undefined when it does.
 */
export function whyNotProvided(
  provides: readonly ProvidedToken[],
  { name }: Token<unknown>,
  options: unknown,
): string | undefined {
  for (const provided of provides) {
    if (!isMore(provided) || provided.token.name !== name) continue
    const { when, unless } = provided
    if (when !== undefined && !hasOption(options, when)) return `has no ${when}`
    if (unless !== undefined && hasOption(options, unless)) return `has ${unless}`
  }
  return undefined
}

/** Whether checked options have one of this name: neither missing nor false. */
export function hasOption(options: unknown, name: string): boolean {
  const value = (options as Record<string, unknown> | null | undefined)?.[name]
  return value !== undefined && value !== null && value !== false
}
