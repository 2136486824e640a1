// The half of a provider's stand-in that is OAuth: codes, access tokens and refresh tokens, and a person at the browser.
import { createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import type { Authenticator, JsonValue, PluginDefinition, SignIn } from '../../core/plugin.ts'
import { keptLog, testHost } from '../../core/testing/index.ts'

/** Why a grant is refused, in the words of RFC 6749. */
export type Refusal = 'invalid_client' | 'invalid_grant'

export interface Tokens {
  readonly access: string
  readonly refresh: string
}

/** What a provider remembers of grants, for one client. */
export class Grants {
  readonly clientId = 'client-of-dockwarden'
  readonly clientSecret = `secret-${randomBytes(12).toString('hex')}`
  /** Every code and token that was ever given out: what no log line and no error may show. */
  readonly secrets: string[] = [this.clientSecret]
  readonly #codes = new Map<string, { challenge: string; redirect: string }>()
  readonly #access = new Set<string>()
  readonly #refresh = new Set<string>()

  /** The redirect back to the client, as after the person's consent. */
  authorize(url: URL): string {
    const asked = url.searchParams
    if (asked.get('client_id') !== this.clientId || asked.get('response_type') !== 'code') {
      throw new Error(`the browser was sent with a wrong request: ${url.search}`)
    }
    if (asked.get('code_challenge_method') !== 'S256') throw new Error('PKCE is missing')
    const code = this.#secret('code')
    const redirect = asked.get('redirect_uri') ?? ''
    this.#codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirect })
    const back = new URL(redirect)
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    return back.href
  }

  /** Answers a token request: a code or a refresh token is good once. */
  grant(form: URLSearchParams): Tokens | Refusal {
    const known = form.get('client_id') === this.clientId && form.get('client_secret') === this.clientSecret
    if (!known) return 'invalid_client'
    if (form.get('grant_type') === 'refresh_token') {
      return this.#refresh.delete(form.get('refresh_token') ?? '') ? this.#tokens() : 'invalid_grant'
    }
    const code = form.get('code') ?? ''
    const kept = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const fits = kept?.challenge === challenge && kept.redirect === form.get('redirect_uri')
    return fits ? this.#tokens() : 'invalid_grant'
  }

  /** Whether an Authorization header carries a token that is good. */
  isGood(header: string | undefined): boolean {
    return this.#access.has(/^Bearer (.+)$/.exec(header ?? '')?.[1] ?? '')
  }

  /** The person takes the application's access back. */
  revoke(): void {
    this.#access.clear()
    this.#refresh.clear()
  }

  #tokens(): Tokens {
    const tokens = { access: this.#secret('access'), refresh: this.#secret('refresh') }
    this.#access.add(tokens.access)
    this.#refresh.add(tokens.refresh)
    return tokens
  }

  #secret(kind: string): string {
    const text = `${kind}-${randomBytes(18).toString('base64url')}`
    this.secrets.push(text)
    return text
  }
}

/** What one round of a sign-in was. */
export interface Round {
  /** Where the browser was sent. */
  readonly sent: URL
  /** With what it came back. */
  readonly back: URL
  /** Hands what came back to the plugin, as often as wanted. */
  finish(): ReturnType<SignIn['finish']>
  readonly log: ReturnType<typeof keptLog>
}

/** Sends a browser to the provider and back. */
export async function goRound(signIn: SignIn, log = keptLog()): Promise<Round> {
  const signal = AbortSignal.timeout(5_000)
  const state = randomBytes(16).toString('hex')
  const address = signIn.redirect.url ?? `https://auth.example.com${signIn.redirect.path}`
  const { url, keep } = await signIn.begin({ state, address, signal })
  const answer = await fetch(url, { redirect: 'manual' })
  const back = new URL(answer.headers.get('location') ?? '')
  return {
    sent: new URL(url),
    back,
    log,
    finish: () =>
      signIn.finish({ url: back, state, keep: JSON.parse(JSON.stringify(keep)), signal, log, provide() {} }),
  }
}

/** An instance of a sign-in plugin, and the way to sign in that it adds. */
export async function openSignIn(plugin: PluginDefinition, options: object, host = testHost()) {
  const instance = (await plugin.create(plugin.options.parse(options), host)) as Authenticator
  let signIn: SignIn | undefined
  instance.routes?.({
    signIn(added) {
      signIn = added
    },
  })
  if (!signIn) throw new Error('the plugin adds no way to sign in')
  return { instance, signIn, host }
}

/**
 * The message of a failure, which must be an exception.
 *
 * @param secrets what neither the error nor the log may show
 */
export async function failureOf(
  answer: unknown,
  secrets: readonly string[],
  log = keptLog(),
): Promise<string> {
  const [settled] = await Promise.allSettled([answer])
  if (settled.status === 'fulfilled') throw new Error(`expected an exception, got ${inspect(settled.value)}`)
  const text = inspect([settled.reason, log.lines], { depth: 9 })
  if (secrets.some((secret) => text.includes(secret))) throw new Error('a secret is shown')
  return (settled.reason as Error).message
}

/** Signs in, and gives what is kept of it. */
export async function signedIn({ signIn }: { readonly signIn: SignIn }, log = keptLog()) {
  const outcome = await (await goRound(signIn, log)).finish()
  if (outcome.outcome !== 'accept') throw new Error(`not accepted: ${inspect(outcome)}`)
  return { account: outcome.account!, labels: outcome.labels!, session: outcome.session as JsonValue }
}

/** The reason for which a sign-in is refused. */
export async function refusalOf({ signIn }: { readonly signIn: SignIn }): Promise<string> {
  const outcome = await (await goRound(signIn)).finish()
  if (outcome.outcome !== 'reject') throw new Error(`expected a reject, got ${outcome.outcome}`)
  return outcome.reason
}
