// What GitLab says about the owner of an access token: the account and its groups.
// https://docs.gitlab.com/api/users/, https://docs.gitlab.com/integration/openid_connect_provider/
import { type ApiAnswer, type OAuthClient, OAuthRefused, readApi, type Secret, z } from '../../core/plugin.ts'

/** One person's access. */
export interface Access {
  readonly client: OAuthClient
  readonly token: Secret
  readonly signal: AbortSignal
}

const USER = z.looseObject({ id: z.int(), username: z.string().min(1), state: z.string() })
const USERINFO = z.object({ groups: z.array(z.string()) })
const FAULT = z.object({ message: z.string().optional(), error: z.string().optional() })

/** How GitLab's API begins its answer to people whom it lets do nothing: blocked, not confirmed, terms not accepted, ... */
const NOT_ALLOWED = /^403 Forbidden - ./

/**
 * The account.
 *
 * @throws OAuthRefused when it is not active, or its access revoked
 */
export async function readUser(access: Access, api: string): Promise<z.output<typeof USER>> {
  const url = `${api}/user`
  const answer = await get(access, url, 'api_url')
  if (answer.status === 403 && NOT_ALLOWED.test(faultOf(answer).message ?? '')) {
    throw new OAuthRefused('GitLab lets this account do nothing at present; sign in at GitLab to see why')
  }
  const user = read(USER, answer, url, 'api_url')
  if (user.state !== 'active')
    throw new OAuthRefused(`this account is ${JSON.stringify(user.state.slice(0, 40))} at GitLab`)
  return user
}

/** The full paths of the account's groups, also of those that it is in through a group above them. */
export async function readGroups(access: Access, web: string): Promise<readonly string[]> {
  const url = `${web}/oauth/userinfo`
  return read(USERINFO, await get(access, url, 'web_url'), url, 'web_url').groups
}

async function get({ client, token, signal }: Access, url: string, option: string): Promise<ApiAnswer> {
  return readApi(await client.get(url, token, signal), url, option)
}

function read<S extends z.ZodType>(schema: S, answer: ApiAnswer, url: string, option: string): z.output<S> {
  const { origin, pathname } = new URL(url)
  if (faultOf(answer).error === 'insufficient_scope') {
    throw new Error(
      `${origin}${pathname}: the token has too few scopes; see \`scopes\`, and the application's at GitLab`,
    )
  }
  const { data, success } = schema.safeParse(answer.status === 200 ? answer.body : undefined)
  if (success) return data
  throw new Error(
    `${origin}${pathname}: answered ${answer.status} with something else than was asked for; correct \`${option}\``,
  )
}

function faultOf({ status, body }: ApiAnswer): z.output<typeof FAULT> {
  return status === 403 ? (FAULT.safeParse(body).data ?? {}) : {}
}
