// Pages of other origins: the answers of the token endpoint and the key set, which a browser may let them read.
// Source: https://fetch.spec.whatwg.org/#http-cors-protocol
import type { Context, Middleware } from 'koa'

/** What a page may send besides what every page may. */
const REQUEST_HEADERS = 'Accept, Authorization, Cache-Control, Content-Type, X-Requested-With'
/** What it may read besides what every page may. */
const RESPONSE_HEADERS = 'WWW-Authenticate, Retry-After'
/** How long a browser need not ask again. */
const MAX_AGE_SECONDS = 600

/**
 * Lets pages of the origins that are named read answers, errors too. Never with the browser's own credentials (cookies): a page has
 * those that were typed into it.
 *
 * @param origins as browsers send them
 * @param methodsAt the methods that pages may use for a request's path; none where they may read nothing
 */
export function createCors(
  origins: readonly string[],
  methodsAt: (context: Context) => readonly string[],
): Middleware {
  const allowed = new Set(origins)
  return (context, next) => {
    const methods = methodsAt(context)
    if (methods.length === 0) return next()
    // Also on answers to nobody's page: a cache must not give them to one.
    context.vary('Origin')
    const origin = context.get('Origin')
    if (!allowed.has(origin)) return next()
    context.set('Access-Control-Allow-Origin', origin)
    if (!isPreflight(context)) {
      context.set('Access-Control-Expose-Headers', RESPONSE_HEADERS)
      return next()
    }
    context.set('Access-Control-Allow-Methods', methods.join(', '))
    context.set('Access-Control-Allow-Headers', REQUEST_HEADERS)
    context.set('Access-Control-Max-Age', String(MAX_AGE_SECONDS))
    context.status = 204
  }
}

/** Whether a browser asks if a page may ask. */
export function isPreflight(context: Context): boolean {
  return (
    context.method === 'OPTIONS' &&
    context.get('Origin') !== '' &&
    context.get('Access-Control-Request-Method') !== ''
  )
}
