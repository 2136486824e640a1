// What plugins share in a request: who may hand on what, and who sees it.
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import { deepFreeze } from '../contract/frozen.ts'
import { NOTHING_PROVIDED, type Provided, type TokenTable } from '../kit/token-table.ts'
import type { Token } from '../plugin.ts'
import { type Instance, nameOf } from './instance.ts'

/** What a call provides, until it is known whether it counts. */
export class Stage {
  #values: Map<InjectionToken<unknown>, unknown> | undefined
  #open = true

  put(key: InjectionToken<unknown>, value: unknown): void {
    if (!this.#open) throw new Error('request.provide came after the call had ended')
    this.#values ??= new Map()
    this.#values.set(key, value)
  }

  /** Ends it. @returns what was provided */
  close(): Provided {
    this.#open = false
    return this.#values ?? NOTHING_PROVIDED
  }
}

/** What one call goes by. */
export interface Sharing {
  readonly instance: Instance
  readonly table: TokenTable
  /** Undefined when this call can provide nothing. */
  readonly stage: Stage | undefined
  /** The request's container; undefined while it can't hold a value of the token. */
  containerWith(token: Token<unknown>): DependencyContainer | undefined
  /** The instance that accepted; undefined before. */
  readonly accepting: Instance | undefined
}

/** Hands something on to the plugins after this one. */
export function provideIn({ instance, table, stage }: Sharing, token: Token<unknown>, value: unknown): void {
  const key = table.keyOf(token)
  const call = `request.provide(${token.name})`
  if (!stage)
    throw new Error(
      `${call}: an authorizer provides nothing, since several scopes are decided at once; a labeler can`,
    )
  if (!instance.provides.has(token.name))
    throw new Error(
      `${call}: ${nameOf(instance)} does not list the token; add it to provides in definePlugin`,
    )
  if (value === undefined) throw new Error(`${call} was given nothing`)
  stage.put(key, deepFreeze(value))
}

/** What a call may see under a token. */
export function resolveIn<T>(sharing: Sharing, token: Token<T>): T | undefined {
  const { instance, table, accepting } = sharing
  const key = table.keyOf(token)
  const own = sharing.containerWith(token)
  if (own?.isRegistered(key)) return own.resolve(key)
  const holder = instance.needsAccepting.has(key) ? accepting?.provided : instance.container
  return holder?.isRegistered(key) ? holder.resolve(key) : undefined
}
