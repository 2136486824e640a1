// The package as others install it: its names, its types under a strict compiler without anything of this repository, and what is said
// when a heavy driver was left out.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { packInto } from './support/packed.ts'

const ROOT = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

/** Everything that a plugin or a program can import, by module. What leaves these lists breaks somebody. */
const NAMES: Readonly<Record<string, string>> = {
  dockwarden: 'ConfigError formatProblem readConfig startServer',
  'dockwarden/plugin':
    'Busy CLAIMS CLIENT IDENTITY LABELS NO_LABELS NotRenewable Secret TOKEN_REQUEST TooMuchWork accept atOnce createToken definePlugin deny duration explained faultOfAccount grant inSlices isAccountName isPasswordHash isPrivate isUserName keep labels mapOf mergeLabels missingOr pass passwordAuthenticator programOptions reject secret suggest toLabels untilAborted z',
  'dockwarden/plugin/acl':
    'ACL_FIELDS actionsSeen checkRules checkRulesInSlices compileGlob compileRules compileRulesInSlices compileStored contains decideByRules entryComment explainByRules oneOf parseAddress parseNetwork storedRulesAuthorizer whoByRules',
  'dockwarden/plugin/cel': 'MissingField deriveLabels evaluateIfThere expression',
  'dockwarden/plugin/http':
    'HTTP_ANSWER_VARIABLES UnusableValue basicAuthorization connectionOptions firstCondition headerTemplates jsonTemplate networkReason readHttpAnswer readTlsFiles secretTemplate template templates tlsFiles urlTemplate withPlaceholders',
  'dockwarden/plugin/sign-in':
    'OAuthRefused identify providerUrl readApi redirectUrl serverUrl signInAuthenticator signInOptions warnIfOpen',
  'dockwarden/testing': 'conformance keptLog testHost testRequest',
}

const CONSUMER = `
import { ConfigError, formatProblem, type Problem, readConfig, type Server, startServer } from 'dockwarden'
import { accept, type Authenticator, CLAIMS, createToken, definePlugin, duration, type Host, pass, reject, type RequestScope, type Token, z } from 'dockwarden/plugin'
import { compileRules, decideByRules } from 'dockwarden/plugin/acl'
import { type Expression, expression } from 'dockwarden/plugin/cel'
import { readHttpAnswer, urlTemplate } from 'dockwarden/plugin/http'
import { type ProviderAccount, signInAuthenticator, signInOptions } from 'dockwarden/plugin/sign-in'
import { conformance, testHost, testRequest } from 'dockwarden/testing'

interface Directory { teamOf(name: string): string | undefined }
const DIRECTORY: Token<Directory> = createToken<Directory>('acme/directory')

export const corp = definePlugin({
  api: 1,
  kind: 'authenticator',
  name: 'corp',
  provides: [DIRECTORY],
  options: z.strictObject({ wait: duration().prefault('5s'), when: expression({ variables: ['body'], returns: 'bool' }) }),
  create(options, host): Authenticator {
    const wait: number = options.wait
    const rule: Expression<boolean> = options.when
    host.provide(DIRECTORY, { teamOf: () => rule.source })
    const seen = host.cache<string[]>('seen', { ttl: wait })
    host.every(60_000, async (signal: AbortSignal) => void (await host.http.json('https://x.example', z.object({ a: z.string() }), { signal })).a.length)
    return {
      async authenticate({ account, password }, request: RequestScope) {
        const claims = request.resolve(CLAIMS)
        if (seen.get([account, password]) && claims?.sub) return accept({ labels: { team: ['dev'] } })
        return account === '' ? pass : reject('no')
      },
    }
  },
})

// @ts-expect-error: an answer is made with accept, reject and pass
export const wrong = definePlugin({ kind: 'authenticator', name: 'wrong', options: z.strictObject({}), create: () => ({ authenticate: async () => 'yes' }) })

export const teams = definePlugin({
  kind: 'labeler',
  name: 'teams',
  needs: { directory: DIRECTORY },
  options: z.strictObject({}),
  create(_, host: Host) {
    const directory: Directory = host.resolve(DIRECTORY)
    return { label: async ({ account }) => ({ team: [directory.teamOf(account) ?? 'none'] }) }
  },
})

export async function main(): Promise<string> {
  try {
    const server: Server = await startServer(await readConfig('dockwarden.yml'), { logLevel: 'warn', announce: ({ password }) => void password.length })
    const faults: readonly string[] = await server.ready()
    await server.stop()
    return \`\${server.address} \${server.port ?? ''} \${faults.length}\`
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem: Problem) => formatProblem(problem)).join()
    throw error
  }
}

export const used = [compileRules, decideByRules, readHttpAnswer, urlTemplate, signInAuthenticator, signInOptions, conformance, testHost, testRequest] as const
export type Used = ProviderAccount
`

describe('the package', function () {
  // It is built, packed, unpacked and compiled.
  this.timeout(180_000)
  let folder: string
  let packed: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-package-'))
    packed = await packInto(folder)
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('holds what is needed to run, and nothing else', async () => {
    const { stdout } = await run('find', ['.', '-type', 'f'], { cwd: packed })
    const files = stdout.trim().split('\n')
    expect(
      files.filter(
        (name) => /\.(map|test\.js)$|generate-schema|\/test\/|\.ts$/.test(name) && !name.endsWith('.d.ts'),
      ),
    ).to.deep.equal([])
    expect(files).to.include.members([
      './dist/core/main.js',
      './config/dockwarden.yml',
      './config/dockwarden.schema.json',
      './config/policy.schema.json',
      './CHANGELOG.md',
      './README.md',
      './UPGRADE.md',
      './LICENSE',
    ])
  })

  for (const [module, names] of Object.entries(NAMES)) {
    it(`${module} exports what it did`, async () => {
      const script = `console.log(Object.keys(await import(${JSON.stringify(module)})).sort().join(' '))`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
      expect(stdout.trim()).to.equal(names)
    })
  }

  it('has types for a strict compiler that checks those of libraries too, without any of Koa', async () => {
    writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    const outcome = await run(tsc, ['-p', '.'], { cwd: folder }).catch((error: { stdout: string }) => error)
    expect(outcome.stdout).to.equal('')
  })

  const HEAD = 'server: { listen: "127.0.0.1:0" }\nauthorizers: []\n'
  const drivers: [string, string, string][] = [
    [
      'mongodb',
      'authenticators: [{ plugin: mongo, options: { url: "mongodb://127.0.0.1/x", collection: users } }]',
      'the plugin mongo needs the npm package mongodb, which is not installed; run npm install mongodb',
    ],
    [
      'ioredis',
      'authenticators: [{ plugin: static, options: { users: { ann: { any_password: true } } } }]',
      'server.store.redis needs the npm package ioredis, which is not installed; run npm install ioredis',
    ],
  ]
  for (const [name, text, message] of drivers) {
    it(`says what to install where ${name} is needed and was left out`, async () => {
      const file = join(folder, `${name}.yml`)
      const head =
        name === 'ioredis' ? HEAD.replace('}', ', store: { redis: { addresses: ["127.0.0.1:1"] } } }') : HEAD
      writeFileSync(file, `${head}${text}\n`)
      const args = [join(packed, 'dist/core/main.js'), 'check', file]
      const outcome = await run(process.execPath, args).catch((error: { stderr: string }) => error)
      expect(outcome.stderr).to.contain(message)
    })
  }
})
