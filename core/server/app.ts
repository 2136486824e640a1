// The HTTP application: Koa's whole middleware stack, on one screen.
import { hash, randomUUID } from 'node:crypto'
import type Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import { lazyPackage } from '../contract/lazy-package.ts'
import type { KeySet } from '../keys/jwks.ts'
import { withSecrets } from '../kit/request-secrets.ts'
import type { Log } from '../plugin.ts'
import { malformed, RequestError } from '../request/errors.ts'
import { assertHead } from '../request/head.ts'
import { answerJson } from '../request/json-answer.ts'
import { respondError } from '../request/respond.ts'
import type { TokenContext } from '../request/token-context.ts'
import { addSignInPages, showLanding, showNowhere } from '../sign-in/routes.ts'
import type { SignInServices } from '../sign-in/visit.ts'
import type { Refused } from './broken.ts'
import { createCors } from './cors.ts'
import { asksForToken, noTokensHere, nothingHere } from './nowhere.ts'
import { pathBehind, prefixInUrl } from './path-prefix.ts'
import { addPluginRoutes, type RouteServices } from './plugin-routes.ts'
import { Refusal } from './refusal.ts'
import { TokenAnswer } from './token-answer.ts'

/** As CommonJS: its other form imports node:http (node-http.ts says what that costs). */
const koaRouter = lazyPackage<typeof import('@koa/router')>('@koa/router')

const MAX_URL = 32 * 1024
const HSTS = 'max-age=63072000; includeSubDomains'
const JWKS_MAX_AGE_SECONDS = 300
// Many write a realm with a slash at its end.
const TOKEN_METHODS = new Set(['GET', 'HEAD', 'POST'])
const TOKEN_PATHS = ['/auth', '/auth/token', '/token'].flatMap((path) => [path, `${path}/`])
/** How balancers look at a server. HAProxy comes with OPTIONS unless it is told otherwise. */
const CHECKS = ['HEAD', 'GET', 'OPTIONS']
const KEY_SET_PATH = '/.well-known/jwks.json'

/** What the application serves, and what it is told. */
export interface AppParts {
  readonly issuer: string
  /** As text, not as it stands in URLs. */
  readonly pathPrefix: string
  readonly hsts: boolean
  /** Pages of which origins may ask for tokens. */
  readonly origins: readonly string[]
  /** The token endpoint. */
  readonly token: (context: TokenContext) => Promise<void>
  readonly keys: () => KeySet
  /** What an ACME server that validates a name finds under a token (RFC 8555, 8.3); undefined when it is asked for by nobody. */
  readonly proofOf: (token: string) => string | undefined
  /** The pages for signing in with a browser, when there are ways to. */
  readonly signIns?: SignInServices
  readonly pluginRoutes: RouteServices
  /** Sentences about what is not ready; none when all is. */
  readonly readiness: () => Promise<readonly string[]>
  /** True once the server accepts no more connections. */
  readonly stopping: () => boolean
  /** Learns what no endpoint has seen. */
  readonly refused: Refused
  readonly log: Log
}

/** Makes the Koa application. */
export function createApp(parts: AppParts): Koa {
  const app = new Koa()
  app.on('error', (err) => parts.log.error({ err }, 'answer failed'))
  const answer = withCors(parts, routes(parts))
  const answerError = errors(parts)
  // One function: a middleware would be one more promise of each request.
  app.use((context) =>
    withSecrets(async () => {
      context.state.id = randomUUID()
      try {
        await answer(context)
      } catch (error) {
        answerError(context, error)
      }
      if (context.respond !== false) setForAll(context, context.state.id, parts)
    }),
  )
  return app
}

type Answer = (context: Context) => unknown

function errors({ issuer, refused, log, signIns, pathPrefix }: AppParts) {
  const landing = signIns && `${prefixInUrl(pathPrefix)}/`
  return (context: Context, error: unknown) => {
    const status = respondError(context, error, issuer)
    const peer = context.req.socket.remoteAddress
    if (status === 500) log.error({ err: error }, 'request failed')
    else if (error instanceof Refusal) refused(error.refusal, peer, error.hint)
    else refused(String(status), peer)
    if (status === 404) {
      context.vary('Accept')
      if (isBrowser(context)) showNowhere(context, issuer, landing)
    }
  }
}

/** Registry clients ask for JSON or anything, and get JSON. */
function isBrowser(context: Context): boolean {
  return ['GET', 'HEAD'].includes(context.method) && context.accepts('json', 'html') === 'html'
}

/** What every answer has. */
function setForAll(answer: Pick<TokenContext, 'set'>, id: string, { hsts, stopping }: AppParts): void {
  answer.set('X-Content-Type-Options', 'nosniff')
  answer.set('X-Request-Id', id)
  if (hsts) answer.set('Strict-Transport-Security', HSTS)
  if (stopping()) answer.set('Connection', 'close')
}

function withCors({ origins, pathPrefix }: AppParts, answer: Answer): Answer {
  if (origins.length === 0) return answer
  const cors = createCors(origins, methodsForPages(pathPrefix))
  return (context) => cors(context, async () => answer(context))
}

/** What pages of other origins may do: ask for tokens, and read the key set. */
function methodsForPages(pathPrefix: string): (context: Context) => readonly string[] {
  const methods = new Map(TOKEN_PATHS.map((path) => [path, [...TOKEN_METHODS]]))
  methods.set(KEY_SET_PATH, ['GET', 'HEAD'])
  return (context) => {
    const path = readablePath(context)
    const behind = path === undefined ? undefined : pathBehind(path, pathPrefix)
    return methods.get(behind ?? '') ?? []
  }
}

/** The path as it came; undefined when it can't be read. A URL of another scheme, with nothing behind the host, has an empty one. */
function readablePath(context: Context): string | undefined {
  try {
    const { path = '' } = context
    decodeURIComponent(path)
    return path
  } catch {
    return undefined
  }
}

/** @throws RequestError for a URL that is too long, or whose path can't be read */
function assertReadable(context: Context): void {
  if (context.url.length > MAX_URL) {
    throw new RequestError(
      414,
      'TOO_LARGE',
      'invalid_request',
      `the URL has more than ${MAX_URL} characters; ask for fewer scopes`,
    )
  }
  if (readablePath(context) === undefined) throw malformed('the path is not valid percent-encoding')
}

const checkHead: Middleware = (context, next) => {
  assertHead(context.req)
  return next()
}

const PROOFS = '/.well-known/acme-challenge/'

function routes(parts: AppParts): Answer {
  const { issuer, pathPrefix, keys, proofOf, readiness, signIns, pluginRoutes } = parts
  const router = new (koaRouter().Router)({ sensitive: true, strict: true })
  const prefix = prefixInUrl(pathPrefix)
  const token = tokenRoute(parts)
  router.get(TOKEN_PATHS, token)
  router.post(TOKEN_PATHS, token)
  // Behind the token endpoint, which does it itself: its audit line says so.
  router.use(checkHead)
  router.get(KEY_SET_PATH, (context) => {
    context.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
    context.type = 'json'
    const body = JSON.stringify(keys())
    context.status = 200
    context.etag = hash('sha256', body, 'base64url')
    if (context.fresh) context.status = 304
    else context.body = body
  })
  const check = (path: string, answer: (context: Context) => unknown) =>
    router.register(path, CHECKS, (context: Context) => {
      if (context.method === 'OPTIONS') context.set('Allow', CHECKS.join(', '))
      return answer(context)
    })
  check('/healthz', (context) => {
    answerJson(context, { status: 'ok' })
  })
  check('/readyz', async (context) => {
    const faults = await readiness()
    context.status = faults.length === 0 ? 200 : 503
    answerJson(context, faults.length === 0 ? { status: 'ok' } : { status: 'not ready' })
  })
  addPluginRoutes(router, pluginRoutes)
  if (signIns) addSignInPages(router, signIns)
  check('/', (context) => {
    context.vary('Accept')
    if (signIns && isBrowser(context)) showLanding(context, signIns)
    else if (asksForToken(context)) throw noTokensHere(prefix)
    else answerJson(context, { service: 'Dockwarden', issuer })
  })
  const dispatch = router.routes()
  const tokenPaths = new Set(TOKEN_PATHS.map((path) => `${prefix}${path}`))
  return (context) => {
    assertReadable(context)
    // The router tries each path in turn.
    if (tokenPaths.has(context.path) && TOKEN_METHODS.has(context.method)) return token(context)
    if (context.method === 'OPTIONS' && context.url === '*') {
      // The server as a whole, as a sign of life (RFC 9110, 9.3.7).
      assertHead(context.req)
      context.set('Allow', CHECKS.join(', '))
      context.status = 204
      return
    }
    const whole = readablePath(context) ?? ''
    // At the root of the host, whatever the prefix is.
    const proof = whole.startsWith(PROOFS) ? proofOf(whole.slice(PROOFS.length)) : undefined
    if (proof !== undefined) {
      context.type = 'application/octet-stream'
      context.body = proof
      return
    }
    const path = pathBehind(whole, pathPrefix)
    const nowhere = async () => {
      assertHead(context.req)
      throw nothingHere(context, path === undefined ? [] : methodsOf(router, path), prefix)
    }
    if (path === undefined) return nowhere()
    // What the router reads in the place of the request's path.
    context.newRouterPath = path
    return dispatch(context as never, nowhere)
  }
}

function tokenRoute(parts: AppParts): (context: Context) => Promise<void> {
  return (context) => {
    const answer = new TokenAnswer(context)
    return parts.token(answer).then(() => {
      setForAll(answer, answer.state.id, parts)
      answer.send()
    })
  }
}

function methodsOf(router: Router, path: string): string[] {
  const matched = router.match(path, 'NONE').path
  return [...new Set(matched.flatMap((layer) => layer.methods))]
}
