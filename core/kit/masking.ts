// Takes secrets out of a text that is to be seen: the tokens that this server hands out, by their form, and known secrets, however
// they are encoded. What it takes grows with the text's length only.

import type { Secret } from '../contract/secret.ts'

const MASK = '***'

/**
 * A token of ours, also one that was cut. Fewer characters give nobody anything, and lower case alone can be a name: a team may
 * well be called `dwp_frontend`.
 */
const OWN_TOKEN = /([dD][wW][rpbRPB](?:_|%5[fF]))(?=[0-9a-z]*[A-Z]|[0-9A-Za-z]{20})[0-9A-Za-z]{8,}/g
const BASE64 = /[\w+/-]{24,}={0,2}/g
const IN_BASE64 = new RegExp(['dwr_', 'dwp_', 'dwb_'].flatMap((prefix) => base64Parts(prefix)).join('|'))
const MAY_HOLD_TOKEN = new RegExp(`[dD][wW][rpbRPB](?:_|%5[fF])|${IN_BASE64.source}`)

/**
 * Masks refresh tokens, personal access tokens and the cookies of browsers, whole or cut, plain or in base64 (as in the header of
 * Basic).
 *
 * @example maskTokens('no scope: dwp_0aB...') // 'no scope: dwp_***'
 */
export function maskTokens(text: string): string {
  if (!MAY_HOLD_TOKEN.test(text)) return text
  return text.replace(OWN_TOKEN, `$1${MASK}`).replace(BASE64, (run) => (encodesToken(run) ? MASK : run))
}

/** Where in the run the base64 begins is not known. */
function encodesToken(run: string): boolean {
  if (!IN_BASE64.test(run)) return false
  return [0, 1, 2, 3].some(
    (start) => Buffer.from(run.slice(start), 'base64').toString('latin1').search(OWN_TOKEN) !== -1,
  )
}

/** Shorter ones are masked where they stand as a word only: without every `a` a text could not be read. */
const LEAST_WITHIN_WORDS = 4
/** A secret as long as this is masked by a piece at either end, too: texts get cut. */
const LEAST_CUT = 20
const PIECE = 16
/** Less of it would be found by chance. */
const LEAST_BASE64 = 6
const MOST_BASE64 = 32
const LIKE_BASE64 = new RegExp(`[\\w+/-]{${LEAST_BASE64}}`)

/** One secret text, prepared for the search. */
export interface MaskedSecret {
  /** @returns false when the text can't hold it; true is no promise */
  mayStandIn(text: string): boolean
  mask(text: string): string
}

/** Texts in which something can stand encoded. */
const ENCODED = /[%\\+]|[^\x00-\x7f]/
/** JSON in which something can stand byte by byte, or character by character. */
const LISTED = /"type":"Buffer"|"0":|\d,\d{1,3},\d{1,3},|".","/

/**
 * Prepares a secret: it is found raw, percent-encoded, escaped as in JSON (each up to three times over, and mixed) and in base64.
 *
 * @param secret not empty
 * @example maskedSecret('pass word').mask('bad pass%20word') // 'bad ***'
 */
export function maskedSecret(secret: string): MaskedSecret {
  // As it is, and as whoever decodes it once more sees it, where it looks encoded itself.
  const texts = ENCODED.test(secret) ? [...new Set([plain(secret), flatten(secret).flat])] : [secret]
  const needles = texts.map(toNeedle)
  let parts: readonly string[] | undefined
  const base64 = () => {
    parts ??= secret.length < LEAST_WITHIN_WORDS ? [] : base64Of(secret)
    return parts
  }
  return {
    mayStandIn: (text) =>
      ENCODED.test(text) ||
      LISTED.test(text) ||
      needles.some(({ head, tail }) => text.includes(head) || (tail !== undefined && text.includes(tail))) ||
      (LIKE_BASE64.test(text) && base64().some((part) => text.includes(part))),
    mask(text) {
      const whole = base64().reduce(maskRun, text)
      const view = flatten(whole)
      const ranges = needles.flatMap((needle) => places(view.flat, needle)).sort(([a], [b]) => a - b)
      return cut(whole, view, ranges)
    },
  }
}

/**
 * A text without a secret that may stand in it, however encoded.
 *
 * @example maskSecret('bad password: hunter2', credentials.password) // 'bad password: ***'
 */
export function maskSecret(text: string, secret: Secret): string {
  const shown = secret.reveal()
  return shown === '' ? text : maskedSecret(shown).mask(text)
}

/** What is searched for: all of it, or from a piece at one of its ends as far as it goes. */
interface Needle {
  readonly flat: string
  readonly head: string
  readonly tail: string | undefined
}

function toNeedle(flat: string): Needle {
  return flat.length < LEAST_CUT
    ? { flat, head: flat, tail: undefined }
    : { flat, head: flat.slice(0, PIECE), tail: flat.slice(-PIECE) }
}

/** From and to (exclusive). */
type Range = readonly [number, number]

/** A text without its encodings, as a string of bytes, and where each byte begins in the text; undefined where they are alike. */
interface Flat {
  readonly flat: string
  readonly starts: readonly number[] | undefined
}

const BACKSLASHES = String.raw`(?:\\|%(?:25){0,3}5c)+`
const PARTS = new RegExp(
  [
    `(${BACKSLASHES})(?:u(d[89ab][0-9a-f]{2})${BACKSLASHES}u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})|([bfnrt])|)`,
    '%(?:25){0,3}([0-9a-f]{2})',
    '\\+',
    '[\\ud800-\\udbff][\\udc00-\\udfff]',
    String.raw`[^\x00-\x7f]`,
  ].join('|'),
  'gi',
)
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** A text's bytes, in the way in which `flatten` gives them: `+` counts as a space, and backslashes do not count. */
function plain(text: string): string {
  return utf8(text).replaceAll('+', ' ').replaceAll('\\', '')
}

/** Decodes what stands in a text, once. */
function flatten(text: string): Flat {
  if (!ENCODED.test(text)) return { flat: text, starts: undefined }
  let flat = ''
  const starts: number[] = []
  const add = (bytes: string, at: number, step: number) => {
    for (let index = 0; index < bytes.length; index += 1) starts.push(at + index * step)
    flat += bytes
  }
  let end = 0
  for (const found of text.matchAll(PARTS)) {
    add(text.slice(end, found.index), end, 1)
    add(bytesOf(found), found.index, 0)
    end = found.index + found[0].length
  }
  add(text.slice(end), end, 1)
  return { flat, starts }
}

function bytesOf([whole, escaped, high, low, unit, control, percent]: RegExpExecArray): string {
  if (percent !== undefined) return latin1(percent).replace('+', ' ')
  if (high !== undefined)
    return utf8(String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low!, 16)))
  if (unit !== undefined) return plain(String.fromCharCode(Number.parseInt(unit, 16)))
  if (control !== undefined) return CONTROLS.get(control.toLowerCase())!
  if (whole === '+') return ' '
  return escaped === undefined ? utf8(whole) : ''
}

function latin1(hexadecimal: string): string {
  return String.fromCharCode(Number.parseInt(hexadecimal, 16))
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Where it stands in a text. */
function places(text: string, { flat: secret, head, tail }: Needle): Range[] {
  const found: Range[] = []
  for (let at = text.indexOf(head); at !== -1 && head !== ''; ) {
    let length = head.length
    while (length < secret.length && text[at + length] === secret[length]) length += 1
    if (secret.length >= LEAST_WITHIN_WORDS || isWord(text, at, at + length)) found.push([at, at + length])
    at = text.indexOf(head, at + length)
  }
  for (let at = tail === undefined ? -1 : text.indexOf(tail); at !== -1; ) {
    const end = at + PIECE
    let length = PIECE
    while (length < secret.length && text[end - length - 1] === secret[secret.length - length - 1])
      length += 1
    found.push([end - length, end])
    at = text.indexOf(tail!, end)
  }
  return found
}

function isWord(text: string, from: number, to: number): boolean {
  return !/[0-9A-Za-z]/.test(`${text[from - 1] ?? ''}${text[to] ?? ''}`)
}

function cut(text: string, { starts }: Flat, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text
  const origin = (at: number) => (starts === undefined ? at : (starts[at] ?? text.length))
  let shown = ''
  let end = 0
  for (const [from, to] of ranges) {
    if (to <= end) continue
    if (from >= end) shown += `${text.slice(origin(end), origin(from))}${MASK}`
    end = to
  }
  return shown + text.slice(origin(end))
}

/** Masks the whole base64 around a part of it: user name and password of Basic are encoded together. */
function maskRun(text: string, part: string): string {
  let shown = ''
  let end = 0
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, end)) {
    let from = at
    let to = at + part.length
    while (from > end && /[\w+/-]/.test(text[from - 1]!)) from -= 1
    while (to < text.length && /[\w+/=-]/.test(text[to]!)) to += 1
    shown += `${text.slice(end, from)}${MASK}`
    end = to
  }
  return shown + text.slice(end)
}

/** What a secret looks like within base64, in both alphabets. */
function base64Of(secret: string): string[] {
  const whole = Buffer.from(secret, 'utf8').toString('base64')
  const found = new Set<string>()
  for (const part of [...base64Parts(secret), whole]) {
    if (part.length < LEAST_BASE64) continue
    const short = part.slice(0, MOST_BASE64)
    found.add(short).add(short.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return [...found]
}

/** Encoded after none, one or two other bytes: without the characters that depend on the neighbours. */
function base64Parts(text: string): string[] {
  const bytes = Buffer.from(`\0\0${text}`, 'utf8')
  return [0, 1, 2].map((before) => {
    const encoded = bytes.subarray(2 - before)
    const whole = Math.floor((encoded.length * 8) / 6)
    return encoded.toString('base64').slice(before === 0 ? 0 : before + 1, whole)
  })
}
