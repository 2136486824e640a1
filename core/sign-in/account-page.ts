// The page of a signed-in person: the password that was just made, and all that were handed out to the account.
import type { Secret } from '../plugin.ts'
import { type Html, html } from './html.ts'
import { document, startForm } from './layout.ts'
import { type LoginCommand, loginCommands } from './login-commands.ts'

/** A password that was just made, to show this once. */
export interface NewPassword {
  readonly secret: Secret
  readonly name?: string | undefined
  /** undefined = it has no end of its own. */
  readonly expires?: Date | undefined
  /** For the commands: host and port of the registry. */
  readonly registry?: string | undefined
  /** More on when it ends, in whole sentences. */
  readonly until?: string | undefined
}

/** A password of the account, as the list shows it. */
export interface ListedPassword {
  readonly id: string
  readonly name?: string | undefined
  readonly created: Date
  /** When it was used last; undefined = never. */
  readonly used?: Date | undefined
  /** undefined = it has no end of its own. */
  readonly expires?: Date | undefined
  /** Whether this sign-in made it. */
  readonly current?: boolean | undefined
}

export interface AccountPage {
  readonly issuer: string
  /** The provider's name. */
  readonly title: string
  readonly path: string
  readonly account: string
  readonly password?: NewPassword | undefined
  readonly passwords: readonly ListedPassword[]
  /** Goes with each form; the host compares it. */
  readonly csrf: string
  /** The landing page's path. */
  readonly landing: string
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })

/** The page after the sign-in. */
export function accountPage(page: AccountPage): string {
  const { issuer, title, path, account, csrf, landing } = page
  return document(
    { issuer, title: page.password ? 'Your new password' : 'Your passwords', landing, path },
    html`<div class="card title">
<div><h1>Welcome, <bdi>${account}</bdi></h1>
<p class="lead">You are signed in with ${title}.</p></div>
<form method="post" action="${`${path}/sign-out`}"><input type="hidden" name="csrf" value="${csrf}"><button class="button quiet">Sign out</button></form>
</div>
${page.password && newPassword(page, page.password)}
<section class="card" aria-labelledby="passwords">
<div class="title"><h2 id="passwords">Your passwords</h2></div>
${page.passwords.length > 0 ? list(page) : html`<p class="lead">You have no password here.</p>`}
${page.password === undefined && startForm(path, 'Get a new password', 'button quiet')}
</section>
<p class="unseen" role="status"></p>`,
  )
}

function newPassword({ account, title }: AccountPage, password: NewPassword): Html {
  const { expires, until, registry, name } = password
  return html`<section class="card new" aria-labelledby="new">
<h2 id="new">Your new password</h2>
<p><strong>Copy it now: it is not shown again.</strong> Whoever has it can use the registry as you.</p>
<label for="password">Password</label>
<div class="copyable"><textarea id="password" rows="2" readonly autocomplete="off" autocapitalize="off" spellcheck="false" translate="no">${password.secret.reveal()}</textarea>${copyButton('password', 'the password', 'button')}</div>
<dl class="facts">
${name !== undefined && html`<dt>Name</dt><dd><bdi>${name}</bdi></dd>\n`}<dt>Account</dt><dd><bdi>${account}</bdi></dd>
<dt>Belongs to</dt><dd>Your sign-in with ${title}</dd>
<dt>Ends</dt><dd>${expires ? time(expires) : 'When you revoke it'}${until !== undefined && html`<br>${until}`}</dd>
</dl>
<h3>Log in with it</h3>
<p class="small">Run one of these, and paste the password when it asks; crane and kubectl read it: paste it, and press Enter and Ctrl+D.${registry === undefined && html` Put your registry’s name in the place of <code>REGISTRY</code>.`}</p>
<dl class="commands">
${loginCommands(account, registry).map(commandRow)}</dl>
</section>`
}

/** A line breaks between words, not within an option. */
function commandRow({ client, words }: LoginCommand): Html {
  const id = `command-${client}`
  return html`<div><dt>${client}</dt><dd class="copyable"><code id="${id}" translate="no">${words.map((word, place) => html`${place > 0 && ' '}<span>${word}</span>`)}</code>${copyButton(id, `the ${client} command`)}</dd></div>\n`
}

/** Hidden until the script finds that the browser can copy. Its first element is the word that the script changes. */
function copyButton(source: string, what: string, look = 'button quiet'): Html {
  return html`<button type="button" class="${look}" data-copy="${source}" hidden><span>Copy</span><span class="unseen"> ${what}</span></button>`
}

/** The roles are what a table has anyway; some browsers drop them where a narrow screen stacks the cells. */
function list({ path, csrf, passwords }: AccountPage): Html {
  return html`<table role="table" aria-labelledby="passwords">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Password</th><th role="columnheader" scope="col">Made</th><th role="columnheader" scope="col">Last used</th><th role="columnheader" scope="col">Ends</th><th role="columnheader" scope="col"><span class="unseen">Revoke</span></th></tr></thead>
<tbody role="rowgroup">
${passwords.map((password) => row(password, path, csrf))}</tbody>
</table>`
}

function row(
  { id, name, created, used, expires, current }: ListedPassword,
  path: string,
  csrf: string,
): Html {
  const shown =
    name === undefined ? html`<code>${id}</code>` : html`<bdi>${name}</bdi><code class="id">${id}</code>`
  return html`<tr role="row"><th role="rowheader" scope="row">${shown}${current && html` <span class="badge">This sign-in</span>`}</th>
<td role="cell" data-label="Made">${time(created)}</td>
<td role="cell" data-label="Last used">${used ? time(used) : 'Never'}</td>
<td role="cell" data-label="Ends">${expires ? time(expires) : 'When revoked'}</td>
<td role="cell"><form method="post" action="${`${path}/revoke`}"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="id" value="${id}"><button class="button quiet danger">Revoke<span class="unseen"> ${name === undefined ? id : `${name}, ${id}`}</span></button></form></td></tr>\n`
}

function time(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${DAY.format(at)}, ${CLOCK.format(at)}\u{a0}UTC</time>`
}
