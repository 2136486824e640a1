// What GitHub's REST API says about the owner of an access token: the account, its organizations and its teams.
// https://docs.github.com/en/rest
import {
  type ApiAnswer,
  type Log,
  type OAuthClient,
  OAuthRefused,
  readApi,
  type Secret,
  z,
} from '../../core/plugin.ts'
import { nextPage } from './link.ts'

/** 2,000 teams: more than GitHub lets anybody be in. */
const MOST_PAGES = 20

/** One person's access. */
export interface Access {
  readonly client: OAuthClient
  /** The API's address. */
  readonly api: string
  readonly token: Secret
  readonly signal: AbortSignal
  readonly log: Log
}

/** A team, as the expressions see it. */
export interface Team {
  /** As the configuration writes it. */
  readonly organization: string
  readonly slug: string
  readonly name: string
}

const USER = z.looseObject({
  id: z.int(),
  login: z.string().min(1),
  suspended_at: z.string().nullish(),
})
const MEMBERSHIP = z.object({ state: z.string() })
const TEAM = z.object({ slug: z.string(), name: z.string() })
const TEAMS = z.array(TEAM.extend({ organization: z.object({ login: z.string() }), parent: TEAM.nullish() }))
const MESSAGE = z.object({ message: z.string() })

/** One of these lets an OAuth app see private memberships. */
const ORGANIZATION_SCOPES: readonly string[] = ['read:org', 'write:org', 'admin:org']

/**
 * The account.
 *
 * @throws OAuthRefused when it is suspended, or its access revoked
 */
export async function readUser(access: Access, organizations: boolean): Promise<z.output<typeof USER>> {
  const answer = await get(access, `${access.api}/user`)
  if (answer.status === 403 && /suspended/i.test(messageOf(answer))) throw suspended()
  const user = read(USER, answer, access)
  if (typeof user.suspended_at === 'string') throw suspended()
  // Only tokens of OAuth apps have scopes. Without the right one, GitHub answers as it does for people who are no members.
  const scopes = answer.headers['x-oauth-scopes']?.split(',').map((scope) => scope.trim())
  if (organizations && scopes && !ORGANIZATION_SCOPES.some((scope) => scopes.includes(scope))) {
    throw new OAuthRefused('GitHub was not asked about organizations at this sign-in; sign in again')
  }
  return user
}

/**
 * Those of the organizations that the account is an active member of: at least one.
 *
 * @throws OAuthRefused when there is none, saying why
 */
export async function readMemberships(
  access: Access,
  organizations: readonly string[],
): Promise<readonly string[]> {
  const closed = await Promise.all(organizations.map((name) => whyNotIn(access, name)))
  if (closed.every((why) => why !== undefined)) throw new OAuthRefused(closed.join('; '))
  for (const why of closed) if (why !== undefined) access.log.debug({}, why)
  return organizations.filter((_, index) => closed[index] === undefined)
}

/** @returns undefined for an active member */
async function whyNotIn(access: Access, organization: string): Promise<string | undefined> {
  const answer = await get(access, `${access.api}/user/memberships/orgs/${organization}`)
  if (answer.status === 404) return `this account is not in the organization ${organization}`
  if (answer.status !== 403) {
    const { state } = read(MEMBERSHIP, answer, access)
    if (state === 'active') return undefined
    return `this account has not accepted its invitation to the organization ${organization} yet`
  }
  if (answer.headers['x-github-sso'] !== undefined) {
    return `the organization ${organization} wants its own single sign-on first: sign in there, then here again`
  }
  if (/OAuth App access restrictions/i.test(messageOf(answer))) {
    return `the organization ${organization} has not approved this application; one of its owners can, in its settings under "OAuth app policy"`
  }
  throw new Error(
    `${access.api}: does not let this application ask about the organization ${organization} (403); a GitHub App must be installed there, with the permission "Members: read"`,
  )
}

/**
 * The teams of the account in these organizations, and the teams right above them.
 *
 * @throws Error when there are more than can be read: a missing label could skip a rule that denies
 */
export async function readTeams(access: Access, organizations: readonly string[]): Promise<Team[]> {
  const known = new Map(organizations.map((name) => [name.toLowerCase(), name]))
  const teams = new Map<string, Team>()
  let url: string | undefined = `${access.api}/user/teams?per_page=100`
  for (let page = 1; url !== undefined; page++) {
    if (page > MOST_PAGES)
      throw new Error(`${access.api}: the teams of one account fill over ${MOST_PAGES} pages`)
    const answer: ApiAnswer = await get(access, url)
    for (const { organization, parent, ...team } of read(TEAMS, answer, access)) {
      const name = known.get(organization.login.toLowerCase())
      if (name === undefined) continue
      for (const one of parent ? [team, parent] : [team]) {
        teams.set(`${name}/${one.slug}`, { organization: name, slug: one.slug, name: one.name })
      }
    }
    url = followed(nextPage(answer.headers.link), access)
  }
  return [...teams.values()]
}

/** The access token goes nowhere else than to the API. */
function followed(next: string | undefined, { api }: Access): string | undefined {
  if (next === undefined) return undefined
  const { origin } = new URL(api)
  const url = URL.parse(next, api)
  if (url?.origin === origin) return url.href
  throw new Error(`${origin}: says that the next page is at ${url?.origin ?? 'no URL'}; correct \`api_url\``)
}

async function get({ client, token, signal }: Access, url: string): Promise<ApiAnswer> {
  const answer = readApi(await client.get(url, token, signal), url, 'api_url')
  // The secondary limits come without a header.
  if (answer.status === 403 && /rate limit/i.test(messageOf(answer))) {
    throw new Error(`${new URL(url).origin}: answered 403, too many requests`)
  }
  return answer
}

function read<S extends z.ZodType>(schema: S, { status, body }: ApiAnswer, { api }: Access): z.output<S> {
  const { data, success } = schema.safeParse(status === 200 ? body : undefined)
  if (success) return data
  throw new Error(`${api}: answered ${status} with something else than was asked for; correct \`api_url\``)
}

function messageOf({ body }: ApiAnswer): string {
  return MESSAGE.safeParse(body).data?.message ?? ''
}

function suspended(): OAuthRefused {
  return new OAuthRefused('GitHub has suspended this account')
}
