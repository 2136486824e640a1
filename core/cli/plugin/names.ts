// What a new plugin is called: as a plugin, as a folder, and as a package.
import { builtInKinds } from '../../config/plugins/registry.ts'

/** The names of a new plugin. */
export interface Names {
  readonly plugin: string
  /** Of the npm package; undefined when it is to be none. */
  readonly package: string | undefined
  /** Where it is made. */
  readonly folder: string
}

const PREFIX = 'dockwarden-plugin-'
const MOST = 100
const PLUGIN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const SCOPED = /^@[a-z0-9][a-z0-9._-]*\/([a-z0-9][a-z0-9._-]*)$/
/** Ids that the server has for something else. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['token', 'the tokens of the server itself'],
  ['accepting', 'whoever accepts a request'],
])

/**
 * Reads the name that a plugin is to have.
 *
 * @param given a name, or with npm also the name of a package
 * @throws Error with the reason and the remedy
 * @example namesOf('vault', true) // { plugin: 'vault', package: 'dockwarden-plugin-vault', folder: 'vault' }
 */
export function namesOf(given: string, npm: boolean): Names {
  const shown = JSON.stringify(given)
  const [, unscoped] = SCOPED.exec(given) ?? []
  if (unscoped !== undefined && !npm)
    throw new Error(`${shown} is the name of an npm package; add --npm, or leave the scope out`)
  if (unscoped === undefined && /[/\\]/.test(given) && !given.startsWith('@'))
    throw new Error(`${shown} is a path; write the name alone: its folder is made where you are`)
  const folder = unscoped ?? given
  const plugin = folder.replace(/^dockwarden-(plugin-)?(?=.)/, '')
  if (!PLUGIN.test(plugin))
    throw new Error(
      `${shown} is no name of a plugin; write lower case letters, digits and dashes${hint(given)}`,
    )
  if (given.length > MOST) throw new Error(`the name has more than ${MOST} characters; write a shorter one`)
  const kinds = builtInKinds(plugin)
  if (kinds.length > 0)
    throw new Error(
      `${plugin} is a built-in plugin (${kinds.join(', ')}), and what a configuration means by that name; choose another one, such as my-${plugin}`,
    )
  const taken = RESERVED.get(plugin)
  if (taken !== undefined)
    throw new Error(
      `${plugin} stands for ${taken} in a configuration; choose another name, such as my-${plugin}`,
    )
  return {
    plugin,
    package: npm ? (unscoped === undefined ? `${PREFIX}${plugin}` : given) : undefined,
    folder,
  }
}

/** A name that was likely meant. */
function hint(given: string): string {
  const parts = given
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])(?=[A-Z])/g, '$1-')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
  const name = parts.join('-').replace(/^[0-9-]+/, '')
  return PLUGIN.test(name) ? `: ${name}` : ', such as door-codes'
}
