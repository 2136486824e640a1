// Where the pages of a sign-in are: for the router here, and for the browser, which may see them behind a proxy.
import type { Context } from 'koa'
import type { SignIn } from '../contract/index.ts'
import { malformed } from '../request/errors.ts'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/

/** The pages of one sign-in as the browser has them. */
export interface Address {
  /** The URL that the provider sends the browser back to. */
  readonly url: string
  /** The path in it: `/oidc_auth`. */
  readonly path: string
  /** The path of the page that lists all sign-ins. */
  readonly landing: string
  /** Whether the browser comes over TLS. */
  readonly secure: boolean
}

/**
 * The address of a sign-in's pages: as registered, or as the browser has it. Who is not on the same machine and does not come
 * over TLS comes through a proxy that does TLS: providers accept nothing else.
 */
export function addressOf(context: Context, { redirect }: SignIn, pathPrefix: string): Address {
  const url = redirect.url ?? `${schemeOf(context)}://${hostOf(context)}${pathPrefix}${redirect.path}`
  if (!URL.canParse(url)) throw malformed(NO_HOST)
  const { pathname, protocol } = new URL(url)
  const landing = pathname.slice(0, pathname.lastIndexOf('/') + 1)
  return { url, path: pathname, landing, secure: protocol === 'https:' }
}

const NO_HOST = 'the Host header names no host'
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i

/** A browser sends nothing else; what stands between it and us might. */
function hostOf({ host }: Context): string {
  if (!HOST.test(host)) throw malformed(NO_HOST)
  return host
}

function schemeOf(context: Context): 'http' | 'https' {
  return !context.secure && LOOPBACK.test(context.host) ? 'http' : 'https'
}
