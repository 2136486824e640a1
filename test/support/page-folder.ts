// A folder in which what a page shows can be tried: the files that the page holds, the example that it describes, and files that
// it only names.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { newAuthority } from './client-certificates.ts'
import { newPair } from './key-pairs.ts'
import { type Block, layOut } from './pages.ts'

const ROOT = resolve(import.meta.dirname, '../..')

const HASH = '$2y$05$LO.vzwpWC5LZGqThvEfznu8qhb5SGqvBSWY1J3yZ4AxtMRZ3kN5jC'
const CONFIG = `server: { listen: "127.0.0.1:0", state_dir: STATE }
authenticators:
  - plugin: htpasswd
    options: { file: users.htpasswd }
authorizers:
  - plugin: acl
    options:
      rules:
        - match: { account: "/.+/", name: "\${account}/**" }
          actions: ["*"]
        - match: { account: "/.+/", name: "/.+/" }
          actions: [pull]
`
const DOCKER_AUTH = `server:
  addr: "127.0.0.1:0"
  certificate: /ssl/domain.crt
  key: /ssl/domain.key
token: { issuer: Auth Service, expiration: 900 }
users:
  alice: { password: "${HASH}" }
acl:
  - { match: { account: alice }, actions: ["*"] }
`
const CASES = `config: dockwarden.yml
cases:
  - { account: alice, scope: "repository:alice/app:push", expect: [push] }
`
const AUDIT =
  '{"level":"info","audit":"token","request":"88eb405a-335a-4cae-bac7-cf603514f710","account":"alice","ip":"192.0.2.7","service":"registry","scopes":["repository:alice/app:pull"],"access":["repository:alice/app:pull"],"authenticator":"htpasswd","labels":{},"status":200}\n'

type Maker = (ssl: Ssl, name: string) => string
interface Ssl {
  readonly certificate: string
  readonly key: string
  readonly authority: string
}

/** What files hold that pages only name. The first name that fits counts. */
const FILES: readonly (readonly [name: RegExp, Maker])[] = [
  [/\bauth_config\.ya?ml$/, () => DOCKER_AUTH],
  [/\bextAuth\.yml$/, () => readFileSync(join(ROOT, 'examples/seed/config/extAuth.yml'), 'utf8')],
  [/(^|\/)(dockwarden|new)\.yml$/, () => CONFIG],
  [/(^|\/)policy\.yml$/, () => CASES],
  [
    /\brules\.d\/.+\.yml$|\bcontractors\.yml$/,
    (_, name) => `- { match: { name: "${basename(name, '.yml')}/*" }, actions: [pull] }\n`,
  ],
  [/\.log$/, () => AUDIT],
  [/htpasswd$/, () => `admin:${HASH}\nalice:${HASH}\n`],
  [/(^|\/)(clients|ca|database-ca)\.(pem|crt)$/, ({ authority }) => authority],
  [/\.(crt|pem|cert)$/, ({ certificate }) => certificate],
  [/(^|\/)store\.key$/, () => '0f'.repeat(32)],
  [/(^|\/)secret\.key$/, () => 'a secret of the test, long enough for a key'],
  [/\.key$/, ({ key }) => key],
  [/\.(password|secret|token)$|(^|\/)run\/secrets\/[\w-]+$|\/token$/, () => 'a secret of the test'],
  // An empty one is a database, too.
  [/\.db$/, () => ''],
  [/\/bin\/[\w-]+$|\.sh$/, () => '#!/bin/sh\nexit 1\n'],
]
/** Where files stand by absolute paths: the folder stands in for the machine's root. */
const ROOTS = /(?<=^|[\s"'=:,(])\/(?=(etc|ssl|usr|var|run|config|extensions|data|srv|secrets)\/)/gm

/** What commands make themselves. */
const WRITTEN = /(?:--output|--junit|-out|-keyout|user add .*--file|>) *(\S+)/g

let ssl: Ssl | undefined

/** A page, and a folder that is made for it. */
export class PageFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'dockwarden-page-'))
  /** Where the page's own files lie. */
  readonly own: string
  readonly #ssl: Ssl
  readonly #made = new Set<string>()

  private constructor(page: string, made: Ssl) {
    this.#ssl = made
    const [, home] = /^((?:examples|plugins)\/[^/]+)\/README\.md$/.exec(page) ?? []
    this.own = join(this.root, home ?? '.')
    if (home !== undefined) cpSync(join(ROOT, home), this.own, { recursive: true })
  }

  /** @param page its path in the repository */
  static async of(page: string, blocks: readonly Block[]): Promise<PageFolder> {
    ssl ??= {
      ...(await newPair('RSA-2048')),
      authority: (await newAuthority('clients')).certificate,
    }
    const folder = new PageFolder(page, ssl)
    const files = blocks.map((block) => (/\s/.test(block.file ?? '') ? { ...block, file: undefined } : block))
    layOut(files, folder.own, (text) => text)
    for (const { file, text } of files) {
      if (!/\.ya?ml$/.test(file ?? '')) continue
      const path = join(folder.own, file!)
      writeFileSync(path, folder.moved(text, dirname(path)))
    }
    // Where commands and the plugin htpasswd look unless told otherwise.
    folder.moved('config/dockwarden.yml var/htpasswd')
    return folder
  }

  /** The text with its absolute paths moved into the folder, and with the files made that it names. */
  moved(text: string, from = this.own): string {
    const moved = text.replaceAll(ROOTS, `${this.root}/`)
    for (const [, name] of moved.matchAll(WRITTEN)) {
      const path = resolve(from, name!)
      if (this.#made.delete(path)) rmSync(path)
      if (path.startsWith(this.root)) mkdirSync(dirname(path), { recursive: true })
    }
    const read = moved.replaceAll(WRITTEN, '')
    for (const [name] of read.matchAll(/[\w./-]*[\w]/g)) {
      this.#copyExample(name)
      this.#make(resolve(from, name), name)
    }
    return moved
  }

  /** An example that is named from the repository's root. */
  #copyExample(name: string): void {
    const [, example] = /^(examples\/[\w-]+)\//.exec(name) ?? []
    if (example === undefined || existsSync(join(this.root, example)) || !existsSync(join(ROOT, example)))
      return
    cpSync(join(ROOT, example), join(this.root, example), { recursive: true })
  }

  /** Makes a file that is named and is not there. */
  #make(path: string, name: string): void {
    const maker = FILES.find(([pattern]) => pattern.test(name))?.[1]
    if (maker === undefined || !path.startsWith(this.root) || existsSync(path)) return
    mkdirSync(dirname(path), { recursive: true })
    const text = maker(this.#ssl, name).replace('STATE', join(this.root, 'state'))
    // What it names in its turn is made, too.
    writeFileSync(path, /\.ya?ml$/.test(name) ? this.moved(text, dirname(path)) : text, { mode: 0o700 })
    this.#made.add(path)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Sets what `!env NAME` reads for the time of a task. @param names those that are missing get a value */
export async function withVariables<T>(names: Iterable<string>, task: () => Promise<T>): Promise<T> {
  const set = [...names].filter((name) => process.env[name] === undefined)
  for (const name of set) process.env[name] = variableFor(name)
  try {
    return await task()
  } finally {
    for (const name of set) delete process.env[name]
  }
}

function variableFor(name: string): string {
  if (/LDAP$/.test(name)) return 'ldaps://ldap.example.com'
  if (/DATABASE$/.test(name)) return 'postgres://dockwarden:password@db.example.com/projects'
  return /URL$|ISSUER$/.test(name) ? 'https://box.example.com/api/login' : 'a-secret-of-the-test'
}
