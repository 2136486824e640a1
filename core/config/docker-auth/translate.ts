// docker_auth's form of the configuration becomes the native form, so that there is one way inside. Each section has a file
// of its own; here stand the form's detection, the chains' fixed order, and what is refused as a whole.
import type { Spot } from '../../yaml/problems.ts'
import type { YamlFile } from '../../yaml/yaml-file.ts'
import { translateAcl } from './acl.ts'
import { translateCasbin } from './casbin.ts'
import { Draft, draftList } from './draft.ts'
import { translateExtAuth, translateExtAuthz } from './exec.ts'
import { translateLdapAuth } from './ldap.ts'
import { translateAclMongo, translateMongoAuth } from './mongo.ts'
import { type Given, Section, type Sink } from './section.ts'
import { SERVER_KEYS, translateServer } from './server.ts'
import { sharePools } from './shared-pools.ts'
import {
  SIGN_IN_KEYS,
  translateGithubAuth,
  translateGitlabAuth,
  translateGoogleAuth,
  translateOidcAuth,
} from './sign-in.ts'
import type { SignInDraft } from './sign-in-parts.ts'
import { TOKEN_KEYS, translateToken } from './token.ts'
import { translateTokenDbs } from './token-db.ts'
import { translateUsers } from './users.ts'
import { translateAclXorm, translateXormAuth } from './xorm.ts'

/** Makes a section the options of a plugin; undefined: it makes none, and has reported why. */
interface Translator {
  (root: Section, key: string): Translated | undefined
  /** The plugin that it becomes; undefined for what becomes none. */
  readonly plugin?: string
}
interface Translated {
  readonly plugin: string
  readonly options: Draft
  /** Where the section says it itself. */
  readonly timeout?: Given<unknown> | undefined
}
type Chain = readonly (readonly [key: string, Translator])[]

/** In the order that docker_auth asks them, whatever the file's. */
const AUTHENTICATORS: Chain = [
  ['users', section('static', translateUsers)],
  ['ext_auth', section('exec', translateExtAuth)],
  ['google_auth', signIn('google', translateGoogleAuth)],
  ['github_auth', signIn('github', translateGithubAuth)],
  ['oidc_auth', signIn('oidc', translateOidcAuth)],
  ['gitlab_auth', signIn('gitlab', translateGitlabAuth)],
  ['ldap_auth', section('ldap', translateLdapAuth)],
  ['mongo_auth', section('mongo', translateMongoAuth)],
  ['xorm_auth', section('sql', translateXormAuth)],
  ['plugin_authn', goPlugin('ext_auth')],
]

const AUTHORIZERS: Chain = [
  ['acl', acl],
  ['acl_mongo', section('mongo', translateAclMongo)],
  ['acl_xorm', section('sql', translateAclXorm)],
  ['ext_authz', section('exec', translateExtAuthz)],
  ['casbin_authz', section('casbin', translateCasbin)],
  ['plugin_authz', goPlugin('ext_authz')],
]

const SECTIONS = [...AUTHENTICATORS, ...AUTHORIZERS].map(([key]) => key)
const NATIVE_LISTS = ['authenticators', 'labelers', 'authorizers']

/** What stands at the top, and belongs into a section. */
const HOMES: ReadonlyMap<string, string> = new Map([
  ...[...SERVER_KEYS, 'path_prefix', 'hsts'].map((key) => [key, `write it in server`] as const),
  ...[...TOKEN_KEYS, 'issuer', 'expiration'].map((key) => [key, 'write it in token'] as const),
  ...['certificate', 'key'].map((key) => [key, 'write it in server, or in token'] as const),
  ['letsencrypt', 'write it in server'],
])

/** docker_auth waits without an end; a client waits 15 seconds. */
const TIMEOUT = '10s'

const NO_AUTHN =
  'is missing, so that nobody could log in; write users or ext_auth, or users: {} to refuse everyone'
const NO_AUTHZ =
  'is missing, so that nothing could be granted; write acl or ext_authz, or acl: [] to deny everything'

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

/** Where an instance that is made of a section stands. */
export interface ChainPlace {
  readonly list: 'authenticators' | 'authorizers'
  /** The sections whose instances stand behind it. */
  readonly after: readonly string[]
}

/** @returns undefined for what is no section of an authenticator or authorizer */
export function placeInChain(section: string): ChainPlace | undefined {
  for (const [list, chain] of [
    ['authenticators', AUTHENTICATORS],
    ['authorizers', AUTHORIZERS],
  ] as const) {
    const at = chain.findIndex(([key]) => key === section)
    if (at !== -1) return { list, after: chain.slice(at + 1).map(([key]) => key) }
  }
  return undefined
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
  const native = new Draft(yaml, top)
  if (refuseLists(root)) {
    // Nobody knows which of the two forms the rest is in.
    const none = draftList(yaml, top, [])
    return native.put('authenticators', none, root.at).put('authorizers', none, root.at).value
  }
  root.warnUnknown(['server', 'token', 'log', ...SECTIONS], '', HOMES)

  const server = root.struct('server')
  const translated = server && translateServer(server)
  if (translated) native.put('server', translated.native.value, server.at)
  const token = root.struct('token')
  const pair = translated ? translated.pair : 'refused'
  if (token) native.put('token', translateToken(token, pair).value, token.at)
  const log = root.raw('log')
  if (log) native.put('log', log.value, log.entry)
  const authenticators = chain(root, AUTHENTICATORS)
  const authorizers = chain(root, AUTHORIZERS)
  sharePools(authenticators, authorizers)
  native.put('authenticators', authenticators, root.at)
  native.put('authorizers', authorizers, root.at)
  translateTokenDbs(root, SIGN_IN_KEYS, translated?.native)
  if (!hasAnyOf(root, AUTHENTICATORS)) root.refuse('users', NO_AUTHN)
  if (!hasAnyOf(root, AUTHORIZERS)) root.refuse('acl', NO_AUTHZ)
  return native.value
}

function chain(root: Section, sections: Chain): unknown[] {
  const instances: Given<unknown>[] = []
  for (const [key, translator] of sections) {
    const made = root.has(key) ? translator(root, key) : undefined
    if (!made) continue
    const entry = root.entry(key)
    const instance = new Draft(root.yaml, entry.key)
      .put('plugin', made.plugin, entry)
      .put('id', key, entry)
      .take('timeout', made.timeout ?? { value: TIMEOUT, entry })
      .put('options', made.options.value, entry)
    instances.push({ value: instance.value, entry })
  }
  return draftList(root.yaml, root.at.key, instances)
}

function hasAnyOf(root: Section, sections: Chain): boolean {
  return sections.some(([key]) => root.has(key))
}

/** @returns whether there are plugin lists */
function refuseLists(root: Section): boolean {
  const theirs = SECTIONS.filter((key) => root.keys.includes(key))
  const here = [...AUTHENTICATORS, ...AUTHORIZERS].flatMap(([key, { plugin }]) =>
    plugin !== undefined && theirs.includes(key) ? [`${key} is ${plugin}`] : [],
  )
  const remedy = here.length === 0 ? '' : ` (in plugin lists ${here.join(', ')})`
  const lists = NATIVE_LISTS.filter((key) => root.keys.includes(key))
  for (const key of lists) {
    root.refuseKey(
      key,
      `a file has either plugin lists or docker_auth's sections (here ${theirs.join(', ')}), not both; write all in one form${remedy}`,
    )
  }
  return lists.length > 0
}

function section(plugin: string, translator: (section: Section) => Draft | undefined): Translator {
  const translate = (root: Section, key: string) => {
    const found = root.section(key)
    const options = found && translator(found)
    return options && { plugin, options }
  }
  return Object.assign(translate, { plugin })
}

function signIn(plugin: string, translator: (section: Section) => SignInDraft | undefined): Translator {
  const translate = (root: Section, key: string) => {
    const found = root.section(key)
    const made = found && translator(found)
    return made && { plugin, ...made }
  }
  return Object.assign(translate, { plugin })
}

function acl(root: Section, key: string): ReturnType<Translator> {
  const rules = root.sections(key)
  return rules && { plugin: 'acl', options: translateAcl(rules, root.yaml) }
}

function goPlugin(program: string): Translator {
  return (root, key) => {
    root.refuseKey(
      key,
      `a Go plugin (.so) can't be loaded here; write a Dockwarden plugin (one .ts file, in the native form), or a program for ${program}`,
    )
    return undefined
  }
}
