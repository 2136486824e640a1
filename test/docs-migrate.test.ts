// docs/migrate/keys.md names each key that the translation of docker_auth's form knows, and no other.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { examine } from '../core/cli/check.ts'
import { Section } from '../core/config/docker-auth/section.ts'
import { nativeSchema } from '../core/config/native/schema.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/migrate/keys.md'), 'utf8')

/** Of several in a section one counts. */
const TOKEN_DBS = [
  'level_token_db: {}, gcs_token_db: {}',
  'redis_token_db: { redis_options: {} }',
  'redis_token_db: { redis_cluster_options: {} }',
]
/** Every map that has keys of its own. */
const everything = (tokenDbs: string) => `
server: { addr: ":5001", letsencrypt: {} }
token: {}
users: { NAME: {} }
ext_auth: {}
ext_authz: {}
google_auth: { ${tokenDbs} }
github_auth: { ${tokenDbs} }
oidc_auth: { ${tokenDbs} }
gitlab_auth: { ${tokenDbs} }
ldap_auth: { labels: { NAME: {} } }
mongo_auth: { dial_info: {} }
acl_mongo: { dial_info: {} }
xorm_auth: {}
acl_xorm: {}
acl: [{ match: {} }]
casbin_authz: {}
plugin_authn: {}
plugin_authz: {}
`

const SECTIONS = /^(server|token|users|acl|plugin_auth[nz]|ext_authz?|casbin_authz|\w+_auth|acl_\w+)$/
const SHARED = ['path_prefix', 'hsts', 'issuer', 'expiration']
const { server, token } = nativeSchema.shape
/** Keys of the native form, which docker_auth has not. */
const NATIVE = new Set(
  Object.entries({ server, token }).flatMap(([section, schema]) =>
    Object.keys(schema.unwrap().shape)
      .filter((key) => !SHARED.includes(key))
      .map((key) => `${section}.${key}`),
  ),
)

/** What each map of a file may hold, by its path. */
async function knownKeys(text: string): Promise<Set<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-keys-'))
  const { warnUnknown } = Section.prototype
  const known = new Set<string>()
  Section.prototype.warnUnknown = function (keys, ...rest) {
    const path = this.at.key.path.replace('[0]', '[]')
    for (const key of keys) known.add(path === '' ? key : `${path}.${key}`)
    warnUnknown.call(this, keys, ...rest)
  }
  try {
    writeFileSync(join(folder, 'auth_config.yml'), text)
    await examine(join(folder, 'auth_config.yml'))
  } finally {
    Section.prototype.warnUnknown = warnUnknown
    rmSync(folder, { recursive: true })
  }
  return known
}

/** The keys of the page's tables, each under the sections of its heading. */
function writtenKeys(): string[] {
  return PAGE.split(/^## /m)
    .slice(1)
    .flatMap((part) => {
      const sections = part.split('\n')[0]!.split(', ')
      const keys = [...part.matchAll(/^\| (`[^|]+`) \|/gm)]
        .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)])
        .flatMap(([, key]) => expanded(key!))
      const whole = (key: string) =>
        sections.some((name) => key.split(/[.[]/)[0] === name)
          ? [key]
          : sections.map((name) => `${name}.${key}`)
      return [...sections, ...keys.flatMap(whole)]
    })
}

/** `a.{b,c}`: a.b and a.c. */
function expanded(key: string): string[] {
  const [, before, choices, after] = /^(.*?)\{(.*?)\}(.*)$/.exec(key) ?? []
  return choices === undefined
    ? [key]
    : choices.split(',').flatMap((choice) => expanded(`${before}${choice}${after}`))
}

describe('docs/migrate/keys.md', () => {
  it('names each key that the translation knows, and no other', async () => {
    const known = new Set<string>()
    for (const tokenDbs of TOKEN_DBS) for (const key of await knownKeys(everything(tokenDbs))) known.add(key)
    const theirs = [...known].filter((key) => !NATIVE.has(key) && key !== 'log').sort()
    expect(theirs.filter((key) => SECTIONS.test(key))).to.deep.equal(
      [...everything('').matchAll(/^(\w+):/gm)].map(([, key]) => key).sort(),
      'a section that this test does not fill in',
    )
    expect(writtenKeys().sort()).to.deep.equal(theirs)
  })
})
