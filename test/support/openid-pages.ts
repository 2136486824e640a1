// The pages of the OpenID provider under test: a name, then a button. Plain forms, for browsers and for `signInAt`.
import type { IncomingMessage, ServerResponse } from 'node:http'
import escapeHtml from 'escape-html'
import type { InteractionResults, Provider } from 'oidc-provider'

export const INTERACTION = '/interaction/'

/** Answers what is under INTERACTION. */
export async function answerInteraction(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
  if (request.method === 'GET') {
    const field = prompt.name === 'login' ? '<label>Name <input name="login" autofocus></label>' : ''
    const button = prompt.name === 'login' ? 'Sign in' : 'Allow'
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(
      `<!doctype html><html lang="en"><title>Provider</title><h1>${escapeHtml(String(params.client_id))}</h1>
<form method="post">${field}<button name="answer" value="yes">${button}</button><button name="answer" value="no">Cancel</button></form>`,
    )
    return
  }
  const form = new URLSearchParams(await text(request))
  const finish = (result: InteractionResults) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  if (form.get('answer') === 'no') {
    return finish({ error: 'access_denied', error_description: 'the person said no' })
  }
  if (prompt.name === 'login') return finish({ login: { accountId: form.get('login') ?? '' } })
  const grant =
    (grantId === undefined ? undefined : await provider.Grant.find(grantId)) ??
    new provider.Grant({ accountId: session!.accountId, clientId: String(params.client_id) })
  const { missingOIDCScope, missingOIDCClaims } = prompt.details as Record<string, string[] | undefined>
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
  return finish({ consent: { grantId: await grant.save() } })
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Does what a person does with a browser: follows the redirects, fills in the forms.
 *
 * @param url where `begin` sends the browser
 * @param login the account; undefined = presses Cancel
 * @returns where the provider sends the browser back to
 */
export async function signInAt(url: string, login: string | undefined): Promise<URL> {
  const { origin } = new URL(url)
  const cookies = new Map<string, string>()
  let at = new URL(url)
  let form: URLSearchParams | undefined
  for (let steps = 0; steps < 20; steps++) {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      cookies.set(name!, value!)
    }
    const page = await response.text()
    const location = response.headers.get('location')
    form = undefined
    if (location !== null) {
      at = new URL(location, at)
      if (at.origin !== origin) return at
    } else if (response.ok && page.includes('<form')) {
      form = new URLSearchParams(login === undefined ? { answer: 'no' } : { answer: 'yes', login })
    } else {
      throw new Error(`the provider answered ${response.status}: ${page}`)
    }
  }
  throw new Error('the provider redirects for ever')
}
