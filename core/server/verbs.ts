// What commands can ask of a running server, through the control socket.
import type { DependencyContainer } from 'tsyringe'
import { INSTANCES } from '../request/instance.ts'
import { forget } from '../request/remembered.ts'
import type { Verbs } from './control.ts'

/** Forgets the proved passwords of an account. */
export const FORGET = 'remembered.forget'

/** @param container the process container */
export function verbsOf(container: DependencyContainer): Verbs {
  return {
    async [FORGET](args) {
      const { account } = (args ?? {}) as { readonly account?: unknown }
      if (typeof account !== 'string') throw new Error('name the account')
      return { forgotten: forget(container.resolve(INSTANCES), account) }
    },
  }
}
