// Where the pages of a sign-in are: for the router here, and for the browser, which may see them behind a proxy.
import type { Context } from 'koa'
import { isLoopback } from '../kit/addresses.ts'
import type { SignIn } from '../plugin.ts'
import { malformed } from '../request/errors.ts'
import { authorityOf } from '../request/head.ts'

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
  const url = redirect.url ?? `${originOf(context)}${pathPrefix}${redirect.path}`
  const { pathname, protocol } = new URL(url)
  const landing = pathname.slice(0, pathname.lastIndexOf('/') + 1)
  return { url, path: pathname, landing, secure: protocol === 'https:' }
}

const AUTHORITY = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i

/** A browser sends a host and perhaps a port; what stands between it and us might send anything. */
function originOf({ req, secure }: Context): string {
  const authority = authorityOf(req)
  const plain = AUTHORITY.test(authority) ? URL.parse(`http://${authority}`) : null
  if (!plain) throw malformed('the Host header names no host')
  return `${secure || !isLoopback(plain) ? 'https' : 'http'}://${authority}`
}
