// docker_auth's sections for signing in with a browser become the options of the plugins oidc, github, gitlab and google. Their
// databases are translated in token-db.ts. `grace` keeps its default: docker_auth refuses everyone while a provider is
// down, which nobody wants of it.
import { type Draft, draftList } from './draft.ts'
import type { Section } from './section.ts'
import {
  begin,
  filled,
  needed,
  putAddresses,
  putLabels,
  putRedirect,
  putRegistry,
  putRevalidation,
  type SignInDraft,
  withScheme,
} from './sign-in-parts.ts'

/** docker_auth's sections of this kind, in the order of its chain. */
export const SIGN_IN_KEYS = ['google_auth', 'github_auth', 'oidc_auth', 'gitlab_auth']

const OIDC_SCOPES = ['openid', 'email']

/**
 * docker_auth asks the provider again when the access token has ended, and not at an interval of its own: `revalidate_after` is
 * the native default.
 *
 * @returns undefined when something is missing, which has been reported
 */
export function translateOidcAuth(section: Section): SignInDraft | undefined {
  const keys = ['issuer', 'redirect_url', 'registry_url', 'user_claim', 'labels_claims', 'scopes']
  const { options, timeout } = begin(section, keys)
  const issuer = needed(section, 'issuer', "the provider's URL, such as https://id.example.com")
  options.take('issuer', withScheme(section, 'issuer', issuer))
  putRedirect(section, options, 'redirect_url', '/oidc_auth')
  putRegistry(section, options)

  const claim = filled(section.text('user_claim'))?.value ?? 'email'
  const at = section.entry('user_claim')
  options.put('account', claimOf(claim), at).put('accept', 'true', at)
  if (claim === 'email') {
    section.warnAt(
      at.key,
      'is email, which docker_auth takes unverified too (it does not look at email_verified); where people can enter any address, set accept in the native form',
    )
  }
  const labels = section.texts('labels_claims')
  if (labels) {
    const rules = labels.value.map(({ value }) => [value, textsOf(claimOf(value))] as const)
    putLabels(section, options, new Map(rules), labels.entry)
  }
  // The provider may know this client with these scopes only.
  putScopes(section, options, withOpenId(section, scopesOf(section) ?? OIDC_SCOPES))
  return whole(section, ['issuer', 'redirect_url', 'scopes']) ? { options, timeout } : undefined
}

/** @returns undefined when something is missing, which has been reported */
export function translateGithubAuth(section: Section): SignInDraft | undefined {
  const keys = ['organization', 'revalidate_after', 'github_web_uri', 'github_api_uri', 'registry_url']
  const { options, timeout } = begin(section, keys)
  putAddresses(section, options, 'github')
  putRegistry(section, options)
  putRevalidation(section, options)

  const organization = filled(section.text('organization'))
  if (organization) {
    const list = draftList(section.yaml, organization.entry.value, [organization])
    options.put('organizations', list, organization.entry)
  }
  putLabels(section, options, new Map([['teams', 'teams.map(team, team.slug)']]))
  return whole(section, ['organization']) ? { options, timeout } : undefined
}

/** @returns undefined when something is missing, which has been reported */
export function translateGitlabAuth(section: Section): SignInDraft | undefined {
  const keys = ['organization', 'revalidate_after', 'gitlab_web_uri', 'gitlab_api_uri', 'registry_url']
  const { options, timeout } = begin(section, [...keys, 'grant_type', 'redirect_uri'])
  // docker_auth's own defaults are swapped, so that nobody can sign in with them.
  putAddresses(section, options, 'gitlab')
  putRedirect(section, options, 'redirect_uri', '/gitlab_auth')
  putRegistry(section, options)
  putRevalidation(section, options)

  const grant = filled(section.text('grant_type'))
  if (grant && grant.value !== 'authorization_code') {
    section.warn('grant_type', 'is not authorization_code, which is the one that is used; write that')
  }
  if (filled(section.text('organization'))) {
    section.warn(
      'organization',
      'keeps nobody out, as in docker_auth: everyone with an account at GitLab can sign in; remove it, or write allowed_groups in the native form',
    )
  }
  // The application may be registered with this scope only; then no groups are known.
  putScopes(section, options, ['read_user'])
  putLabels(section, options, new Map())
  return whole(section, ['redirect_uri']) ? { options, timeout } : undefined
}

/** @returns undefined when something is missing, which has been reported */
export function translateGoogleAuth(section: Section): SignInDraft | undefined {
  const { options, timeout } = begin(section, ['domain'])
  options.take('domain', filled(section.text('domain')))
  // docker_auth's page has the code handed over by Google's script. Without redirect_url the page's own address is used.
  section.warnAt(
    section.at.key,
    'needs an address that docker_auth did not need; register https://THIS-SERVER/google_auth (after server.path_prefix, if there is one) as an authorized redirect URI at Google',
  )
  return whole(section, ['domain']) ? { options, timeout } : undefined
}

/** Whether what the plugin can't do without is there; what the others lack has been reported too. */
function whole(section: Section, keys: readonly string[]): boolean {
  return ![...keys, 'client_id', 'client_secret', 'client_secret_file'].some((key) => section.refused(key))
}

/** docker_auth joins the list with spaces, so that an entry may hold several. */
function scopesOf(section: Section): string[] | undefined {
  return section.texts('scopes')?.value.flatMap(({ value }) => value.split(/\s+/).filter(Boolean))
}

/** Without it there is no ID token, and docker_auth signs nobody in. */
function withOpenId(section: Section, scopes: readonly string[]): readonly string[] {
  if (scopes.includes('openid')) return scopes
  section.warn('scopes', 'lacks openid, without which nobody could sign in; it is added: write it')
  return ['openid', ...scopes]
}

function putScopes(section: Section, native: Draft, scopes: readonly string[]): void {
  const entry = section.entry('scopes')
  const items = scopes.map((value) => ({ value, entry }))
  native.put('scopes', draftList(section.yaml, entry.value, items), entry)
}

/** A claim as a CEL expression; the text of JSON is one of CEL. */
function claimOf(name: string): string {
  return `claims[${JSON.stringify(name)}]`
}

/** As docker_auth takes labels: the texts of a list, and nothing of what is no list. */
function textsOf(claim: string): string {
  return `type(${claim}) == list ? ${claim}.filter(item, type(item) == string && item != "") : []`
}
