// The one list of built-in plugins: core names none.

/** Loads a plugin when it is first needed. */
export type Loader = () => Promise<{ default: unknown }>

/** By the names that a configuration uses. */
export const BUILT_IN: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['acl', () => import('./acl/index.ts')],
  ['acl-mongo', () => import('./mongo/authorizer.ts')],
  ['acl-sql', () => import('./sql/authorizer.ts')],
  ['casbin', () => import('./casbin/index.ts')],
  ['exec', () => import('./exec/index.ts')],
  ['exec-authz', () => import('./exec-authz/index.ts')],
  ['github', () => import('./github/index.ts')],
  ['gitlab', () => import('./gitlab/index.ts')],
  ['google', () => import('./google/index.ts')],
  ['htpasswd', () => import('./htpasswd/index.ts')],
  ['http', () => import('./http/index.ts')],
  ['http-authz', () => import('./http-authz/index.ts')],
  ['jwt', () => import('./jwt/index.ts')],
  ['labels-map', () => import('./labels-map/index.ts')],
  ['ldap', () => import('./ldap/index.ts')],
  ['mongo', () => import('./mongo/index.ts')],
  ['mtls', () => import('./mtls/index.ts')],
  ['oidc', () => import('./oidc/index.ts')],
  ['sql', () => import('./sql/index.ts')],
  ['static', () => import('./static/index.ts')],
])

/** Those that are labelers under the name of an authenticator: one backend, asked for another thing. */
export const LABELERS: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['http', () => import('./http/labeler.ts')],
  ['ldap', () => import('./ldap/labeler.ts')],
  ['sql', () => import('./sql/labeler.ts')],
])
