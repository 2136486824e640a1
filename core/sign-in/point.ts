// An authenticator with a browser sign-in, and where its pages may stand.
import type { SignIn } from '../contract/index.ts'
import { type Instance, nameOf } from '../request/instance.ts'

export interface SignInPoint {
  readonly instance: Instance<'authenticator'>
  readonly signIn: SignIn
}

/** Paths of the server itself. */
const TAKEN = ['/auth', '/token', '/healthz', '/readyz']

/** The authenticators that people can sign in with, in config order. */
export function signInPoints(authenticators: readonly Instance<'authenticator'>[]): SignInPoint[] {
  return authenticators.flatMap((instance) =>
    instance.signIn ? [{ instance, signIn: instance.signIn }] : [],
  )
}

/** Something about an instance, in a sentence. */
export interface Finding {
  readonly id: string
  readonly message: string
}

/** @returns what may be wrong with the addresses that providers send browsers back to */
export function prefixDoubts(points: readonly SignInPoint[], pathPrefix: string): Finding[] {
  return points.flatMap(({ instance: { id }, signIn: { redirect } }) => {
    const path = `${pathPrefix}${redirect.path}`
    if (redirect.url === undefined || new URL(redirect.url).pathname.endsWith(path)) return []
    const message = `redirect_url does not hold path_prefix: browsers come back to ${path} only if a proxy adds that; write and register one that ends so`
    return [{ id, message }]
  })
}

/** @returns what is wrong with the pages' paths */
export function pathFaults(points: readonly SignInPoint[]): Finding[] {
  const seen = new Map<string, SignInPoint>()
  return points.flatMap((point) => {
    const { id } = point.instance
    const { path } = point.signIn.redirect
    const other = seen.get(path)
    seen.set(path, point)
    const where = `the sign-in's page would be at ${path}`
    if (TAKEN.includes(path)) {
      return [{ id, message: `${where}, which is the server's own; let redirect_url end otherwise` }]
    }
    if (!other) return []
    const message = `${where}, as that of ${nameOf(other.instance)}; let each redirect_url end with a path of its own`
    return [{ id, message }]
  })
}
