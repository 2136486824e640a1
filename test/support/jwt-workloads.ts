// The jwt plugin as the host sees it, with an issuer that it trusts and a clock that goes ahead when a test says so.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Authenticator, Secret } from '../../core/plugin.ts'
import { createFiles } from '../../core/services/files.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from '../../plugins/jwt/index.ts'
import { JwtIssuer, newIssuerKey } from './jwt-issuer.ts'

/** What is said of a token whose key is not among the issuer's. */
export const UNKNOWN_KEY = /key \(kid\) that the issuer does not publish/

export class JwtWorkloads {
  readonly issuer: JwtIssuer
  /** The configuration's folder. */
  readonly folder = mkdtempSync(join(tmpdir(), 'dockwarden-jwt-'))
  /** How far the server's clock is ahead, in milliseconds. */
  ahead = 0
  #stoppedAt: number | undefined
  readonly #host = testHost({
    base: this.folder,
    clock: { now: () => (this.#stoppedAt ?? Date.now()) + this.ahead },
    files: createFiles(this.folder, 20),
  })
  #instance: Authenticator | undefined

  private constructor(issuer: JwtIssuer) {
    this.issuer = issuer
  }

  /** An issuer that answers, and an instance that trusts it for the audience `registry`. */
  static async start(): Promise<JwtWorkloads> {
    const workloads = new JwtWorkloads(await JwtIssuer.start())
    await workloads.open({})
    return workloads
  }

  /**
   * Another instance in the place of the first.
   *
   * @param more options of the issuer
   * @param shared options beside `issuers`
   */
  async open(more: object, shared: object = {}): Promise<void> {
    await this.#instance?.close?.()
    const one = { issuer: this.issuer.url, audience: 'registry', ...more }
    this.#instance = await plugin.create(plugin.options.parse({ issuers: [one], ...shared }), this.#host)
  }

  /** From now on only `ahead` moves the server's clock: a slow machine makes no cool-down end. */
  stopClock(): void {
    this.#stoppedAt = Date.now()
  }

  /** The warnings so far. */
  get warnings(): string[] {
    return this.#host.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)
  }

  /** What comes of a token: the outcome, or why there is none. */
  async show(token: string, signal?: AbortSignal): Promise<string> {
    const credentials = { kind: 'password', account: 'ci', password: new Secret(token) } as const
    try {
      const answer = await this.#instance!.authenticate(credentials, testRequest(signal && { signal }))
      return answer.outcome === 'reject' ? answer.reason : answer.outcome
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Why it is not ready; undefined when it is. */
  async whyNotReady(): Promise<string | undefined> {
    return await this.#instance!.ready!().then(
      () => undefined,
      (error: Error) => error.message,
    )
  }

  /** A token of the issuer, signed with a key that it does not publish. @param age seconds since it was issued */
  async unknown(age = 0): Promise<string> {
    const iat = Math.floor(Date.now() / 1_000) - age
    return await this.issuer.token({ iat, nbf: iat }, { key: await newIssuerKey() })
  }

  async stop(): Promise<void> {
    await this.#instance?.close?.()
    await this.issuer.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
