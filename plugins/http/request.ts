// One question as an HTTP request: the options that shape it, which the authenticator and the labeler share, and the request
// that they make.
import {
  basicAuthorization,
  type HttpRequest,
  headerTemplates,
  type JsonValue,
  jsonTemplate,
  type Template,
  templates,
  urlTemplate,
  z,
} from '../../core/plugin.ts'

/**
 * The options of a request, to be spread into a plugin's schema.
 *
 * @param variables names of texts that a placeholder can stand for
 * @param values names of lists and objects, for `json` only
 */
export function requestOptions(variables: readonly string[], values: readonly string[] = []) {
  const placeholders = { variables }
  return {
    url: urlTemplate(placeholders).describe(
      'Where to ask, http or https. Placeholders in the path and query are percent-encoded.',
    ),
    method: z
      .enum(['GET', 'POST', 'PUT', 'PATCH'])
      .optional()
      .describe('The method; default POST with `json` or `form`, otherwise GET.'),
    headers: headerTemplates(placeholders).optional().describe('Headers, with placeholders in their values.'),
    json: jsonTemplate({ variables, values })
      .optional()
      .describe('A JSON body: any tree, with placeholders in its texts.'),
    form: templates(placeholders).optional().describe('A form body: names to texts with placeholders.'),
  }
}

/** A request's options, checked. */
export interface RequestOptions extends z.output<z.ZodObject<ReturnType<typeof requestOptions>>> {
  readonly basic?: { readonly username: Template; readonly password: Template } | undefined
}

/** Reports options that can't stand side by side. */
export function checkRequest(given: RequestOptions, context: z.RefinementCtx): void {
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message })
  if (given.json && given.form)
    problem('form', 'stands beside json; a request has one body, remove one of the two')
  if (given.method === 'GET' && given.json) problem('json', 'GET carries no body; write method: POST')
  if (given.method === 'GET' && given.form) problem('form', 'GET carries no body; write method: POST')
  if (given.basic && given.headers?.names.includes('authorization')) {
    problem('basic', 'stands beside an Authorization header; remove one of the two')
  }
}

/** The placeholders in a request. */
export function variablesOf({ url, headers, json, form = {}, basic }: RequestOptions): string[] {
  const parts = [url, headers, json, ...Object.values(form), basic?.username, basic?.password]
  return parts.flatMap((part) => [...(part?.variables ?? [])])
}

/**
 * @param texts what the placeholders stand for
 * @param values lists and objects, for `json` only
 * @throws UnusableValue when a value can't be sent where the configuration wants it
 */
export function buildRequest(
  options: RequestOptions,
  texts: Readonly<Record<string, string>>,
  values: Readonly<Record<string, JsonValue>> = {},
): Omit<HttpRequest, 'signal'> {
  const { json, form, basic } = options
  const headers: Record<string, string> = { accept: 'application/json' }
  let body: string | undefined
  if (json) {
    headers['content-type'] = 'application/json'
    body = JSON.stringify(json.render({ ...values, ...texts }))
  } else if (form) {
    headers['content-type'] = 'application/x-www-form-urlencoded'
    const fields = Object.entries(form).map(([name, text]) => [name, text.render(texts)])
    body = new URLSearchParams(fields).toString()
  }
  if (basic) {
    headers.authorization = basicAuthorization(basic.username.render(texts), basic.password.render(texts))
  }
  Object.assign(headers, options.headers?.render(texts))
  const method = options.method ?? (body === undefined ? 'GET' : 'POST')
  return { method, url: options.url.render(texts), headers, ...(body !== undefined && { body }) }
}
