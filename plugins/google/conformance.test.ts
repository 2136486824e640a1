import { conformance } from '../../core/testing/index.ts'
import { hostWith, OPTIONS, REDIRECT_URL, startGoogle } from '../../test/support/google-stand-in.ts'
import type { OpenIdProvider } from '../../test/support/openid-provider.ts'
import plugin from './index.ts'

const valid = { ...OPTIONS, redirect_url: REDIRECT_URL }

let google: OpenIdProvider
before(async () => {
  google = await startGoogle({})
})
after(() => google?.stop())

conformance(plugin, {
  options: () => valid,
  host: () => hostWith(google.issuer),
  invalid: [
    { options: { redirect_url: REDIRECT_URL, client_id: 'a' }, path: 'client_secret', message: /!env NAME/ },
    { options: { ...valid, domain: '@example.com' }, path: 'domain', message: /what stands after the @/ },
    { options: { ...valid, domain: 7 }, path: 'domain', message: /or a list of them/ },
    { options: { ...valid, domain: [] }, path: 'domain', message: /leave it out/ },
    { options: { ...valid, issuer: 'https://example.com' }, path: '', message: /issuer/ },
    { options: { ...valid, account: 'email' }, path: 'account', message: /unknown|Unknown/ },
  ],
  // Nobody comes in with a password of Google's.
  passes: [{ account: 'ann@example.com', password: 'correct horse' }],
})
