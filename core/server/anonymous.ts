// Who is asked about clients without credentials.
import type { Planned } from '../config/config.ts'

interface Asked {
  readonly definition: Pick<Planned['definition'], 'anonymous' | 'byCertificate'>
  readonly options: unknown
}

/**
 * Whether an authenticator may accept a client without credentials. A plugin that accepts none says so with its options:
 * `anonymous`, or no user "" among its `users`; one that looks at certificates is asked for their sake.
 */
export function takesAnonymous({ definition, options }: Asked): boolean {
  if (definition.byCertificate === true || definition.anonymous !== true) return false
  const { anonymous, users } = (options ?? {}) as { readonly anonymous?: unknown; readonly users?: unknown }
  return anonymous !== false && !(users instanceof Map && !users.has(''))
}
