// Do two servers answer alike? What is timed must be the same work.
import type { Question } from './questions.ts'

/** A request that two servers answer in different ways. */
export interface Difference {
  readonly question: string
  /** What each of them answers. */
  readonly answers: readonly [string, string]
}

/** @returns none when all are answered alike */
export async function differences(
  urls: readonly [string, string],
  questions: readonly Question[],
): Promise<Difference[]> {
  const found: Difference[] = []
  for (const question of questions) {
    const [one, other] = await Promise.all(urls.map((url) => answerOf(url, question)))
    if (one !== other) found.push({ question: textOf(question), answers: [one!, other!] })
  }
  return found
}

/** All of an answer that clients and registries go by: status, headers, what the token says of its key, its account and its access. */
async function answerOf(url: string, question: Question): Promise<string> {
  const answer = await ask(url, question)
  const text = await answer.text()
  const scheme = answer.headers.get('www-authenticate')?.split(' ', 1)[0]
  if (answer.status !== 200) return JSON.stringify({ status: answer.status, scheme })
  const type = answer.headers.get('content-type')?.split(';', 1)[0]
  const { token, access_token } = JSON.parse(text) as { token: string; access_token?: string }
  const [{ alg, kid, typ, x5c }, { iss, sub, aud, exp, iat, access }] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  return JSON.stringify({
    status: answer.status,
    type,
    twice: access_token === token,
    header: { alg, kid, typ, x5c },
    claims: { iss, sub, aud, lifetime: Math.round((exp - iat) / 60), access: accessOf(access) },
  })
}

/** As `type:name:actions`, without order: that means nothing. What grants nothing is left out. */
function accessOf(access: readonly { type: string; name: string; actions?: readonly string[] }[]): string[] {
  return (access ?? [])
    .filter(({ actions }) => actions && actions.length > 0)
    .map(({ type, name, actions }) => `${type}:${name}:${[...actions!].sort()}`)
    .sort()
}

function ask(url: string, { method, account, password, service, scopes }: Question): Promise<Response> {
  const parameters = [['service', service] as const, ...scopes.map((scope) => ['scope', scope] as const)]
  if (method === 'POST') {
    const proof = [
      ['grant_type', 'password'],
      ['client_id', 'bench'],
      ['username', account],
      ['password', password!],
    ] as const
    return fetch(`${url}/auth`, {
      method,
      body: new URLSearchParams([...parameters, ...proof].map(([...pair]) => pair)),
    })
  }
  const named = password === undefined ? [] : [['account', account] as const]
  const query = new URLSearchParams([...parameters, ...named].map(([...pair]) => pair))
  const basic = `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`
  return fetch(`${url}/auth?${query}`, { headers: password === undefined ? {} : { authorization: basic } })
}

function textOf({ method, account, password, service, scopes }: Question): string {
  const who = password === undefined ? 'nobody' : `${account} with ${JSON.stringify(password)}`
  return `${method} by ${who} for ${service}: ${scopes.join(' ') || 'no scope'}`
}
