// Options of plugins that ask an HTTP service: where, with which headers, over what connections.
import { z } from 'zod'
import { Secret } from '../contract/secret.ts'
import { tlsFiles } from './options.ts'
import { withPlaceholders } from './placeholders.ts'
import { isSecretName, reportPlainSecret, textOrSecret } from './plain-secrets.ts'
import { readTemplate, type Template, templates } from './template.ts'

/** A value that can't be sent where its placeholder stands, such as a line break in a header. The text names no value. */
export class UnusableValue extends Error {
  override name = 'UnusableValue'
}

/** The connection's options, to be spread into a plugin's schema; `host.http.open` takes them. */
export const connectionOptions = {
  retries: z
    .int()
    .min(0)
    .max(5)
    .default(1)
    .describe('Further tries when no connection could be made. Nothing that was sent is ever sent again.'),
  connections: z
    .int()
    .min(1)
    .max(1_000)
    .default(32)
    .describe('At most this many connections, each with one request at a time; further requests wait.'),
  proxy: z
    .enum(['env', 'none'])
    .optional()
    .describe('Whether HTTPS_PROXY, HTTP_PROXY and NO_PROXY count. Default: env for https, none for http.'),
  tls: tlsFiles.optional().describe('TLS files for https; paths are relative to the configuration.'),
}

/** A URL with placeholders in its path or query. */
export interface UrlTemplate {
  /** Scheme, host and port. */
  readonly origin: string
  /** As written, without the query. */
  readonly path: string
  /** The placeholders' names, each once. */
  readonly variables: readonly string[]
  /**
   * The URL with its values percent-encoded.
   *
   * @throws UnusableValue for a value that would change the path itself (`.` or `..` as a whole segment)
   */
  render(values: Readonly<Record<string, string>>): string
  /** For others to see: without its query; of one that is a secret (`!env`), the origin alone. */
  shown(values: Readonly<Record<string, string>>): string
}

/**
 * An option that is an http or https URL. Placeholders are percent-encoded, and not allowed in the scheme or the host.
 *
 * @example urlTemplate({ variables: ['account'] }).parse('https://box.example.com/users/${account}')
 */
export function urlTemplate(options: {
  readonly variables: readonly string[]
}): z.ZodType<UrlTemplate, string | Secret> {
  return withPlaceholders(
    textOrSecret.transform((given, context): UrlTemplate => {
      const text = readTemplate(given, { ...options, secret: false }, context)
      if (typeof given === 'string' && hasPlainSecret(given)) reportPlainSecret(given, context)
      const wrong = urlProblem(text)
      if (wrong) context.addIssue({ code: 'custom', message: wrong })
      return {
        origin: wrong ? '' : new URL(text.render({})).origin,
        path: text.source.split('?')[0]!,
        variables: text.variables,
        render: (values) => renderUrl(text, values),
        shown: (values) =>
          given instanceof Secret
            ? `${new URL(text.render({})).origin}/...`
            : renderUrl(text, values).split('?')[0]!,
      }
    }),
  )
}

/** Whether the query has a parameter that is called like a secret, and is written out. */
function hasPlainSecret(url: string): boolean {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'))
  return [...query].some(([name, value]) => isSecretName(name) && value !== '' && !value.includes('${'))
}

const BEFORE_PATH = /^https?:\/\/[^/?#\\]*/i

function urlProblem(text: Template): string | undefined {
  const head = BEFORE_PATH.exec(text.source)?.[0]
  if (head === undefined) return 'must begin with http:// or https://, written out'
  if (head.includes('${')) return 'no placeholder may stand in the host: who logs in would choose the server'
  if (head.includes('@'))
    return 'holds a user name or password; use `basic` or an Authorization header instead'
  if (text.source.includes('#')) return 'holds a # part, which is never sent; remove it'
  if (!URL.canParse(text.render({}))) return 'is not a valid URL; write it as https://host:port/path'
  return hasDotSegment(text.render({}, () => 'x'))
    ? 'holds . or .. in its path; write the path out'
    : undefined
}

function renderUrl(text: Template, values: Readonly<Record<string, string>>): string {
  const url = text.render(values, (value) => {
    if (!value.isWellFormed())
      throw new UnusableValue('a value is not valid Unicode and can not stand in a URL')
    return encodeURIComponent(value)
  })
  if (hasDotSegment(url)) throw new UnusableValue('a value is . or .. and can not stand in a URL path')
  return url
}

/** Whether a URL parser would resolve a part of the path (`..`, `%2e`), and so ask for another one than was written. */
function hasDotSegment(url: string): boolean {
  const path = url.replace(BEFORE_PATH, '').split('?')[0]!
  return path.split(/[/\\]/).some((segment) => /^(\.|%2e){1,2}$/i.test(segment))
}

/** Headers with placeholders in their values; the names are in lower case. */
export interface HeaderTemplates {
  readonly names: readonly string[]
  /** The names of the placeholders in their values. */
  readonly variables: readonly string[]
  /** @throws UnusableValue for a value that a header can't carry exactly */
  render(values: Readonly<Record<string, string>>): Record<string, string>
}

/** These belong to the connection or describe the body, which the client knows best. */
const OURS = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * An option that is a map of header names to texts with placeholders.
 *
 * Only visible ASCII can stand in a value: whether other bytes are Latin-1 or UTF-8 is the server's guess, and a wrong
 * guess is another account.
 *
 * @example headerTemplates({ variables: ['account'] }).parse({ 'X-User': '${account}' })
 */
export function headerTemplates(options: {
  readonly variables: readonly string[]
}): z.ZodType<HeaderTemplates, Record<string, string | Secret>> {
  return templates(options).transform((given, context): HeaderTemplates => {
    const entries = Object.entries(given).map(([name, text]) => [name.toLowerCase(), text] as const)
    for (const [name, text] of Object.entries(given)) {
      const wrong = headerProblem(name, text)
      if (wrong) context.addIssue({ code: 'custom', path: [name], message: wrong })
    }
    return {
      names: entries.map(([name]) => name),
      variables: entries.flatMap(([, text]) => text.variables),
      render: (values) =>
        Object.fromEntries(entries.map(([name, text]) => [name, headerValue(name, text.render(values))])),
    }
  })
}

function headerProblem(name: string, text: Template): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return 'is not a valid header name'
  if (OURS.has(name.toLowerCase())) return 'is set by the HTTP client itself; remove it'
  return isHeaderText(text.render({}, () => 'x'))
    ? undefined
    : 'a header can only hold visible ASCII characters'
}

function headerValue(name: string, value: string): string {
  if (isHeaderText(value)) return value
  throw new UnusableValue(`a value can not stand in the header ${name}`)
}

function isHeaderText(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value) && value.trim() === value
}

/**
 * The value of an Authorization header with Basic credentials.
 *
 * @throws UnusableValue for a colon in the user name or a control character, which Basic can't carry
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function basicAuthorization(username: string, password: string): string {
  if (username.includes(':') || /[\x00-\x1f\x7f]/.test(username + password)) {
    throw new UnusableValue('a value can not stand in Basic credentials (a colon or a control character)')
  }
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}
