// What to do about a key that a map does not have: it is misspelt, called otherwise here, or belongs elsewhere.
import { nearest, suggest } from '../plugin.ts'
import { joinPath } from './problems.ts'
import type { JsonSchema, Shape } from './shape.ts'
import { blankMissing } from './slips.ts'

type Path = readonly PropertyKey[]

/** Words for the same thing, as other programs call it. */
const SYNONYMS: readonly (readonly string[])[] = [
  ...[
    'url uri servers server hosts host hostname addresses address addrs addr endpoint listen port bind',
    'certificate cert crt certs certfile cert_file certificate_file tls_cert ssl_certificate',
    'key private_key privatekey keyfile key_file tls_key ssl_key',
    'ca ca_file cafile cacert ca_cert ca_certificate root_ca authority',
    'tls ssl https',
    'account user username login',
    'password pass passwd pw',
    'command cmd program executable exec script',
    'args arguments argv parameters params',
    'file path filename htpasswd passwd_file',
    'expiration expires expires_in ttl lifetime expiry exp',
    'actions permissions permission allow grants access',
    'services service audience aud',
    'name repository repositories repo image',
    'ip address client_ip cidr network networks',
    'database db dbname database_type driver',
    'base base_dn basedn search_base user_base',
    'filter user_filter search_filter',
    'bind_dn binddn user_dn bind_user',
    'bind_password bindpw bind_pw bind_pass bind_password_file',
    'rules acl policies',
    'model model_path model_file',
    'policy policy_path policy_file',
    'client_id client clientid app_id',
    'client_secret secret clientsecret app_secret',
    'redirect_url redirect_uri callback callback_url',
    'web_url github_web_uri gitlab_web_uri base_url',
    'api_url github_api_uri gitlab_api_uri',
    'account user_claim',
    'labels labels_claims',
    'plugin name type kind use module',
    'options config settings params with',
    'key_id kid disable_legacy_key_id',
    'client_ip real_ip_header real_ip trusted_proxies',
    'json body data payload',
    'expression when condition if',
    'effect deny',
  ].map((words) => words.split(' ')),
]

/**
 * The remedy, as the end of "unknown key; ".
 *
 * @param path of the map in which the key stands
 */
export function keyRemedy(key: string, path: Path, shape: Shape): string {
  const known = shape.keysAt(path)
  const remedies = remediesAt(path, shape)
  const dash = key.startsWith('-') ? `write a blank after the -: "- ${key.slice(1)}: ..."` : undefined
  return (
    dash ??
    blankMissing(key) ??
    remedies.get(key) ??
    meant(nearest(key, known, 1)) ??
    elsewhere(key, path, shape) ??
    meant(synonymOf(key, known)) ??
    meant(nearest(key, known)) ??
    remedies.get('*')?.replaceAll('KEY', joinPath('', key)) ??
    suggest(key, known)
  )
}

function meant(key: string | undefined): string | undefined {
  return key === undefined ? undefined : `did you mean ${JSON.stringify(key)}?`
}

function remediesAt(path: Path, shape: Shape): ReadonlyMap<string, string> {
  return new Map(shape.at(path).flatMap((node) => Object.entries(node['x-misplaced'] ?? {})))
}

function synonymOf(key: string, known: readonly string[]): string | undefined {
  const word = key.toLowerCase().replaceAll('-', '_')
  return SYNONYMS.filter((words) => words.includes(word))
    .flat()
    .find((other) => known.includes(other))
}

/** In a map below, in one around, or below one around. */
function elsewhere(key: string, path: Path, shape: Shape): string | undefined {
  const below = childrenWith(key, path, shape)
  if (below.length > 0) return `write it in ${below.join(', or in ')}`
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const around = path.slice(0, depth)
    if (typeof path[depth] === 'number') continue
    if (shape.keysAt(around).includes(key)) return `write it beside ${String(path[depth])}`
    const beside = childrenWith(key, around, shape).filter(
      (name) => !name.startsWith(`${String(path[depth])}:`),
    )
    if (beside.length > 0) return `write it in ${beside.join(', or in ')}`
  }
  return undefined
}

/** The keys of a map whose own maps know a key. @returns `tls: { certificate: ... }` */
function childrenWith(key: string, path: Path, shape: Shape): string[] {
  return shape
    .keysAt(path)
    .filter((name) => !FREE.has(name))
    .flatMap((name) => {
      const nodes = shape.at([...path, name])
      const knows = (node: JsonSchema) => Object.hasOwn(node.properties ?? {}, key)
      if (nodes.some(knows)) return [`${name}: { ${key}: ... }`]
      const inList =
        nodes.some(({ items }) => items !== undefined) && shape.at([...path, name, 0]).some(knows)
      return inList ? [`${name}: [{ ${key}: ... }]`] : []
    })
}

/** Lists of whole parts: what belongs to one of them is not to be written as another one. */
const FREE: ReadonlySet<string> = new Set(['authenticators', 'labelers', 'authorizers'])
