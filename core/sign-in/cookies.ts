// The cookies of a sign-in: what was begun in this browser, and who has signed in with it. Over TLS their names begin with
// `__Host-`: no other host of the domain can set them.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { UNPRINTABLE } from '../contract/printable.ts'
import { type JsonValue, Secret } from '../plugin.ts'
import { readSecretToken, type SecretToken } from '../token/secret-token.ts'
import type { Address } from './address.ts'
import { MOST_OF_NAME } from './layout.ts'

/** How long a person may take at the provider, in milliseconds. */
export const ATTEMPT_MS = 10 * 60_000
const STATE_BYTES = 32
const ATTEMPT = 'attempt-'
/** Each attempt has a cookie of its own, so that two tabs do not disturb each other. */
const NAMED_BY = 12
/** More would fill the request's headers, which proxies limit. */
const MOST_ATTEMPTS = 5

/** A sign-in that was begun in this browser. Nothing in it is secret from the browser, and only the browser is harmed by changing it. */
export interface Attempt {
  readonly state: string
  readonly keep: JsonValue
  /** What the new password is to be called. */
  readonly name?: string | undefined
  /** Whether no password is wanted, only the list. */
  readonly list?: boolean
}

/** @example newState() // 43 characters */
export function newState(): string {
  return randomBytes(STATE_BYTES).toString('base64url')
}

/** Keeps an attempt in the browser until it comes back from the provider. @param at milliseconds since the epoch */
export function keepAttempt(context: Context, address: Address, attempt: Attempt, at: number): void {
  const { state } = attempt
  const begun = attemptsIn(context, address)
  for (const name of begun.slice(0, Math.max(0, begun.length - MOST_ATTEMPTS + 1)))
    dropCookie(context, address, name)
  const text = Buffer.from(JSON.stringify({ ...attempt, at, path: address.path })).toString('base64url')
  setCookie(context, address, attemptName(state), text, ATTEMPT_MS)
}

/**
 * Takes out the attempt that a state belongs to: it is good once.
 *
 * @returns undefined when no such attempt was begun in this browser, for these pages, lately
 */
export function takeAttempt(
  context: Context,
  address: Address,
  state: string,
  now: number,
): Attempt | undefined {
  const name = attemptName(state)
  const text = context.cookies.get(cookieName(address, name))
  if (text === undefined) return undefined
  dropCookie(context, address, name)
  try {
    const kept = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    const good = equal(kept.state, state) && kept.path === address.path && now < kept.at + ATTEMPT_MS
    return good
      ? { state, keep: kept.keep, name: nameOf(kept.name), ...(kept.list === true && { list: true }) }
      : undefined
  } catch {
    return undefined
  }
}

/**
 * The name of a new password, as it was typed.
 *
 * @returns undefined for none, and for one that could not be shown as it is
 */
export function nameOf(given: unknown): string | undefined {
  const name = typeof given === 'string' ? given.trim() : ''
  return name === '' || name.length > MOST_OF_NAME || UNPRINTABLE.test(name) ? undefined : name
}

/** The names of the cookies of all attempts in this browser, as it orders them: the oldest first. */
function attemptsIn(context: Context, address: Address): string[] {
  const prefix = cookieName(address, ATTEMPT)
  const names = context
    .get('cookie')
    .split(/;\s*/)
    .map((pair) => pair.split('=')[0]!)
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(cookieName(address, '').length))
}

function attemptName(state: string): string {
  return `${ATTEMPT}${hash('sha256', state).slice(0, NAMED_BY)}`
}

/** Keeps what the browser shows instead of signing in again, until it is closed. */
export function keepBrowser(context: Context, address: Address, { secret }: SecretToken): void {
  setCookie(context, address, browserName(address), secret.reveal())
}

export function browserOf(context: Context, address: Address): SecretToken | undefined {
  const text = context.cookies.get(cookieName(address, browserName(address)))
  return text === undefined ? undefined : readSecretToken(new Secret(text))
}

export function dropBrowser(context: Context, address: Address): void {
  dropCookie(context, address, browserName(address))
}

/** One for each sign-in: a browser can be signed in with several. */
function browserName({ path }: Address): string {
  return `browser${path.slice(path.lastIndexOf('/')).replace('/', '-')}`
}

/** What each form of a signed-in browser holds: another site can send its cookie along, but can't know this. */
export function csrfOf({ secret }: SecretToken): string {
  return hash('sha256', `dockwarden form ${secret.reveal()}`)
}

export function equal(one: unknown, other: string): boolean {
  const [a, b] = [Buffer.from(String(one)), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function cookieName({ secure }: Address, name: string): string {
  return secure ? `__Host-dockwarden-${name}` : `dockwarden-${name}`
}

function setCookie(context: Context, address: Address, name: string, value: string, maxAge?: number): void {
  // TLS may end at a proxy.
  context.cookies.secure = address.secure
  context.cookies.set(cookieName(address, name), value, {
    httpOnly: true,
    // Lax: the way back from the provider is a link from another site.
    sameSite: 'lax',
    secure: address.secure,
    overwrite: true,
    ...(maxAge !== undefined && { maxAge }),
  })
}

function dropCookie(context: Context, address: Address, name: string): void {
  context.cookies.secure = address.secure
  context.cookies.set(cookieName(address, name), null, {
    secure: address.secure,
    sameSite: 'lax',
    overwrite: true,
  })
}
