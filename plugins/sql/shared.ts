// One pool for several instances: whoever has a connection of its own provides it, whoever has none asks on that of another one.
import { createToken, type Host } from '../../core/plugin.ts'
import { type Database, openDatabase } from './database.ts'
import type { Kind } from './kinds.ts'
import type { WrittenConnection } from './options.ts'

/** A database to ask, on connections that belong to another instance. */
export interface SharedDatabase extends Pick<Database, 'ask'> {
  readonly kind: Kind
}

/** An instance provides it in `create`. */
export const DATABASE = createToken<SharedDatabase>('sql/database')

/** What the definition of an instance that may be without a connection says. */
export const SHARED = {
  provides: [{ token: DATABASE, when: 'database' }],
  needs: { database: { token: DATABASE, unless: 'database' } },
} as const

/** A database of the instance's own. */
export interface OwnDatabase extends SharedDatabase, Pick<Database, 'close'> {}

const CONNECTIONS = 10

type Lent = Pick<Host, 'files' | 'places' | 'provide'>

/**
 * Opens the database of the instance's own, and provides it.
 *
 * @returns undefined when the options name none
 * @throws Error about a file that the options name
 */
export function openOwn(
  options: WrittenConnection & { readonly database: Kind },
  host: Lent,
): Promise<OwnDatabase>
export function openOwn(options: WrittenConnection, host: Lent): Promise<OwnDatabase | undefined>
export async function openOwn(
  { database: kind, connections = CONNECTIONS, ...rest }: WrittenConnection,
  host: Lent,
): Promise<OwnDatabase | undefined> {
  if (kind === undefined) return undefined
  const { ask, close } = await openDatabase({ ...rest, database: kind, connections }, host)
  host.provide(DATABASE, { kind, ask })
  return { kind, ask, close }
}
