// Judges the YAML and JSON blocks of the documentation. What a block is, it says itself, or a comment above its fence that
// readers don't see:
//
//   (nothing)                           a configuration, native or docker_auth's; what it does not show is filled in (see REST)
//   (nothing), with `cases:`            a file for `dockwarden policy test`
//   <!-- check: rules -->               rules of an acl
//   <!-- check: part of FILE -->        keys that take the place of those of the page's block FILE
//   <!-- check: options of PLUGIN -->   options, laid over those of the plugin's example.yml
//   <!-- check: wrong -->               a configuration that `check` must refuse
//   <!-- check: data -->                JSON that is no answer of the server and no line of its log
//   <!-- check: of NAME -->             somebody else's file, one of OTHERS
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments, parseDocument } from 'yaml'
import { examine } from '../../core/cli/check.ts'
import { readCases } from '../../core/policy/cases.ts'
import { ConfigError, formatProblem } from '../../core/yaml/problems.ts'
import { type PageFolder, withVariables } from './page-folder.ts'
import type { Block } from './pages.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DISTRIBUTION =
  'version log storage auth middleware http notifications redis health proxy validation policy catalog'
/** Whose files are shown besides, and what may stand at the top of one; undefined where parts of them are shown. */
const OTHERS: ReadonlyMap<string, string | undefined> = new Map([
  ['Alertmanager', 'global route receivers inhibit_rules templates'],
  ['Compose', 'services volumes networks secrets configs name'],
  ['Distribution', DISTRIBUTION],
  ['GitHub Actions', undefined],
  ['GitLab CI', undefined],
  ['Helm', undefined],
  ['Kubernetes', undefined],
  ['Prometheus', 'global scrape_configs rule_files alerting groups'],
  ['Traefik', 'http tcp entryPoints providers certificatesResolvers'],
  ['zot', undefined],
])

const SHAPE = JSON.parse(readFileSync(join(ROOT, 'config/dockwarden.schema.json'), 'utf8')).properties
const NATIVE = Object.keys(SHAPE)
const SECTIONS = /^(users|acl|plugin_auth[nz]|ext_authz?|casbin_authz|\w+_auth|acl_\w+)$/
/** The keys of docker_auth's form alone. */
const DOCKER_AUTH_SERVER = /^(addr|net|certificate|key|letsencrypt|real_ip_\w+)$/

/** What `check` warns of that the block can't help: what comes later, and whatever else stands in a file that is shown in part. */
const LATER = /there is no certificate for \S+ yet/
const IN_PART = /passwords cross the network in the clear/

/** What is filled in where a block does not show it. */
const REST = {
  native: {
    server: '{ listen: "127.0.0.1:0" }',
    authenticators: '[{ plugin: static, options: { users: { "": {} } } }]',
    authorizers: '[{ plugin: acl, options: { rules: [{ match: { name: "/.+/" }, actions: [pull] }] } }]',
  },
  dockerAuth: {
    server: '{ addr: ":5001", certificate: ssl/domain.crt, key: ssl/domain.key }',
    token: '{ issuer: Auth Service, expiration: 900 }',
    users: '{ "": {} }',
    acl: '[{ match: { name: "/.+/" }, actions: [pull] }]',
  },
}

type Judge = (named: string, block: Block, place: PageFolder) => string[] | Promise<string[]>
const MARKS: readonly (readonly [mark: RegExp, Judge])[] = [
  [
    /^of (.+)$/,
    (name, { text }) =>
      theirs(
        name,
        parseAllDocuments(text).map((one) => one.toJS()),
      ),
  ],
  [/^rules$/, (_, { text }, place) => judgeRules(text, place)],
  [/^part of (\S+)$/, (file, { text }, place) => judgePart(file, text, place)],
  [/^options of ([\w-]+)$/, (plugin, { text }, place) => judgeOptions(plugin, text, place)],
  [/^wrong$/, async (_, { text }, place) => ((await checked(text, place)).length > 0 ? [] : [NOT_WRONG])],
]
const NOT_WRONG = 'is shown as a wrong one, and check takes it'
const UNKNOWN =
  'is no configuration; a comment above it must say what it is, such as <!-- check: of Compose -->: see test/support/page-yaml.ts'

/** @returns what is wrong, as sentences; none when all is well */
export async function judgeYaml(given: Block, place: PageFolder): Promise<string[]> {
  const documents = parseAllDocuments(given.text, { logLevel: 'silent' })
  const errors = [...documents].flatMap(({ errors }) => errors.map(({ message }) => message))
  if (errors.length > 0) return errors
  const block = { ...given, text: place.moved(given.text) }
  if (block.mark !== undefined) return await judgeMarked(block.mark, block, place)
  const value = [...documents][0]?.toJS()
  if (Array.isArray(value?.cases)) return judgeCases(block.text, place)
  const keys = Object.keys(value ?? {})
  // A file of the page, which its commands read.
  if (block.file !== undefined && !keys.includes('authorizers')) return []
  const isConfig = keys.length > 0 && keys.every((key) => NATIVE.includes(key) || SECTIONS.test(key))
  return isConfig ? await checked(block.text, place) : [UNKNOWN]
}

async function judgeMarked(mark: string, block: Block, place: PageFolder): Promise<string[]> {
  for (const [pattern, judge] of MARKS) {
    const found = pattern.exec(mark)
    if (found) return await judge(found[1] ?? '', block, place)
  }
  return [`<!-- check: ${mark} --> is no mark; they stand in test/support/page-yaml.ts`]
}

/** @returns what is wrong */
export function judgeJson(block: Block): string[] {
  const { text, mark } = block
  const value = parsed([text, `{${text}}`]) ?? parsedLines(text)
  if (value === undefined) return ['is no JSON, nor JSON line by line']
  if (mark?.startsWith('of ')) return theirs(mark.slice(3), [value])
  const ours = ['errors', 'token', 'audit', 'msg'].some(
    (key) => key in (Array.isArray(value) ? value[0] : value),
  )
  if (ours || mark === 'data' || block.file !== undefined) return []
  return [
    'is no answer of the server and no line of its log; write <!-- check: data --> or whose it is, such as <!-- check: of zot -->, above it',
  ]
}

function parsed(texts: readonly string[]): unknown {
  for (const text of texts) {
    try {
      return JSON.parse(text)
    } catch {}
  }
  return undefined
}

function parsedLines(text: string): unknown[] | undefined {
  const values = text
    .trim()
    .split('\n')
    .map((line) => parsed([line]))
  return values.includes(undefined) ? undefined : values
}

function theirs(name: string, values: readonly unknown[]): string[] {
  if (!OTHERS.has(name))
    return [`nobody knows ${name}; OTHERS in test/support/page-yaml.ts names whose files are shown`]
  const allowed = OTHERS.get(name)?.split(' ')
  const keys = values.flatMap((value) => Object.keys(value ?? {}))
  return keys
    .filter((key) => allowed && !allowed.includes(key) && !key.startsWith('x-'))
    .map((key) => `${key} is no key of ${name}`)
}

/** A configuration, whole or in part, as `dockwarden check` sees it. @param change what is put into it */
async function checked(
  text: string,
  place: PageFolder,
  change: (document: ReturnType<typeof parseDocument>) => void = () => {},
): Promise<string[]> {
  const document = parseDocument(text, { logLevel: 'silent' })
  change(document)
  const whole = document.has('authenticators') && document.has('authorizers')
  fillIn(document, place)
  const file = join(place.own, 'block-of-the-page.yml')
  const written = document.toString()
  writeFileSync(file, written)
  const names = [...written.matchAll(/!env (\w+)/g)].map(([, name]) => name!)
  const { problems, warnings } = await withVariables(names, () => examine(file))
  const told = warnings.filter(({ message }) => !LATER.test(message) && (whole || !IN_PART.test(message)))
  return [...problems, ...told].map((one) => formatProblem({ ...one, file: 'block' }))
}

function fillIn(document: ReturnType<typeof parseDocument>, place: PageFolder): void {
  const held = (document.toJS() ?? {}) as Record<string, Record<string, unknown> | undefined>
  const keys = Object.keys(held)
  const theirs =
    keys.some((key) => SECTIONS.test(key)) ||
    Object.keys(held.server ?? {}).some((key) => DOCKER_AUTH_SERVER.test(key))
  const rest: Record<string, string> = { ...(theirs ? REST.dockerAuth : REST.native) }
  if (keys.some((key) => /^(ext_auth|\w+_auth)$/.test(key))) delete rest.users
  if (keys.some((key) => /^(acl_\w+|\w+_authz)$/.test(key))) delete rest.acl
  for (const [key, text] of Object.entries(rest))
    if (!keys.includes(key)) document.set(key, parseDocument(place.moved(text)).contents)
  const { listen, tls } = document.toJS().server ?? {}
  if (!theirs && listen === undefined && tls === undefined)
    document.setIn(['server', 'listen'], '127.0.0.1:0')
}

async function judgeRules(text: string, place: PageFolder): Promise<string[]> {
  return await checked('authorizers: [{ plugin: acl, options: {} }]', place, (document) =>
    document.setIn(['authorizers', 0, 'options', 'rules'], parseDocument(text).contents),
  )
}

/** Keys that take the place of those of a file of the page. */
async function judgePart(file: string, text: string, place: PageFolder): Promise<string[]> {
  const part = parseDocument(text, { logLevel: 'silent' })
  return await checked(readFileSync(join(place.own, file), 'utf8'), place, (document) => {
    for (const key of Object.keys(part.toJS())) document.set(key, part.get(key, true))
  })
}

/** Options of a plugin, in the place of those of its example that have the same names. */
async function judgeOptions(plugin: string, text: string, place: PageFolder): Promise<string[]> {
  const example = place.moved(readFileSync(join(ROOT, 'plugins', plugin, 'example.yml'), 'utf8'))
  return await checked(example, place, (document) => {
    const held = document.toJS()
    for (const list of ['authenticators', 'labelers', 'authorizers']) {
      const at = (held[list] ?? []).findIndex((instance: { plugin: string }) => instance.plugin === plugin)
      if (at === -1) continue
      const options = parseDocument(text, { logLevel: 'silent' })
      for (const key of Object.keys(options.toJS()))
        document.setIn([list, at, 'options', key], options.get(key, true))
      return
    }
  })
}

function judgeCases(text: string, place: PageFolder): string[] {
  const file = join(place.own, 'cases-of-the-page.yml')
  writeFileSync(file, text)
  try {
    readCases(file)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem)
    throw error
  }
}
