// The google authenticator's options.
import { redirectUrl, signInOptions, z } from '../../core/plugin.ts'

const domain = z
  .string()
  .toLowerCase()
  .regex(/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$/u, {
    error: 'is no domain; write what stands after the @: example.com',
  })
const domains = z
  .array(domain)
  .min(1, { error: 'names no domain; leave it out to let every Google account in' })

export const options = z.strictObject({
  ...signInOptions({
    title: 'Google',
    variables: ['claims'],
    account: 'claims.email',
    accept: 'true',
    labels: {},
  }),
  redirect_url: redirectUrl()
    .optional()
    .describe(
      "This server as the browser reaches it, as registered at Google: https://HOST/google_auth. Default: the page's own address.",
    ),
  domain: z
    .union([domain, domains], { error: 'must be a domain, such as example.com, or a list of them' })
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .optional()
    .describe('Only email addresses of this domain, or of one of these, come in.'),
})
