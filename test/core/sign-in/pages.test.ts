import { hash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { Secret } from '../../../core/plugin.ts'
import {
  type AccountPage,
  accountPage,
  errorPage,
  landingPage,
  PAGE_HEADERS,
  signedOutPage,
  startPage,
} from '../../../core/sign-in/pages.ts'
import { runs } from '../../support/properties.ts'
import { everyPage, PASSWORD } from './every-page.ts'
import { HOSTILE_PIECES, skeleton, unescaped } from './skeleton.ts'

const SIGN_IN = { issuer: 'Acme', title: 'GitHub', path: '/github_auth', landing: '/' }
const ACCOUNT: AccountPage = { ...SIGN_IN, account: 'alice', passwords: [], csrf: 'csrf-text' }
const NEW = { secret: new Secret(PASSWORD) }
const LISTED = { id: 'id-1', created: new Date('2026-10-05T12:30:00Z') }

/** What a person reads, with one space between words. */
function text(document: string): string {
  const body = document.slice(document.indexOf('<body'), document.indexOf('<script>'))
  return unescaped(body.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ')
}

describe('the pages of the sign-in', () => {
  for (const [name, document] of everyPage()) {
    it(`are whole documents with one heading: ${name}`, () => {
      expect(document).to.match(/^<!doctype html>\n<html lang="en"/)
      expect(document).to.match(/<title>[^<]+ · Acme registry<\/title>/)
      expect(document.match(/<h1>/g)).to.have.length(1)
      expect(document.match(/<main>/g)).to.have.length(1)
    })

    it(`hold no handler, no style attribute and nothing to load: ${name}`, () => {
      const attributes = skeleton(document).flatMap((tag) => tag.split(' ').slice(1))
      expect(attributes.filter((attribute) => /^(on|style$|src|srcset$)/.test(attribute))).to.deep.equal([])
      expect(document.match(/<link [^>]*>/g)).to.have.length(1)
      expect(document).to.contain('<link rel="icon" href="data:')
    })
  }

  it('are built in the same way whatever the texts are', () => {
    const expected = [...everyPage(() => 'x').values()].map(skeleton)
    const hostile = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...HOSTILE_PIECES), { minLength: 1 }).map((pieces) => pieces.join('')),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        expect([...everyPage(() => `x${text}`).values()].map(skeleton)).to.deep.equal(expected)
      }),
      runs(40),
    )
  })
})

describe('the headers of the pages', () => {
  const policy = PAGE_HEADERS['Content-Security-Policy']!
  const [document] = everyPage().values()

  for (const element of ['style', 'script']) {
    it(`allow the pages' own ${element} and no other`, () => {
      const [, own] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(document!)!
      expect(policy.split('; ')).to.include(`${element}-src 'sha256-${hash('sha256', own!, 'base64')}'`)
    })
  }

  it('forbid everything else, frames and caches', () => {
    expect(policy.split('; ')).to.include.members([
      "default-src 'none'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ])
    expect(PAGE_HEADERS).to.include({
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    })
  })
})

describe('the landing page', () => {
  it('links each way to sign in', () => {
    const signIns = [
      { title: 'GitHub', path: '/github_auth' },
      { title: 'Example Corp', path: '/prefix/oidc_auth' },
    ]
    const document = landingPage({ issuer: 'Acme', signIns })
    expect(document).to.match(/<a [^>]*href="\/github_auth">Sign in with GitHub<\/a>/)
    expect(document).to.match(/<a [^>]*href="\/prefix\/oidc_auth">Sign in with Example Corp<\/a>/)
  })
})

describe('the page of one provider', () => {
  it('links the provider and the landing page', () => {
    const document = startPage({ ...SIGN_IN, landing: '/prefix/' })
    expect(document).to.match(/<form [^>]*action="\/github_auth\/start">.*<button [^>]*>Continue to GitHub</s)
    expect(document).to.contain('href="/prefix/"')
  })

  it('asks for the name of the password, and lets whoever comes for the list have none', () => {
    const document = startPage({ ...SIGN_IN, landing: '/' })
    expect(document).to.match(/<label for="name">.*<input type="text" id="name" name="name"/s)
    expect(document).to.contain('href="/github_auth/start?list"').and.not.contain('another')
    const other = startPage({ ...SIGN_IN, landing: '/', another: true })
    expect(other).to.contain('href="/github_auth/start?list&amp;another"').and.contain('name="another"')
  })
})

describe('the account page', () => {
  it('shows a new password, and says that it is not shown again', () => {
    const document = accountPage({ ...ACCOUNT, password: NEW })
    expect(document.split(PASSWORD)).to.have.length(2)
    expect(text(document)).to.contain('it is not shown again')
  })

  it('says what the password belongs to and when it ends', () => {
    const password = { ...NEW, expires: new Date('2027-01-01T09:05:00Z'), until: 'Or with your account.' }
    const document = accountPage({ ...ACCOUNT, password })
    expect(text(document)).to.contain('Your sign-in with GitHub')
    expect(text(document)).to.contain('1 Jan 2027, 09:05 UTC Or with your account.')
    expect(document).to.contain('<time datetime="2027-01-01T09:05:00.000Z">')
  })

  it('says of a password without an end that it ends when it is revoked', () => {
    expect(text(accountPage({ ...ACCOUNT, password: NEW }))).to.contain('Ends When you revoke it')
  })

  it('has no password on a command line', () => {
    const document = accountPage({ ...ACCOUNT, password: { ...NEW, registry: 'registry.example.com' } })
    const commands = [...document.matchAll(/<code id="command-.*?<\/code>/gs)].map(([code]) =>
      unescaped(code.replaceAll(/<[^>]*>/g, '')),
    )
    expect(commands).to.deep.equal([
      'docker login --username alice registry.example.com',
      'podman login --username alice registry.example.com',
      'nerdctl login --username alice registry.example.com',
      'helm registry login --username alice registry.example.com',
      'skopeo login --username alice registry.example.com',
      'crane auth login --username alice --password-stdin registry.example.com',
      'kubectl create secret docker-registry registry --docker-server=registry.example.com --docker-username=alice --docker-password="$(cat)"',
    ])
  })

  it('explains REGISTRY only where it stands in the commands', () => {
    expect(text(accountPage({ ...ACCOUNT, password: NEW }))).to.contain('in the place of REGISTRY')
    const known = accountPage({ ...ACCOUNT, password: { ...NEW, registry: 'registry.example.com' } })
    expect(known).not.to.contain('REGISTRY')
  })

  it('lists the passwords with their times and a form that revokes each', () => {
    const passwords = [
      { ...LISTED, name: 'laptop', used: new Date('2026-10-06T07:00:00Z'), current: true },
      { ...LISTED, id: 'id-2', expires: new Date('2026-11-05T12:30:00Z') },
    ]
    const document = accountPage({ ...ACCOUNT, passwords })
    expect(text(document)).to.contain(
      'laptop id-1 This sign-in 5 Oct 2026, 12:30 UTC 6 Oct 2026, 07:00 UTC When revoked Revoke laptop, id-1',
    )
    expect(text(document)).to.contain('id-2 5 Oct 2026, 12:30 UTC Never 5 Nov 2026, 12:30 UTC Revoke id-2')
    const forms = [...document.matchAll(/<form method="post" action="\/github_auth\/revoke">(.*?)<\/form>/gs)]
    expect(forms).to.have.length(2)
    expect(forms[1]![1]).to.contain('name="csrf" value="csrf-text"').and.to.contain('name="id" value="id-2"')
  })

  it('says when there is no password, and how to get one', () => {
    const document = accountPage(ACCOUNT)
    expect(text(document)).to.contain('You have no password here')
    expect(document).to.match(/<form [^>]*action="\/github_auth\/start">.*Get a new password</s)
    expect(document).not.to.contain('<table')
  })

  it('has a form that signs out', () => {
    expect(accountPage(ACCOUNT)).to.match(
      /<form method="post" action="\/github_auth\/sign-out"><input type="hidden" name="csrf" value="csrf-text">/,
    )
  })
})

describe('the page after the sign-out', () => {
  it('links the sign-out of the provider', () => {
    const document = signedOutPage({ ...SIGN_IN, endUrl: 'https://github.example/logout?a=1&b=2' })
    expect(document).to.contain('href="https://github.example/logout?a=1&amp;b=2"')
  })

  for (const endUrl of ['javascript:alert(1)', 'data:text/html,x', 'logout', undefined]) {
    it(`has no link to ${endUrl}`, () => {
      const document = signedOutPage({ ...SIGN_IN, endUrl })
      expect(document).not.to.contain(`href="${endUrl}"`)
      expect(text(document)).not.to.contain('sign out at GitHub')
    })
  }
})

describe('the page of an error', () => {
  const error = {
    issuer: 'Acme',
    status: 503,
    heading: 'Away',
    message: 'GitHub is away.',
    reference: 'ref-1',
    path: '/github_auth',
    landing: '/',
  }

  it('says what happened and what the operator needs', () => {
    const document = errorPage(error)
    expect(text(document)).to.contain('Away GitHub is away.')
    expect(text(document)).to.contain('the reference ref-1 (status 503)')
  })

  it('offers another try', () => {
    expect(errorPage(error)).to.contain('href="/github_auth">Try again</a>')
  })

  it('says as whom somebody was refused, and lets him come as another', () => {
    const document = errorPage({ ...error, status: 403, refused: true, account: 'bob@example.com' })
    expect(text(document)).to.contain('You came as bob@example.com .')
    expect(document).to.contain('href="/github_auth?another">Try another account</a>')
    expect(text(errorPage({ ...error, status: 403, refused: true }))).not.to.contain('You came as')
  })

  it('leads whoever was about to revoke to the list, without another password', () => {
    expect(errorPage({ ...error, status: 401, list: true })).to.contain('href="/github_auth/start?list"')
  })
})
