// Users and rules in one database: where both sections name it with the very same settings, the rules are read on the connections
// that the users have. It is the same login at the same server, so that neither sees anything that it did not see before.
import { Secret } from '../../plugin.ts'

/** Sections of one kind of database, and the options that are not about its connection. */
const PAIRS = [
  { users: 'xorm_auth', rules: 'acl_xorm', others: ['cache_ttl', 'substitution'] },
  { users: 'mongo_auth', rules: 'acl_mongo', others: ['collection', 'cache_ttl'] },
] as const

type Options = Record<string, unknown>
interface Made {
  readonly id: string
  readonly options: Options
}

/**
 * Takes the connection out of the options of rules that have another section's: without one they use that.
 *
 * @param authenticators as they were made of the sections, whose names are the ids; likewise `authorizers`
 */
export function sharePools(authenticators: readonly unknown[], authorizers: readonly unknown[]): void {
  for (const { users, rules, others } of PAIRS) {
    const owner = optionsOf(authenticators, users)
    const user = optionsOf(authorizers, rules)
    const isConnection = (key: string) => !(others as readonly string[]).includes(key)
    if (!owner || !user || !isSame(only(owner, isConnection), only(user, isConnection))) continue
    for (const key of Object.keys(user).filter(isConnection)) delete user[key]
  }
}

function optionsOf(made: readonly unknown[], section: string): Options | undefined {
  return (made as readonly Made[]).find(({ id }) => id === section)?.options
}

function only(options: Options, which: (key: string) => boolean): Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => which(key)))
}

/** Whether two values of the native form are the same, secrets too. */
function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Secret || other instanceof Secret)
    return one instanceof Secret && other instanceof Secret && one.equals(other)
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame((one as Options)[key], (other as Options)[key]))
  )
}
