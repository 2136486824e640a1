// A whole Dockwarden in this process for tests: its own folder, its own port, its log kept in memory. When it stops, the
// log is searched for every password, hash and token that went through it.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Agent as HttpAgent, type RequestOptions, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { readConfig } from '../../core/config/config.ts'
import { createLog } from '../../core/server/log.ts'
import type { Prepare } from '../../core/server/process-container.ts'
import type { Reloaded } from '../../core/server/reload-answer.ts'
import { type RunningServer, startServer } from '../../core/server/server.ts'
import { basic, encode, type HttpQuestion } from './http-question.ts'
import { KeptLog } from './kept-log.ts'

export interface TestServerOptions {
  /**
   * YAML text, used as it is; or an object, in which the texts `!env NAME` and `!file PATH` become tags and
   * `server.listen` is a free loopback port unless given.
   */
  readonly config: string | object
  /** Further files of the configuration's folder: relative path to content. */
  readonly files?: Readonly<Record<string, string>>
  /** Set while the configuration is read. */
  readonly env?: Readonly<Record<string, string>>
  /** Keep no more than about this many characters of the log; what is dropped is searched for secrets before. */
  readonly logLimit?: number
  /** PEM text of a certificate that the client trusts, for the name localhost. */
  readonly ca?: string
  /** How often the files of keys and certificates are looked at, in milliseconds. */
  readonly watchInterval?: number
  /** Puts singletons into the process container, in the place of the server's own. */
  readonly prepare?: Prepare
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any
}

export interface TokenAnswer extends HttpAnswer {
  /** The token's claims, once its signature has been verified; undefined without a token. */
  readonly claims: (JWTPayload & { access: { type: string; name: string; actions: string[] }[] }) | undefined
  /** Its access as `type:name:actions`, in the token's order. */
  readonly access: readonly string[]
}

// biome-ignore lint/suspicious/noExplicitAny: a log line has any keys
export type Line = Record<string, any>

export interface TestInstance {
  readonly folder: string
  readonly port: number
  readonly server: RunningServer
  /** Everything logged so far, as it was written. */
  readonly logged: string
  /** The same, line by line. */
  lines(): Line[]
  /** The audit lines so far. */
  audits(): Line[]
  /** Any request. */
  send(question: HttpQuestion): Promise<HttpAnswer>
  /** A request for a token: GET `/auth`, or POST when there is a form. */
  token(question?: HttpQuestion): Promise<TokenAnswer>
  /** Writes files of the configuration's folder; `config` in the place of its own. */
  write(files: Readonly<Record<string, string>>, config?: string | object): void
  /** Writes another configuration, and has it read. @param env set meanwhile */
  reload(config?: string | object, env?: Readonly<Record<string, string>>): Promise<Reloaded>
  /** Stops it, removes its folder, and fails when a secret stands in the log. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a server on a free port.
 *
 * @example
 * await using server = await startTestServer({ config: { authenticators: [...], authorizers: [] } })
 * expect((await server.token({ user: ['alice', 'her secret'] })).status).to.equal(200)
 */
export async function startTestServer(options: TestServerOptions): Promise<TestInstance> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-test-'))
  const text = textOf(options.config)
  writeFiles(folder, { ...options.files, [CONFIG]: text })
  const log = new KeptLog(options.logLimit)
  for (const value of Object.values(options.env ?? {})) log.secrets.add(value)
  for (const [hash] of text.matchAll(/\$(2[aby]|argon2\w*)\$[\w./$=,+]+/g)) log.secrets.add(hash)
  try {
    const config = await withEnvironment(options.env ?? {}, () => readConfig(join(folder, CONFIG)))
    const server = await startServer(
      config,
      createLog('debug', log),
      () => {},
      options.watchInterval,
      undefined,
      options.prepare,
    )
    return new Running(folder, server, log, options.ca)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

const CONFIG = 'dockwarden.yml'

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    // As editors and orchestrators do: nobody sees half of it.
    writeFileSync(join(folder, `${name}.new`), content)
    renameSync(join(folder, `${name}.new`), join(folder, name))
  }
}

function textOf(config: string | object): string {
  if (typeof config === 'string') return config
  const { server, ...rest } = config as { server?: object }
  const whole = { server: { listen: '127.0.0.1:0', ...server }, ...rest }
  return JSON.stringify(whole, null, 1).replace(/"(!(?:env|file) [^"]+)"/g, '$1')
}

async function withEnvironment<T>(
  env: Readonly<Record<string, string>>,
  action: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  try {
    return await action()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

class Running implements TestInstance {
  readonly folder: string
  readonly server: RunningServer
  readonly #log: KeptLog
  readonly #agent: HttpAgent
  readonly #target: RequestOptions
  readonly #secure: boolean
  #keys: ReturnType<typeof createLocalJWKSet> | undefined
  #stopped: Promise<void> | undefined

  constructor(folder: string, server: RunningServer, log: KeptLog, ca: string | undefined) {
    this.folder = folder
    this.server = server
    this.#log = log
    const { address, port } = server.listener
    this.#secure = address.startsWith('https:')
    this.#agent = this.#secure
      ? new HttpsAgent({ keepAlive: true, ca, servername: 'localhost' })
      : new HttpAgent({ keepAlive: true })
    this.#target = address.startsWith('unix:')
      ? { socketPath: address.slice('unix:'.length) }
      : { host: new URL(address).hostname.replace(/[[\]]/g, ''), port }
  }

  get port(): number {
    return this.server.listener.port!
  }

  get logged(): string {
    return this.#log.text
  }

  lines(): Line[] {
    return this.#log.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  audits(): Line[] {
    return this.lines().filter(({ audit }) => audit === 'token')
  }

  send({
    method,
    path = '/',
    query,
    form,
    user,
    headers,
    body = form && encode(form),
  }: HttpQuestion): Promise<HttpAnswer> {
    const options: RequestOptions = {
      ...this.#target,
      agent: this.#agent,
      method: method ?? (form ? 'POST' : 'GET'),
      path: query ? `${path}?${encode(query)}` : path,
      headers: {
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(user && { authorization: basic(...user) }),
        ...headers,
      },
    }
    this.#remember(options, user?.[1], form?.password, form?.subject_token)
    return new Promise((resolve, reject) => {
      const ask = this.#secure ? requestHttps : requestHttp
      const request = ask(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode!, headers: response.headers, text, json: parsed(text) })
        })
      })
      request.on('error', reject).end(body)
    })
  }

  async token(question: HttpQuestion = {}): Promise<TokenAnswer> {
    const answer = await this.send({ path: '/auth', ...question })
    const token: string | undefined = answer.json?.token
    if (token === undefined) return { ...answer, claims: undefined, access: [] }
    this.#log.secrets.add(token.slice(token.lastIndexOf('.') + 1))
    const { payload } = await this.#verified(token, question.path)
    const claims = payload as NonNullable<TokenAnswer['claims']>
    const access = claims.access.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`)
    return { ...answer, claims, access }
  }

  write(files: Readonly<Record<string, string>>, config?: string | object): void {
    writeFiles(this.folder, { ...files, ...(config !== undefined && { [CONFIG]: textOf(config) }) })
  }

  reload(config?: string | object, env: Readonly<Record<string, string>> = {}): Promise<Reloaded> {
    for (const value of Object.values(env)) this.#log.secrets.add(value)
    this.write({}, config)
    return withEnvironment(env, () => this.server.reload({ by: 'a test' }))
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    this.#agent.destroy()
    await this.server.stop()
    rmSync(this.folder, { recursive: true, force: true })
    this.#log.assertNoSecrets()
  }

  /** By the keys that were published before, or else by those of now. */
  async #verified(token: string, path: string | undefined) {
    const read = async () => createLocalJWKSet((await this.#jwks(path)) as JSONWebKeySet)
    try {
      this.#keys ??= await read()
      return await jwtVerify(token, this.#keys)
    } catch {
      this.#keys = await read()
      return await jwtVerify(token, this.#keys)
    }
  }

  async #jwks(tokenPath = '/auth'): Promise<unknown> {
    const prefix = tokenPath.replace(/\/(auth\/token|auth|token)$/, '')
    return (await this.send({ path: `${prefix}/.well-known/jwks.json` })).json
  }

  #remember({ headers }: RequestOptions, ...passwords: unknown[]): void {
    for (const password of passwords) if (typeof password === 'string') this.#log.secrets.add(password)
    const authorization = (headers as Record<string, unknown>).authorization
    if (typeof authorization === 'string') this.#log.secrets.add(authorization.replace(/^\S+\s+/, ''))
  }
}

export { until as eventually } from './processes.ts'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
