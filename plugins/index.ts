// The one list of built-in plugins: core names none. The folder is the backend, and so is the name, whatever kind it is asked as.
import type { PluginKind } from '../core/plugin.ts'

/** Loads a plugin when it is first needed. */
export type Loader = () => Promise<{ default: unknown }>

/** By their kinds and the names that a configuration uses. */
export const BUILT_IN: Readonly<Record<PluginKind, ReadonlyMap<string, Loader>>> = {
  authenticator: new Map<string, Loader>([
    ['exec', () => import('./exec/index.ts')],
    ['github', () => import('./github/index.ts')],
    ['gitlab', () => import('./gitlab/index.ts')],
    ['google', () => import('./google/index.ts')],
    ['htpasswd', () => import('./htpasswd/index.ts')],
    ['http', () => import('./http/index.ts')],
    ['jwt', () => import('./jwt/index.ts')],
    ['ldap', () => import('./ldap/index.ts')],
    ['mongo', () => import('./mongo/index.ts')],
    ['mtls', () => import('./mtls/index.ts')],
    ['oidc', () => import('./oidc/index.ts')],
    ['sql', () => import('./sql/index.ts')],
    ['static', () => import('./static/index.ts')],
  ]),
  labeler: new Map<string, Loader>([
    ['http', () => import('./http/labeler.ts')],
    ['labels-map', () => import('./labels-map/index.ts')],
    ['ldap', () => import('./ldap/labeler.ts')],
    ['sql', () => import('./sql/labeler.ts')],
  ]),
  authorizer: new Map<string, Loader>([
    ['acl', () => import('./acl/index.ts')],
    ['casbin', () => import('./casbin/index.ts')],
    ['exec', () => import('./exec/authorizer.ts')],
    ['http', () => import('./http/authorizer.ts')],
    ['mongo', () => import('./mongo/authorizer.ts')],
    ['sql', () => import('./sql/authorizer.ts')],
  ]),
}

/** Other names that work as well: those that authorizers had when no other kind could have the same one. */
export const FORMER_NAMES: Readonly<Partial<Record<PluginKind, ReadonlyMap<string, string>>>> = {
  authorizer: new Map([
    ['acl-mongo', 'mongo'],
    ['acl-sql', 'sql'],
    ['exec-authz', 'exec'],
    ['http-authz', 'http'],
  ]),
}

/** What docker_auth's sections are called here, for whoever writes their names. */
export const DOCKER_AUTH_NAMES: ReadonlyMap<string, string> = new Map([
  ['users', 'static'],
  ['ext_auth', 'exec'],
  ['google_auth', 'google'],
  ['github_auth', 'github'],
  ['oidc_auth', 'oidc'],
  ['gitlab_auth', 'gitlab'],
  ['ldap_auth', 'ldap'],
  ['mongo_auth', 'mongo'],
  ['xorm_auth', 'sql'],
  ['acl_mongo', 'mongo'],
  ['acl_xorm', 'sql'],
  ['ext_authz', 'exec'],
  ['casbin_authz', 'casbin'],
])
