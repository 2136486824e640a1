// One login as an HTTP request.
import { basicAuthorization, type HttpRequest } from '../../core/contract/index.ts'
import type { Options } from './options.ts'

/** The placeholders' values. */
export type Values = Readonly<Record<'account' | 'password' | 'service' | 'ip' | 'client_id', string>>

/** @throws UnusableValue when a value can't be sent where the configuration wants it */
export function buildRequest(options: Options, values: Values): Omit<HttpRequest, 'signal'> {
  const { json, form, basic } = options
  const headers: Record<string, string> = { accept: 'application/json' }
  let body: string | undefined
  if (json) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(json.render(values))
  } else if (form) {
    headers['content-type'] = 'application/x-www-form-urlencoded'
    const fields = Object.entries(form).map(([name, text]) => [name, text.render(values)])
    body = new URLSearchParams(fields).toString()
  }
  if (basic) {
    headers.authorization = basicAuthorization(basic.username.render(values), basic.password.render(values))
  }
  Object.assign(headers, options.headers?.render(values))
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  return { method, url: options.url.render(values), headers, ...(body !== undefined && { body }) }
}
