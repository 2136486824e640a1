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
}

/** The whole document around a page's content. */
export function document({ issuer, title, landing, path, single }: Frame, ...content: HtmlValue[]): string {
  const brand = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="${KEY}"/></svg><bdi>${issuer}</bdi>`
  return html`<!doctype html>
<html lang="en"${path !== undefined && html` data-path="${path}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · ${issuer}</title>
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

/**
 * The link that begins a sign-in.
 *
 * @param path of the sign-in's pages
 * @param classes of the style sheet
 */
export function startLink(path: string, words: string, classes = 'button'): Html {
  // Where browsers send no Sec-Fetch-Site, only the referrer shows that this page began it. No other site gets that.
  return html`<a class="${classes}" referrerpolicy="same-origin" href="${`${path}/start`}">${words}</a>`
}

function digest(text: string): string {
  return `sha256-${hash('sha256', text, 'base64')}`
}
