// An issuer of JWTs on loopback, as a CI system or a cluster is one: its discovery, its keys, and tokens of it.
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { freePort } from './free-port.ts'
import { json, serve, type TestServer } from './http-server.ts'

const TYPES = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const

/** A key of an issuer. */
export interface IssuerKey {
  readonly alg: keyof typeof TYPES
  /** Undefined for a key without a name. */
  readonly kid: string | undefined
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The public key as it is published. */
  readonly jwk: JWK
}

export async function newIssuerKey(
  alg: IssuerKey['alg'] = 'ES256',
  kid: string | undefined = randomUUID(),
): Promise<IssuerKey> {
  const { privateKey, publicKey } = TYPES[alg]()
  const named = kid === undefined || kid === '' ? {} : { kid }
  const jwk = { ...(await exportJWK(publicKey)), ...named, alg, use: 'sig' }
  return { alg, kid: named.kid, privateKey, publicKey, jwk }
}

export interface TokenParts {
  readonly key?: IssuerKey
  readonly header?: Readonly<Record<string, unknown>>
  /** Seconds from now; negative = expired. */
  readonly lifetime?: number
}

/** A token signed with a key; claims that are undefined are left out. */
export async function signToken(
  key: IssuerKey,
  claims: JWTPayload,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const protectedHeader = { alg: key.alg, typ: 'JWT', ...(key.kid && { kid: key.kid }), ...header }
  return await new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader(protectedHeader)
    .sign(key.privateKey)
}

/** An issuer whose keys and answers a test changes as it goes. */
export class JwtIssuer {
  /** What is published. */
  keys: IssuerKey[]
  /** Answers in the place of the key set. */
  answer: ((path: string) => { status?: number; body: unknown } | undefined) | undefined
  readonly url: string
  #server: TestServer | undefined
  readonly #port: number
  readonly #before: string[] = []
  readonly #held = new Map<string, Record<'asked' | 'released', PromiseWithResolvers<void>>>()

  private constructor(port: number, key: IssuerKey) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
    this.keys = [key]
  }

  /** @example const issuer = await JwtIssuer.start() */
  static async start(key?: IssuerKey): Promise<JwtIssuer> {
    const issuer = await JwtIssuer.stopped(key)
    await issuer.start()
    return issuer
  }

  /** One that nobody can reach yet. */
  static async stopped(key?: IssuerKey): Promise<JwtIssuer> {
    return new JwtIssuer(await freePort(), key ?? (await newIssuerKey()))
  }

  async start(): Promise<void> {
    this.#server = await serve(
      async ({ url }, response) => {
        this.#held.get(url)?.asked.resolve()
        await this.#held.get(url)?.released.promise
        const given = this.answer?.(url)
        if (given) {
          const { status = 200, body } = given
          if (typeof body !== 'string') return json(response, status, body)
          return void response.writeHead(status).end(body)
        }
        if (url === '/.well-known/openid-configuration') {
          return json(response, 200, { issuer: this.url, jwks_uri: `${this.url}/keys` })
        }
        if (url === '/keys') return json(response, 200, { keys: this.keys.map(({ jwk }) => jwk) })
        response.writeHead(404).end()
      },
      undefined,
      this.#port,
    )
  }

  /** Answers to this path wait until they are released. */
  hold(path: string): { asked: Promise<void>; release(): void } {
    const held = { asked: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() }
    this.#held.set(path, held)
    return {
      asked: held.asked.promise,
      release: () => {
        this.#held.delete(path)
        held.released.resolve()
      },
    }
  }

  /** The Authorization headers of all requests so far. */
  get authorizations(): (string | undefined)[] {
    return (this.#server?.received ?? []).map(({ headers }) => headers.authorization)
  }

  /** How often this path was asked for. */
  count(path = '/keys'): number {
    const paths = [...this.#before, ...(this.#server?.received ?? []).map(({ url }) => url)]
    return paths.filter((url) => url === path).length
  }

  /** A token as a workload gets it: of the newest key, for the audience `registry`, good for five minutes. */
  async token(claims: JWTPayload = {}, { key = this.keys.at(-1)!, header, lifetime = 300 }: TokenParts = {}) {
    const now = Math.floor(Date.now() / 1_000)
    const usual = { iss: this.url, aud: 'registry', sub: 'builder', iat: now, nbf: now, exp: now + lifetime }
    return await signToken(key, { ...usual, ...claims }, header)
  }

  async stop(): Promise<void> {
    this.#before.push(...(this.#server?.received ?? []).map(({ url }) => url))
    await this.#server?.close()
    this.#server = undefined
  }
}
