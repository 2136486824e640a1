// The oidc authenticator's options.
import { mapOf, providerUrl, redirectUrl, secret, signInOptions, z } from '../../core/plugin.ts'

/** Parameters of the authorization request that are not for a configuration to choose. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
])

/** The default of `accept`, which lets everybody in whose address may be believed. */
export const ACCEPT = '!has(claims.email_verified) || claims.email_verified == true'

export const options = z.strictObject({
  ...signInOptions({
    title: 'OpenID Connect',
    variables: ['claims'],
    account: 'claims.email',
    accept: ACCEPT,
    labels: {},
  }),
  issuer: providerUrl('the issuer: https://login.example.com/realms/main').describe(
    'The OpenID issuer, letter by letter; the rest is discovered there.',
  ),
  redirect_url: redirectUrl().describe(
    'This server as the browser reaches it, as registered at the provider.',
  ),
  client_secret: secret()
    .optional()
    .describe("The client's secret, as !env NAME or !file PATH; none for a public client."),
  client_authentication: z
    .enum(['basic', 'post'])
    .optional()
    .describe('How the secret is sent. Default: as the provider says.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'is no scope; write one word an entry' }))
    .refine((scopes) => scopes.includes('openid'), {
      error: 'must contain openid: without it there is no ID token',
    })
    .optional()
    .describe('Default: openid, profile, email, and offline_access where the provider knows it.'),
  parameters: mapOf(z.string())
    .prefault({})
    .superRefine((parameters, context) => {
      for (const name of parameters.keys()) {
        if (!OWN_PARAMETERS.has(name)) continue
        const hint = name === 'scope' ? 'write `scopes`' : 'it is set for each sign-in; leave it out'
        context.addIssue({ code: 'custom', path: [name], message: `can not be chosen; ${hint}` })
      }
    })
    .describe('Further parameters of the authorization request: prompt, acr_values, ...'),
  userinfo: z
    .boolean()
    .default(true)
    .describe("Also ask the provider's userinfo, where it has one, and lay it over the ID token's claims."),
})

export type Options = z.output<typeof options>
