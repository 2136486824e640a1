// Every page once, for tests of what all of them share.
import { Secret } from '../../../core/plugin.ts'
import {
  accountPage,
  errorPage,
  type ListedPassword,
  landingPage,
  nowherePage,
  signedOutPage,
  startPage,
} from '../../../core/sign-in/pages.ts'

export const PASSWORD = `dwp_${'0aA1bB2cC3'.repeat(5).slice(0, 49)}`
/** As long as an account gets, with nowhere to break a line. */
const LONG_ACCOUNT = `${'averylongaccountname'.repeat(6)}@${'averylongcompanyname'.repeat(6)}.example.com`

/** How the texts are made that come from outside, from what they would be. */
type Text = (usual: string) => string

/** Each page by a name. `text` changes every text that comes from the configuration, the provider or the person. */
export function everyPage(text: Text = (usual) => usual): Map<string, string> {
  const issuer = text('Acme registry')
  const landing = text('/')
  const title = text('GitHub')
  const path = text('/github_auth')
  const csrf = text('csrf-text')
  const common = { issuer, title, path, csrf, landing }
  const password = {
    secret: new Secret(text(PASSWORD)),
    name: text('laptop'),
    expires: new Date('2027-01-01T00:00:00Z'),
    registry: text('registry.example.com'),
    until: text('GitHub is asked every hour whether you are still known there.'),
  }
  const passwords = tenPasswords(text)
  return new Map([
    [
      'landing',
      landingPage({
        issuer,
        signIns: [
          { title, path },
          { title: text('Example Corp'), path: text('/oidc_auth') },
        ],
      }),
    ],
    ['landing without a way to sign in', landingPage({ issuer, signIns: [] })],
    ['start', startPage({ issuer, title, path, landing })],
    ['start as another', startPage({ issuer, title, path, landing, another: true })],
    ['nowhere', nowherePage({ issuer, landing })],
    ['new password', accountPage({ ...common, account: text('alice'), password, passwords })],
    [
      'new password of a long account for no known registry',
      accountPage({
        ...common,
        account: text(LONG_ACCOUNT),
        password: { secret: password.secret },
        passwords: passwords.slice(0, 1),
      }),
    ],
    ['passwords', accountPage({ ...common, account: text('alice'), passwords })],
    ['no passwords', accountPage({ ...common, account: text('alice'), passwords: [] })],
    [
      'signed out',
      signedOutPage({ issuer, title, path, landing, endUrl: `https://github.example/logout?${text('x')}` }),
    ],
    ['signed out of a provider without a sign-out', signedOutPage({ issuer, title, path, landing })],
    [
      'outage',
      errorPage({
        issuer,
        status: 503,
        heading: text('GitHub can’t be reached'),
        message: text('This server could not ask GitHub who you are. Try again in a minute.'),
        reference: text('3f1c2d4e'),
        landing,
        path,
      }),
    ],
    [
      'refusal',
      errorPage({
        issuer,
        status: 403,
        refused: true,
        account: text('bob@example.com'),
        heading: text('You can’t use this registry'),
        message: text('The account alice is in none of the organizations that may.'),
        reference: text('3f1c2d4e'),
        path,
        landing,
      }),
    ],
  ])
}

function tenPasswords(text: Text): ListedPassword[] {
  return Array.from({ length: 10 }, (_, place) => ({
    id: text(`0123456789abcdef000${place}`),
    name: place % 3 === 0 ? undefined : text(`machine-${place}`),
    created: new Date(Date.UTC(2026, 8, 12, 8, place)),
    used: place % 2 === 0 ? undefined : new Date(Date.UTC(2026, 9, 4, 12, place)),
    expires: place % 4 === 0 ? undefined : new Date(Date.UTC(2027, 2, 1)),
    current: place === 0,
  }))
}
