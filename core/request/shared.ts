// What plugins share in a request: who may hand on what, and who sees it.
import type { DependencyContainer, InjectionToken } from 'tsyringe'
import { deepFreeze } from '../contract/frozen.ts'
import { NOTHING_PROVIDED, type Provided, type TokenTable } from '../kit/token-table.ts'
import type { Token } from '../plugin.ts'
import type { SharedInCall } from './call-scope.ts'
import { type Instance, nameOf } from './instance.ts'

/** What a call provides, until it is known whether it counts. */
export class Stage {
  readonly #values = new Map<InjectionToken<unknown>, unknown>()
  #open = true

  put(key: InjectionToken<unknown>, value: unknown): void {
    if (!this.#open) throw new Error('request.provide came after the call had ended')
    this.#values.set(key, value)
  }

  /** Ends it. @returns what was provided */
  close(): Provided {
    this.#open = false
    return this.#values.size === 0 ? NOTHING_PROVIDED : this.#values
  }
}

/** What one call goes by. */
export interface CallParts {
  readonly instance: Instance
  readonly table: TokenTable
  /** Undefined when this call can provide nothing. */
  readonly stage: Stage | undefined
  /** The request's container; undefined while it can't hold a value of the token. */
  readonly container: (token: Token<unknown>) => DependencyContainer | undefined
  /** The instance that accepted; undefined before. */
  readonly accepting: () => Instance | undefined
}

/** The sharing of one call of one plugin. */
export function shareInCall({ instance, table, stage, container, accepting }: CallParts): SharedInCall {
  return {
    provide(token: Token<unknown>, value: unknown) {
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
    },
    resolve<T>(token: Token<T>): T | undefined {
      const key = table.keyOf(token)
      const own = container(token)
      if (own?.isRegistered(key)) return own.resolve(key)
      const holder = instance.needsAccepting.has(key) ? accepting()?.provided : instance.container
      return holder?.isRegistered(key) ? holder.resolve(key) : undefined
    },
  }
}
