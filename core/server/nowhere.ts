// What is answered where nothing is: 404 or 405, and to whoever looks for tokens there, where they are.
import type { Context } from 'koa'
import { RequestError } from '../request/errors.ts'
import { isPreflight } from './cors.ts'
import { Refusal } from './refusal.ts'

/**
 * 404: a token was asked for at a path that makes none. The realm of a registry is wrong, so the log has it too.
 *
 * @param prefix before all paths, as it stands in URLs
 */
export function noTokensHere(prefix: string): RequestError {
  const hint = `let the registry's realm end in ${prefix}/auth`
  const message = `no tokens are made at this path; ${hint}`
  const refusal = 'a token was asked for at a path that makes none'
  return new Refusal(404, 'NOT_FOUND', 'invalid_request', message, { refusal, hint })
}

const FOREIGN_PAGE = {
  refusal: 'a page of another origin asked, which may not',
  hint: 'if it is one of yours, such as a registry UI, name its origin in server.cors.origins',
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
  if (!allowed.includes('POST') && asksForToken(context)) return noTokensHere(prefix)
  if (allowed.length === 0) {
    const message = `there is nothing at this path; tokens are at ${prefix}/auth`
    return new RequestError(404, 'NOT_FOUND', 'invalid_request', message)
  }
  context.set('Allow', allowed.join(', '))
  const others = allowed.filter((method) => !['HEAD', 'OPTIONS'].includes(method)).join(' or ')
  const message = `use ${others} here`
  return isPreflight(context)
    ? new Refusal(405, 'UNSUPPORTED', 'invalid_request', message, FOREIGN_PAGE)
    : new RequestError(405, 'UNSUPPORTED', 'invalid_request', message)
}
