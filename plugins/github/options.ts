// The github authenticator's options.
import { redirectUrl, serverUrl, signInOptions, z } from '../../core/plugin.ts'

const MOST_ORGANIZATIONS = 20

export const options = z.strictObject({
  ...signInOptions({
    title: 'GitHub',
    variables: ['user', 'organizations', 'teams'],
    account: 'user.login',
    accept: 'true',
    labels: { organizations: 'organizations', teams: 'teams.map(team, team.slug)' },
  }),
  organizations: z
    .array(z.string().regex(/^\w[\w-]*$/, { error: 'is no organization; write NAME of github.com/NAME' }))
    .min(1, { error: 'names no organization; leave it out to let every account of GitHub in' })
    .max(MOST_ORGANIZATIONS)
    .optional()
    .describe('Only members of at least one of these come in; their teams become labels.'),
  redirect_url: redirectUrl()
    .optional()
    .describe(
      "This server as the browser reaches it, as registered at GitHub: https://HOST/github_auth. Default: the page's own address.",
    ),
  web_url: serverUrl()
    .prefault('https://github.com')
    .describe('Where people sign in: https://github.example.com for a GitHub Enterprise Server.'),
  api_url: serverUrl()
    .optional()
    .describe('Default: https://api.github.com for github.com, otherwise `web_url`/api/v3.'),
})

export type Options = z.output<typeof options>

/** Where the API is. */
export function apiUrl({ web_url, api_url }: Options): string {
  return api_url ?? (web_url === 'https://github.com' ? 'https://api.github.com' : `${web_url}/api/v3`)
}
