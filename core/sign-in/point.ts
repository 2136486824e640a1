// An authenticator with a browser sign-in, and where its pages may stand.

import { deepFreeze } from '../contract/frozen.ts'
import { isPrivate } from '../kit/addresses.ts'
import { type Authenticator, type SignIn, z } from '../plugin.ts'
import { type Instance, nameOf } from '../request/instance.ts'

export interface SignInPoint {
  readonly instance: Instance<'authenticator'>
  readonly signIn: SignIn
}

const aFunction = <F>() => z.custom<F>((value) => typeof value === 'function', { error: 'is no function' })
const ms = z.number().min(0)

/** What a plugin may give: the types say it, but a plugin may be JavaScript. */
const SHAPE = z.object({
  title: z.string().min(1),
  redirect: z.object({
    url: z.url({ protocol: /^https?$/ }).optional(),
    path: z.string().regex(/^\/[\w.~-]+$/, { error: 'is no path of one part, such as /corp_auth' }),
  }),
  registry: z.string().optional(),
  revalidateAfter: ms,
  grace: ms,
  passwordLifetime: ms.optional(),
  begin: aFunction<SignIn['begin']>(),
  finish: aFunction<SignIn['finish']>(),
  endUrl: aFunction<NonNullable<SignIn['endUrl']>>().optional(),
})

/**
 * The sign-in that an authenticator adds with its `routes`.
 *
 * @returns undefined when it adds none
 * @throws Error that says what is wrong with it
 */
export function signInOf(authenticator: Authenticator): SignIn | undefined {
  const { routes, refresh } = authenticator
  if (routes === undefined) return undefined
  if (typeof routes !== 'function') throw new Error('its routes are no function')
  let given: SignIn | undefined
  const returned: unknown = routes.call(authenticator, {
    signIn(signIn) {
      if (given) throw new Error('its routes add more than one sign-in; make an instance for each')
      given = signIn
    },
  })
  if (returned instanceof Promise)
    throw new Error('its routes must not be async: they are called at the start, once')
  if (!given) return undefined
  const signIn = readSignIn(given)
  if (!refresh) {
    throw new Error(
      'its routes add a sign-in, but it has no refresh function to look again at what that hands out',
    )
  }
  return signIn
}

/** @returns a frozen copy: the plugin can't move its page later @throws Error that says what is wrong */
function readSignIn(given: SignIn): SignIn {
  const { data, error } = SHAPE.safeParse(given)
  if (!data) {
    const [issue] = error.issues
    throw new Error(`the sign-in of its routes: ${issue!.path.join('.')}: ${issue!.message}`)
  }
  const { url, path } = data.redirect
  if (url !== undefined && !new URL(url).pathname.endsWith(path)) {
    throw new Error(
      `the sign-in of its routes: redirect.path: is not the last part of redirect.url; use redirectUrl()`,
    )
  }
  const { begin, finish, endUrl, registry, passwordLifetime, ...rest } = data
  return deepFreeze({
    ...rest,
    redirect: { url, path },
    registry,
    passwordLifetime,
    begin: begin.bind(given),
    finish: finish.bind(given),
    ...(endUrl && { endUrl: endUrl.bind(given) }),
  })
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
export function addressDoubts(points: readonly SignInPoint[], pathPrefix: string): Finding[] {
  return points.flatMap(({ instance: { id }, signIn: { redirect } }) => {
    if (redirect.url === undefined) return []
    const url = new URL(redirect.url)
    const path = `${pathPrefix}${redirect.path}`
    return [
      ...(url.pathname.endsWith(path)
        ? []
        : [
            `redirect_url does not hold path_prefix: browsers come back to ${path} only if a proxy adds that; write and register one that ends so`,
          ]),
      ...(isPrivate(url)
        ? []
        : [
            'redirect_url is not encrypted: others on the way can read the passwords that its pages show; serve it by https, and register that',
          ]),
    ].map((message) => ({ id, message }))
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
    if (TAKEN.includes(path) || path.startsWith('/plugins/')) {
      return [{ id, message: `${where}, which is the server's own; let redirect_url end otherwise` }]
    }
    if (!other) return []
    const message = `${where}, as that of ${nameOf(other.instance)}; let each redirect_url end with a path of its own`
    return [{ id, message }]
  })
}
