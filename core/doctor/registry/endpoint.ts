// Is the realm's path the token endpoint, does it serve this registry, and does it get what clients send?
import { type Answer, type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import type { Answering } from './who.ts'

/** What clients call themselves; the doctor in the server's audit log. */
export const CLIENT = 'dockwarden-doctor'

/** The realm with what a client without credentials adds. */
export function questionOf(realm: URL, service: string): URL {
  const question = new URL(realm)
  question.searchParams.set('service', service)
  question.searchParams.set('client_id', CLIENT)
  return question
}

/**
 * @param answer of the realm to a client without credentials
 */
export async function judgeEndpoint(
  realm: URL,
  service: string,
  answer: Answer,
  who: Answering,
  ours: Ours | undefined,
  ask: Ask,
): Promise<Finding[]> {
  if (!who.isDockwarden) return []
  const fault = statusFault(realm, service, answer, who, ours)
  if (fault) return [fault]
  const header = await headerFault(realm, service, answer, ask)
  return header
    ? [header]
    : [ok('realm-path', `${realm.pathname} is the token endpoint, and serves ${JSON.stringify(service)}`)]
}

function statusFault(
  realm: URL,
  service: string,
  answer: Answer,
  { base }: Answering,
  ours: Ours | undefined,
): Finding | undefined {
  const { status } = answer
  const words = messageOf(answer)
  if (status === 404 || status === 405 || (status === 200 && tokenOf(answer) === undefined)) {
    const right = `${base ?? `${realm.origin}${ours?.prefix ?? ''}`}/auth`
    return wrong(
      'realm-path',
      `the realm's path ${realm.pathname} is not the token endpoint (status ${status})`,
      'clients get no token: every login, pull and push fails',
      `write ${right} in the registry's auth.token.realm`,
    )
  }
  if (status === 400 && words.includes('service')) {
    return wrong(
      'service',
      `the server makes no tokens for service ${JSON.stringify(service)}, which the registry names`,
      'every login, pull and push fails with 400',
      `add ${JSON.stringify(service)} to token.services, or correct auth.token.service in the registry's configuration`,
    )
  }
  if (status === 400) {
    return wrong(
      'realm-answer',
      `the token endpoint answers 400: ${words}`,
      'clients get no token',
      'mend what it says; behind a proxy, server.client_ip must fit what the proxy sends',
    )
  }
  if (status === 429) {
    return warning(
      'realm-answer',
      `the token endpoint answers 429: ${words}`,
      'the guard keeps this address, or what its clients share with it, from trying',
      'wait, or dockwarden guard list and dockwarden guard clear; behind a proxy set server.client_ip',
    )
  }
  if (status >= 500) {
    return wrong(
      'realm-answer',
      `the token endpoint answers ${status}: ${words}`,
      'a backend, or the server itself, can not answer',
      "see the server's log for this request",
    )
  }
  return undefined
}

/** A header that no authenticator is asked about is answered in words of its own, unless somebody on the way has taken it out. */
async function headerFault(
  realm: URL,
  service: string,
  without: Answer,
  ask: Ask,
): Promise<Finding | undefined> {
  let answer: Answer
  try {
    answer = await ask(questionOf(realm, service), { headers: { authorization: 'Dockwarden-Doctor' } })
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
  if (answer.status !== without.status || messageOf(answer) !== messageOf(without)) return undefined
  return wrong(
    'realm-authorization',
    `the Authorization header does not arrive at the token server behind ${realm.origin}`,
    'user names and passwords stand in it: every login fails, or everybody is anonymous',
    'let the proxy pass it on: in nginx take out proxy_set_header Authorization "" and auth_basic; in Apache no RequestHeader unset Authorization',
  )
}

function tokenOf({ json }: Answer): unknown {
  return (json as { token?: unknown } | undefined)?.token
}

/** What the errors of an answer say. */
export function messageOf({ json }: Answer): string {
  const { errors } = (json ?? {}) as { errors?: readonly { message?: unknown }[] }
  return Array.isArray(errors) ? errors.map((error) => String(error?.message ?? '')).join('; ') : ''
}
