// docker_auth's form of the configuration becomes the native form, so that there is one way inside. Each section has a file
// of its own; here stand the form's detection, the chains' fixed order, and what is refused as a whole.
import type { Spot } from './problems.ts'
import { translateAcl } from './translate-acl.ts'
import { Draft, draftList } from './translate-draft.ts'
import { translateExtAuth, translateExtAuthz } from './translate-exec.ts'
import { type Given, Section, type Sink } from './translate-section.ts'
import { SERVER_KEYS, translateServer } from './translate-server.ts'
import { TOKEN_KEYS, translateToken } from './translate-token.ts'
import { translateUsers } from './translate-users.ts'
import type { YamlFile } from './yaml.ts'

/** Makes a section the options of a plugin; undefined: it gives none, and has reported why. */
type Translator = (root: Section, key: string) => Draft | undefined
type Chain = readonly (readonly [key: string, plugin: string, Translator])[]

/** In the order that docker_auth asks them, whatever the file's. */
const AUTHENTICATORS: Chain = [
  ['users', 'static', section(translateUsers)],
  ['ext_auth', 'exec', section(translateExtAuth)],
  ...['google_auth', 'github_auth', 'oidc_auth', 'gitlab_auth', 'ldap_auth', 'mongo_auth', 'xorm_auth'].map(
    unsupported('remove it; users, ext_auth, and in the native form the plugin http can authenticate'),
  ),
  goPlugin('plugin_authn', 'ext_auth'),
]

const AUTHORIZERS: Chain = [
  ['acl', 'acl', acl],
  ...['acl_mongo', 'acl_xorm'].map(
    unsupported('remove it; acl, ext_authz, and in the native form the plugin http-authz can decide'),
  ),
  ['ext_authz', 'exec-authz', section(translateExtAuthz)],
  ...['casbin_authz'].map(
    unsupported('remove it; acl, ext_authz, and in the native form the plugin http-authz can decide'),
  ),
  goPlugin('plugin_authz', 'ext_authz'),
]

const SECTIONS = [...AUTHENTICATORS, ...AUTHORIZERS].map(([key]) => key)
const NATIVE_LISTS = ['authenticators', 'labelers', 'authorizers']

/** docker_auth waits without an end; this is as long as a client's patience allows. */
const TIMEOUT = '10s'

/**
 * Whether a file is in docker_auth's form: it has one of its sections or, without plugin lists, one of its keys of `server`
 * and `token`.
 */
export function isDockerAuthForm(value: unknown): boolean {
  if (hasAny(value, SECTIONS)) return true
  if (hasAny(value, NATIVE_LISTS)) return false
  const { server, token } = (value ?? {}) as Record<string, unknown>
  return hasAny(server, SERVER_KEYS) || hasAny(token, TOKEN_KEYS)
}

function hasAny(value: unknown, keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.some((key) => key in value)
}

/**
 * Turns docker_auth's form into the native form, which is validated afterwards.
 *
 * @param yaml a file in docker_auth's form, read as YAML 1.1; the places of what is made are added to it
 * @param sink gets what docker_auth would not start with, and warnings for what is dead or dangerous in it
 * @returns the tree in native form
 */
export function translate(yaml: YamlFile, sink: Sink): unknown {
  const top: Spot = { line: 1, column: 1, path: '' }
  const root = new Section(yaml, sink, yaml.value as object, { key: top, value: top })
  root.warnUnknown(['server', 'token', ...SECTIONS, ...NATIVE_LISTS])

  const native = new Draft(yaml, top)
  const server = root.struct('server')
  const translated = server && translateServer(server)
  if (translated) native.put('server', translated.native.value, server.at)
  const token = root.struct('token')
  if (token)
    native.put('token', translateToken(token, translated ? translated.pair : 'refused').value, token.at)

  native.put('authenticators', chain(root, AUTHENTICATORS), root.at)
  native.put('authorizers', chain(root, AUTHORIZERS), root.at)
  if (!refuseLists(root)) {
    refuseNone(
      root,
      AUTHENTICATORS,
      'users',
      'nobody can log in; write users, ext_auth, or users: {} to refuse everyone',
    )
    refuseNone(
      root,
      AUTHORIZERS,
      'acl',
      'nothing can be granted; write acl, ext_authz, or acl: [] to deny everything',
    )
  }
  return native.value
}

function chain(root: Section, sections: Chain): unknown[] {
  const instances: Given<unknown>[] = []
  for (const [key, plugin, translator] of sections) {
    const options = root.has(key) ? translator(root, key) : undefined
    if (!options) continue
    const entry = root.entry(key)
    const instance = new Draft(root.yaml, entry.key)
    instance.put('plugin', plugin, entry).put('id', key, entry).put('timeout', TIMEOUT, entry)
    instances.push({ value: instance.put('options', options.value, entry).value, entry })
  }
  return draftList(root.yaml, root.at.key, instances)
}

/** @returns whether there are plugin lists */
function refuseLists(root: Section): boolean {
  const theirs = SECTIONS.filter((key) => root.has(key)).join(', ')
  const lists = NATIVE_LISTS.filter((key) => root.keys.includes(key))
  for (const key of lists) {
    root.refuse(
      key,
      `a file has either plugin lists or docker_auth's sections (here ${theirs}), not both; write all in one form`,
    )
  }
  return lists.length > 0
}

function refuseNone(root: Section, sections: Chain, key: string, message: string): void {
  if (!sections.some(([known]) => root.has(known))) root.refuse(key, `is missing, so that ${message}`)
}

function section(translator: (section: Section) => Draft | undefined): Translator {
  return (root, key) => {
    const found = root.section(key)
    return found && translator(found)
  }
}

function acl(root: Section, key: string): Draft | undefined {
  const rules = root.sections(key)
  return rules && translateAcl(rules, root.yaml)
}

function unsupported(remedy: string): (key: string) => Chain[number] {
  const refuse: Translator = (root, key) => {
    root.refuse(key, `not yet supported: ${key}; ${remedy}`)
    return undefined
  }
  return (key) => [key, '', refuse]
}

function goPlugin(key: string, program: string): Chain[number] {
  const refuse: Translator = (root) => {
    root.refuse(
      key,
      `Go plugins (.so) can't be loaded here; write it as a Dockwarden plugin (one .ts file, in the native form), or as a program for ${program}`,
    )
    return undefined
  }
  return [key, '', refuse]
}
