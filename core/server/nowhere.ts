// What is answered where nothing is: 404 or 405, and to whoever looks for tokens there, where they are.
import type { Context } from 'koa'
import { RequestError } from '../request/errors.ts'

/** 404: a token was asked for at a path that makes none. The realm of a registry is wrong, so the log has it too. */
export class NoTokensHere extends RequestError {
  readonly refusal = 'a token was asked for at a path that makes none'
  readonly hint: string

  /** @param prefix before all paths, as it stands in URLs */
  constructor(prefix: string) {
    const hint = `let the registry's realm end in ${prefix}/auth`
    super(404, 'NOT_FOUND', 'invalid_request', `no tokens are made at this path; ${hint}`)
    this.hint = hint
  }
}

/** Whether a request is one for a token, wherever it has come to. */
export function asksForToken(context: Context): boolean {
  if (['service', 'scope'].some((name) => name in context.query)) return true
  return context.method === 'POST' && Boolean(context.is('urlencoded'))
}

/**
 * The error of a request that no route has taken.
 *
 * @param allowed the methods that there are at its path
 * @param prefix before all paths, as it stands in URLs
 */
export function nothingHere(context: Context, allowed: readonly string[], prefix: string): RequestError {
  if (!allowed.includes('POST') && asksForToken(context)) return new NoTokensHere(prefix)
  if (allowed.length === 0) {
    const message = `there is nothing at this path; tokens are at ${prefix}/auth`
    return new RequestError(404, 'NOT_FOUND', 'invalid_request', message)
  }
  context.set('Allow', allowed.join(', '))
  const others = allowed.filter((method) => method !== 'HEAD').join(' or ')
  return new RequestError(405, 'UNSUPPORTED', 'invalid_request', `use ${others} here`)
}
