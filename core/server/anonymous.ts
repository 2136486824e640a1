// Who is asked about clients without credentials.
import type { Planned } from '../config/config.ts'

/**
 * Whether an authenticator may accept a client without credentials. A plugin that accepts none says so with its options:
 * `anonymous`, or no user "" among its `users`; one that looks at certificates is asked for their sake.
 */
export function takesAnonymous({ definition, options }: Pick<Planned, 'definition' | 'options'>): boolean {
  if (definition.byCertificate === true || definition.anonymous !== true) return false
  const { anonymous, users } = (options ?? {}) as { readonly anonymous?: unknown; readonly users?: unknown }
  return anonymous !== false && !(users instanceof Map && !users.has(''))
}
