// What names a value that plugins share: typed, and the same for whoever writes the same name.

/**
 * A typed name. Two copies of a module that make the same one mean the same value; what it holds is agreed on by its version.
 */
export interface Token<T> {
  /** `package/kebab-name` */
  readonly name: string
  readonly version: number
  /** Only a type: nothing has it. */
  readonly __holds?: T
}

/** A token whose value every request has. */
export interface GivenToken<T> extends Token<T> {
  readonly given: true
}

const NAME = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*\/[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const OWN = 'dockwarden/'

/**
 * Makes a token for what a plugin shares with others: an instance with `host.provide` and `host.resolve`, a request with
 * `request.provide` and `request.resolve`.
 *
 * @param name the npm package (or the plugin) that defines the value, and a name in kebab case
 * @param version rises when what the token holds changes in a way that readers must know: two versions of one name in a
 *   configuration are an error
 * @throws TypeError for a name that is none
 * @example export const DIRECTORY = createToken<Directory>('acme-ldap/directory')
 */
export function createToken<T>(name: string, { version = 1 }: { version?: number } = {}): Token<T> {
  if (typeof name !== 'string' || !NAME.test(name))
    throw new TypeError(
      `createToken(${JSON.stringify(name)}): the name must be 'package/kebab-name', such as 'acme-ldap/directory'`,
    )
  if (name.startsWith(OWN))
    throw new TypeError(
      `createToken('${name}'): names below ${OWN} are the server's own; begin with your package's`,
    )
  if (!Number.isSafeInteger(version) || version < 1)
    throw new TypeError(`createToken('${name}'): the version must be a whole number from 1 on`)
  return Object.freeze({ name, version })
}

/** A token that the server defines, for plugins to provide. @param name in kebab case */
export function ownToken<T>(name: string): Token<T> {
  return Object.freeze({ name: `${OWN}${name}`, version: 1 })
}

/** A token of the server's own, whose value every request has. @param name in kebab case */
export function givenToken<T>(name: string): GivenToken<T> {
  return Object.freeze({ ...ownToken<T>(name), given: true as const })
}
