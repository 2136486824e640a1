// What all pages share: the document around their content, and the headers that go with it.
import { hash } from 'node:crypto'
import { type Html, type HtmlValue, html, trusted } from './html.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${digest(STYLE)}'`,
  `script-src '${digest(SCRIPT)}'`,
  // The icon is part of the document; without one, browsers ask for /favicon.ico.
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The headers of every page: it runs and loads nothing but what it holds, is in no frame and no cache, and tells no other site its address. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), geolocation=(), microphone=(), payment=(), usb=(), clipboard-write=(self)',
  'Cache-Control': 'no-store',
}

const KEY =
  'M14 6a5 5 0 0 0-4.6 7L4 18.4V21h3.2v-2h2v-2h2l1-1A5 5 0 1 0 14 6Zm1.5 5a1.5 1.5 0 1 1 0-3 1.5 1.5 0 0 1 0 3Z'

/** An SVG as a data URL; the colour suits light and dark. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="6" fill="#0b6a75"/><path d="${KEY}" fill="#fff"/></svg>`,
)}`

interface Frame {
  readonly issuer: string
  /** Names the page in the browser's tab, before the issuer. */
  readonly title: string
  /** The server's first page; the issuer's name leads there. */
  readonly landing?: string | undefined
  /** What the address bar shall show: the query, which may hold a code and a state, is dropped. */
  readonly path?: string | undefined
  /** One card with little in it, on a narrower page. */
  readonly single?: boolean
  /** Where the browser goes on to at once. */
  readonly onward?: string
}

/** The whole document around a page's content. */
export function document(
  { issuer, title, landing, path, single, onward }: Frame,
  ...content: HtmlValue[]
): string {
  const brand = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="${KEY}"/></svg><bdi>${issuer}</bdi>`
  return html`<!doctype html>
<html lang="en"${path !== undefined && html` data-path="${path}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="same-origin">
${onward !== undefined && html`<meta http-equiv="refresh" content="${`0; url=${onward}`}">\n`}<title>${title} · ${issuer}</title>
<link rel="icon" href="${ICON}">
<style>${trusted(STYLE)}</style>
</head>
<body${single && html` class="single"`}>
<header>${landing === undefined ? html`<span class="brand">${brand}</span>` : html`<a class="brand" href="${landing}">${brand}</a>`}</header>
<main>
${content}
</main>
<footer>Dockwarden, sign-in for container registries</footer>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.toString()
}

/** The longest name that a password may have. */
export const MOST_OF_NAME = 64

/** What a form or a link that begins a sign-in may ask for, as parameters. */
export const WANTED = {
  /** A password of this name, which may be empty. */
  name: 'name',
  /** No password, only the list. */
  list: 'list',
  /** To be asked by the provider who it is. */
  another: 'another',
} as const

/**
 * The form that begins a sign-in for a password, and asks for its name.
 *
 * @param path of the sign-in's pages
 * @param look classes of the button
 * @param another whether the provider shall ask who it is
 */
export function startForm(path: string, words: string, look = 'button', another = false): Html {
  return html`<form class="ask" method="get" action="${`${path}/start`}">${another && html`<input type="hidden" name="${WANTED.another}">`}
<label for="name">Name of the new password</label>
<input type="text" id="name" name="${WANTED.name}" maxlength="${MOST_OF_NAME}" autocomplete="off" aria-describedby="name-hint">
<button class="${look}">${words}</button>
<p class="small" id="name-hint">Such as the computer or the job that it is for. You may leave it empty.</p></form>`
}

/** The link that begins a sign-in only to see and revoke passwords. */
export function listLink(path: string, words: string, another = false): Html {
  return html`<a href="${`${path}/start?${WANTED.list}${another ? `&${WANTED.another}` : ''}`}">${words}</a>`
}

function digest(text: string): string {
  return `sha256-${hash('sha256', text, 'base64')}`
}
