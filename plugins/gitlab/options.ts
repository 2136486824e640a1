// The gitlab authenticator's options.
import { redirectUrl, serverUrl, signInOptions, z } from '../../core/plugin.ts'

export const options = z
  .strictObject({
    ...signInOptions({
      title: 'GitLab',
      variables: ['user', 'groups'],
      account: 'user.username',
      accept: 'true',
      labels: { groups: 'groups' },
    }),
    redirect_url: redirectUrl().describe(
      'This server as the browser reaches it, as registered at GitLab: https://HOST/gitlab_auth.',
    ),
    web_url: serverUrl()
      .prefault('https://gitlab.com')
      .describe('Where people sign in: https://gitlab.example.com for a GitLab of your own.'),
    api_url: serverUrl().optional().describe('Default: `web_url`/api/v4.'),
    scopes: z
      .array(z.string().regex(/^\w+$/, { error: 'is no scope; write one word an entry' }))
      .prefault(['read_user', 'openid'])
      .refine(
        (scopes) => scopes.some((scope) => scope === 'read_user' || scope === 'api' || scope === 'read_api'),
        {
          error: 'let nobody see who has signed in; add read_user',
        },
      )
      .describe('`openid` is for the groups. The application at GitLab must have them all.'),
    allowed_groups: z
      .array(
        z
          .string()
          .regex(/^[\w.-]+(\/[\w.-]+)*$/, { error: 'is no group; write its full path: acme/backend' }),
      )
      .min(1, { error: 'names no group; leave it out to let every account of GitLab in' })
      .optional()
      .describe('Only members of at least one of these groups come in.'),
  })
  .superRefine(({ allowed_groups, scopes }, context) => {
    if (allowed_groups && !scopes.includes('openid')) {
      context.addIssue({
        code: 'custom',
        path: ['allowed_groups'],
        message: 'needs openid among the `scopes`',
      })
    }
  })

export type Options = z.output<typeof options>
