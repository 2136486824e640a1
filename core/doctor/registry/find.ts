// Where the registry is: which protocol it speaks, where it leads, and what it asks its clients for.
import type { Answer, Ask } from '../ask.ts'
import { NoAnswer } from '../ask.ts'
import { type Finding, ok, wrong } from '../finding.ts'
import { type Challenge, readChallenges } from './challenge.ts'
import { addressOf, withoutUser } from './names.ts'
import { noAnswerInWords } from './no-answer.ts'
import { judgeCertificate } from './peer.ts'

/** A registry that sends its clients to a token server. */
export interface Registry {
  /** Of `/v2/`, behind all redirects. */
  readonly url: URL
  /** Its answer to a client without a token. */
  readonly answer: Answer
  readonly challenge: Challenge
}

export interface FoundRegistry {
  readonly findings: readonly Finding[]
  readonly registry?: Registry
}

const MOST_REDIRECTS = 5

/**
 * Finds the registry.
 *
 * @param text a URL, or a host with or without a port, as clients write it
 * @throws Error for a text that is neither
 */
export async function findRegistry(text: string, ask: Ask): Promise<FoundRegistry> {
  const urls = readRegistry(text)
  let first: NoAnswer | undefined
  for (const url of urls) {
    try {
      return await behindRedirects(url, ask, text)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      first ??= error
    }
  }
  return { findings: [await unreachable(urls[0]!, first!, ask)] }
}

/** @returns the URLs to try, as docker does: without a scheme first https, then http */
export function readRegistry(text: string): URL[] {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const urls = (given ? [text] : [`https://${text}`, `http://${text}`]).map((one) =>
    URL.canParse(one) ? new URL(one) : undefined,
  )
  if (
    urls.some((url) => !url || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.username !== '')
  )
    throw new Error(
      `--registry ${JSON.stringify(withoutUser(text))} is no registry; write its URL, such as https://registry.example.com`,
    )
  return urls.map((url) => {
    url!.pathname = `${url!.pathname.replace(/\/(v2\/?)?$/, '')}/v2/`
    url!.search = ''
    url!.hash = ''
    return url!
  })
}

async function behindRedirects(start: URL, ask: Ask, text: string): Promise<FoundRegistry> {
  const findings: Finding[] = []
  let answer = await ask(start)
  for (let steps = 0; isRedirect(answer); steps++) {
    const next = new URL(answer.headers.location!, answer.url)
    if (steps === MOST_REDIRECTS || next.href === answer.url.href) {
      return {
        findings: [
          wrong(
            'registry-redirect',
            `${answer.url.href} redirects in a circle`,
            'no client reaches the registry',
            'mend the redirect in the proxy before the registry',
          ),
        ],
      }
    }
    if (!/^https?:$/.test(next.protocol)) break
    findings.push(redirected(answer.url, next, text))
    answer = await ask(next)
  }
  findings.push(...(answer.peer ? judgeCertificate(answer.peer, answer.url, 'registry', undefined) : []))
  const asked = askedFor(answer)
  return {
    findings: [...findings, asked.finding],
    ...(asked.challenge && { registry: { url: answer.url, answer, challenge: asked.challenge } }),
  }
}

function isRedirect({ status, headers: { location }, url }: Answer): boolean {
  return status >= 300 && status < 400 && location !== undefined && URL.canParse(location, url.href)
}

function redirected(from: URL, to: URL, text: string): Finding {
  if (from.protocol === 'http:' && to.protocol === 'https:' && from.hostname === to.hostname)
    return ok('registry-redirect', `${from.origin} leads to ${to.origin}, as for whoever writes http://`)
  return wrong(
    'registry-redirect',
    `${from.href} redirects to ${to.href}`,
    'clients drop what they send at a redirect to another host, or take what answers there for no registry',
    `let the proxy pass /v2/ on to the registry, or use ${to.host} as its name in the place of ${text}`,
  )
}

async function unreachable(url: URL, { code }: NoAnswer, ask: Ask): Promise<Finding> {
  const other = new URL(url.href.replace(/^https?/, url.protocol === 'https:' ? 'http' : 'https'))
  const isOther =
    code !== 'ETIMEDOUT' &&
    (await ask(other).then(
      () => true,
      () => false,
    ))
  const speaks = other.protocol === 'https:' ? 'HTTPS' : 'plain HTTP'
  if (isOther) {
    return wrong(
      'registry-protocol',
      `the registry at ${addressOf(url)} speaks ${speaks}, and was asked over ${url.protocol.slice(0, -1)}`,
      'no client reaches it in this way; behind a proxy, the proxy has to speak what the registry speaks',
      `name it as ${other.origin}; in the proxy (proxy_pass) too, or change http.tls in the registry's configuration`,
    )
  }
  return wrong(
    'registry-unreachable',
    `the registry at ${addressOf(url)} does not answer: ${noAnswerInWords(code)}`,
    'nothing can be said of how it sends its clients to the token server',
    'start it, or correct --registry; ask from a machine from which clients reach it',
  )
}

const SETTINGS = 'auth.token with realm, service, issuer and rootcertbundle'

function askedFor({ url, status, headers, json }: Answer): { finding: Finding; challenge?: Challenge } {
  const challenges = readChallenges(headers['www-authenticate'])
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (status === 401 && bearer) {
    const [realm = '', service] = ['realm', 'service'].map((name) => bearer.parameters.get(name) ?? '')
    return {
      challenge: bearer,
      finding: ok(
        'registry',
        `${url.href} sends clients to ${withoutUser(realm)} for service ${JSON.stringify(service)}`,
      ),
    }
  }
  if (status === 401 && challenges.some(({ scheme }) => scheme === 'basic')) {
    return {
      finding: wrong(
        'registry-basic',
        `${url.href} asks for a user name and a password itself (Basic${realmOf(challenges)})`,
        'clients log in there, and never come to the token server',
        `take auth.htpasswd out of the registry's configuration, or auth_basic out of the proxy before it; write ${SETTINGS}`,
      ),
    }
  }
  if (status === 401) {
    return {
      finding: wrong(
        'registry-challenge',
        `${url.href} answers 401 without saying where tokens are (no WWW-Authenticate: Bearer)`,
        'clients do not know where to log in',
        'let the proxy before the registry pass WWW-Authenticate on, and set auth.token in its configuration',
      ),
    }
  }
  if (status === 200 && (headers['docker-distribution-api-version'] || isEmptyJson(json))) {
    return {
      finding: wrong(
        'registry-open',
        `${url.href} asks for no token: everybody may do everything`,
        'the registry does not know of the token server',
        `set ${SETTINGS} in its configuration, and restart it; a proxy that sends an Authorization of its own hides them too`,
      ),
    }
  }
  if (status >= 502 && status <= 504) {
    return {
      finding: wrong(
        'registry-proxy',
        `the proxy at ${addressOf(url)} answers ${status}: it gets no answer from the registry behind it`,
        'no client reaches the registry',
        "correct the registry's address and protocol in the proxy (proxy_pass http:// for a registry without http.tls, https:// for one with it)",
      ),
    }
  }
  if (status === 400 && url.protocol === 'http:') {
    return {
      finding: wrong(
        'registry-protocol',
        `${url.href} answers 400, as ports do that want HTTPS`,
        'no client reaches the registry in this way',
        `name it as https://${url.host}; in the proxy (proxy_pass) too`,
      ),
    }
  }
  return {
    finding: wrong(
      'registry-none',
      `${url.href} answers ${status}: there is no registry`,
      'clients ask there first of all (GET /v2/ of the distribution specification)',
      'correct --registry, or let the proxy pass /v2/ on to the registry, with its path unchanged',
    ),
  }
}

function realmOf(challenges: readonly Challenge[]): string {
  const realm = challenges.find(({ scheme }) => scheme === 'basic')?.parameters.get('realm')
  return realm === undefined ? '' : `, realm ${JSON.stringify(realm)}`
}

function isEmptyJson(json: unknown): boolean {
  return typeof json === 'object' && json !== null && Object.keys(json).length === 0
}
