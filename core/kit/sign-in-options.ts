// Options that every plugin with a browser sign-in has, and what becomes of the facts that its provider gives.
import { z } from 'zod'
import { deriveLabels, type Expression, evaluateIfThere, expression } from '../cel/expression.ts'
import type { Log } from '../contract/log.ts'
import { type AuthnOutcome, accept, reject, type Session } from '../contract/outcomes.ts'
import type { RedirectUrl } from '../contract/sign-in.ts'
import { isPrivate } from './addresses.ts'
import { duration, mapOf, missingOr, secret, tlsFiles } from './options.ts'

const NO_URL = {
  error: missingOr('is no URL', 'it as registered at the provider: https://auth.example.com/oidc_auth'),
}

const NOT_PRIVATE =
  'is not encrypted, so that others on the way could read secrets; write https:// (http:// is for 127.0.0.1, [::1] and localhost only)'

function hasNoUser(address: string): boolean {
  const { username, password } = new URL(address)
  return username === '' && password === ''
}

/**
 * An option that is the address of a provider: https, or http on this machine, and no user name, which no request may carry.
 *
 * @param write what to write
 */
export function providerUrl(write: string) {
  return z
    .url({ protocol: /^https?$/, error: missingOr('is no URL', write), abort: true })
    .refine((address) => isPrivate(new URL(address)), { error: NOT_PRIVATE })
    .refine(hasNoUser, { error: 'must have no user name; write it without what stands before the @' })
}

/**
 * An option that is the address to which a provider sends the browser back; the page of the sign-in is at its last part.
 *
 * @example redirectUrl().parse('https://auth.example.com/team/oidc_auth').path // '/oidc_auth'
 */
export function redirectUrl() {
  return z.url({ protocol: /^https?$/, ...NO_URL }).transform((url, context): RedirectUrl => {
    const { pathname, search, hash, username, password } = new URL(url)
    const path = `/${pathname.split('/').at(-1)}`
    if (!/^\/[\w.~-]+$/.test(path) || search !== '' || hash !== '') {
      context.addIssue({
        code: 'custom',
        message: 'must end with a path of its own, such as /oidc_auth, without ? and #',
      })
    }
    if (pathname.startsWith('//') || username !== '' || password !== '') {
      context.addIssue({
        code: 'custom',
        message: 'must have no // in its path, and no user name; write https://HOST/oidc_auth',
      })
    }
    return { url, path }
  })
}

/** The address of a server, to which paths are added; the output has no slash at its end. */
export function serverUrl() {
  return providerUrl('https://HOST').transform((url, context): string => {
    const { origin, pathname, search, hash } = new URL(url)
    if (search !== '' || hash !== '') {
      context.addIssue({ code: 'custom', message: 'must be an address alone, without ? and #' })
    }
    return `${origin}${pathname.replace(/\/+$/, '')}`
  })
}

/** What the sign-ins of plugins differ in. */
export interface SignInDefaults {
  /** How people call the provider. */
  readonly title: string
  /** The variables of the expressions. */
  readonly variables: readonly string[]
  /** Expressions. */
  readonly account: string
  readonly accept: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * The options of a sign-in, to be spread into a plugin's schema.
 *
 * @example z.strictObject({ issuer: z.url(), ...signInOptions({ title: 'OpenID', variables: ['claims'], account: 'claims.email', accept: 'true', labels: {} }) })
 */
export function signInOptions({ title, variables, account, accept, labels }: SignInDefaults) {
  const hint = `over ${variables.map((name) => `\`${name}\``).join(', ')}`
  return {
    title: z
      .string()
      .min(1)
      .max(60)
      .default(title)
      .describe('How people call the provider; stands on the pages.'),
    client_id: z.string().min(1).describe('The client (application) that is registered at the provider.'),
    client_secret: secret().describe('Its secret; write it as !env NAME or !file PATH.'),
    registry: z
      .string()
      .regex(REGISTRY_ADDRESS, { error: 'is no registry; write HOST or HOST:PORT' })
      .optional()
      .describe('The registry to log in to, for the commands on the page.'),
    account: expression({ variables }).prefault(account).describe(`CEL ${hint}: the account's name.`),
    accept: expression({ variables, returns: 'bool' })
      .prefault(accept)
      .describe(`CEL ${hint}: whether the person may sign in, and what was handed out stays good.`),
    labels: mapOf(expression({ variables }))
      .prefault(labels as never)
      .describe(`Label names to CEL ${hint}, each a text or a list. A missing field: no such label.`),
    revalidate_after: duration({ min: 1_000 })
      .prefault('1h')
      .describe("How long the provider's answer holds; at the next use after that it is asked again."),
    grace: duration()
      .prefault('24h')
      .describe('How much longer it holds while the provider can not be asked. 0: not at all.'),
    password_lifetime: duration({ min: 60_000 })
      .optional()
      .describe('When a password ends, whatever the provider says. Default: never.'),
    tls: tlsFiles.optional().describe('TLS files for https; paths are relative to the configuration.'),
  }
}

/**
 * Warns of a sign-in at a provider where anybody can have an account, when nothing in the configuration says who may come in.
 *
 * @param remedy what would restrict it
 * @param usual the plugin's default for `accept`, when that restricts nobody either
 */
export function warnIfOpen(
  log: Log,
  provider: string,
  remedy: string,
  { accept }: IdentityRules,
  usual?: string,
): void {
  if (accept.source === OPEN || accept.source === usual)
    log.warn({}, `everyone with an account at ${provider} can sign in; ${remedy}`)
}

/** HOST or HOST:PORT, as `docker login` takes it. */
export const REGISTRY_ADDRESS = /^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/

/** The condition that is true for everybody. */
const OPEN = 'true'

/** The options that say who somebody is. */
export interface IdentityRules {
  readonly account: Expression
  readonly accept: Expression<boolean>
  readonly labels: ReadonlyMap<string, Expression>
}

/**
 * From a provider's facts to an outcome.
 *
 * @param facts the expressions' variables
 * @throws Error when an expression fails for another reason than a missing field
 */
export function identify(
  rules: IdentityRules,
  facts: Readonly<Record<string, unknown>>,
  session?: Session,
): AuthnOutcome {
  const account = evaluateIfThere(rules.account, facts)
  if (evaluateIfThere(rules.accept, facts) !== true) {
    const who = typeof account === 'string' ? JSON.stringify(account) : 'this account'
    const reason = `the condition ${JSON.stringify(rules.accept.source)} is not true for ${who}`
    return reject(reason, undefined, typeof account === 'string' ? account : undefined)
  }
  if (typeof account !== 'string' || account === '') {
    return reject(
      `the provider gives no account name (${JSON.stringify(rules.account.source)})`,
      'it gives no account name that this server could use',
    )
  }
  const labels = deriveLabels(Object.fromEntries(rules.labels), facts)
  return accept({ account, labels, ...(session !== undefined && { session }) })
}
