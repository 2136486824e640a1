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

/** @returns what may be wrong with the addresses that providers send browsers back to: the instance, and a sentence */
export function prefixDoubts(
  points: readonly SignInPoint[],
  pathPrefix: string,
): { readonly id: string; readonly message: string }[] {
  return points
    .filter(({ signIn: { redirect } }) => {
      return (
        redirect.url !== undefined && !new URL(redirect.url).pathname.endsWith(pathPrefix + redirect.path)
      )
    })
    .map(({ instance, signIn }) => ({
      id: instance.id,
      message: `redirect_url does not hold path_prefix: browsers come back to ${pathPrefix}${signIn.redirect.path} only if a proxy adds that; write and register one that ends so`,
    }))
}

/** @returns what is wrong with the pages' paths: the instance, and a sentence */
export function pathFaults(
  points: readonly SignInPoint[],
): { readonly id: string; readonly message: string }[] {
  const seen = new Map<string, SignInPoint>()
  return points.flatMap((point) => {
    const { path } = point.signIn.redirect
    const other = seen.get(path)
    seen.set(path, point)
    const { id } = point.instance
    if (TAKEN.includes(path))
      return [
        {
          id,
          message: `the sign-in's page would be at ${path}, which is the server's own; let redirect_url end otherwise`,
        },
      ]
    return other
      ? [
          {
            id,
            message: `the sign-in's page would be at ${path}, as that of ${nameOf(other.instance)}; let each redirect_url end with a path of its own`,
          },
        ]
      : []
  })
}
