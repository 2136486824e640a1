// Do clients come to the realm: name, port, protocol, certificate?
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Answer, type Ask, NoAnswer } from '../ask.ts'
import { type Finding, ok, warning, wrong } from '../finding.ts'
import type { Ours } from '../ours.ts'
import { addressOf, hostOf } from './names.ts'
import { isUnknownName, noAnswerInWords } from './no-answer.ts'
import { judgeCertificate } from './peer.ts'
import { isAutoRedirect } from './realm-words.ts'

/** What a client meets at the realm. */
export interface ReachedRealm {
  readonly findings: readonly Finding[]
  /** Undefined when there was none that a token server could have given. */
  readonly answer?: Answer
}

const WHY = 'clients get no token: every login, pull and push fails'
const REALM = "the registry's auth.token.realm"

/**
 * Asks there as a client without credentials does.
 *
 * @param question the realm with what clients add to it
 */
export async function reachRealm(
  question: URL,
  registry: URL,
  ours: Ours | undefined,
  ask: Ask,
): Promise<ReachedRealm> {
  const names = await namesFaults(question)
  let answer: Answer
  try {
    answer = await ask(question)
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    if (isUnknownName(error.code)) return { findings: names }
    return { findings: [...names, await unreached(question, registry, error.code, ours, ask)] }
  }
  const own = ours?.certificate && answer.peer?.certificate.raw.equals(ours.certificate.raw)
  const certificate = answer.peer
    ? judgeCertificate(
        answer.peer,
        question,
        'realm',
        own ? { made: ours?.tls?.madePath !== undefined } : undefined,
      )
    : []
  const findings = [...names, ...certificate]
  const fault = await answerFault(answer, question, ours, ask)
  if (fault) return { findings: [...findings, fault] }
  const time = `${Math.round(answer.took)} ms`
  return { findings: [...findings, ok('realm', `${question.origin} answers (${time})`)], answer }
}

/** @param question a realm, whose host is looked up */
async function namesFaults(question: URL): Promise<Finding[]> {
  const host = hostOf(question)
  if (isIP(host) !== 0) return []
  try {
    const found = await lookup(host, { all: true })
    if (found.some(({ family }) => family === 4)) return []
    return [
      warning(
        'realm-ipv6',
        `the realm's host ${host} has IPv6 addresses only`,
        'clients in networks without IPv6, such as most containers, do not get there',
        `give ${host} an IPv4 address (an A record) too`,
      ),
    ]
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return [
      wrong(
        'realm-name',
        `the realm's host ${host} is not known here: ${noAnswerInWords(code)}`,
        `${WHY}; a name of a compose file or a cluster is known inside of it only, and clients are outside`,
        `write a name that clients can look up in ${REALM}, or add ${host} to the DNS`,
      ),
    ]
  }
}

async function unreached(
  question: URL,
  registry: URL,
  code: string,
  ours: Ours | undefined,
  ask: Ask,
): Promise<Finding> {
  // Where nobody has answered in time, nobody does over another protocol.
  if (code !== 'ETIMEDOUT' && (await speaksOther(question, ask)))
    return otherProtocol(question, registry, ours)
  const auto = isAutoRedirect(question, registry)
    ? '; the registry made it of its own name: auth.token.autoredirect must be off unless a proxy has the token server at /auth/token'
    : ''
  return wrong(
    'realm-unreachable',
    `nothing answers at the realm, ${addressOf(question)}: ${noAnswerInWords(code)}`,
    WHY,
    `start the server${listenHint(ours)}, open the port in the firewall, or correct ${REALM}${auto}`,
  )
}

function listenHint(ours: Ours | undefined): string {
  const listen = ours?.listen
  if (!listen) return ''
  return 'socket' in listen
    ? ` and the proxy before ${listen.socket}`
    : ` (it listens on ${listen.host ?? ''}:${listen.port})`
}

/** Whether the port speaks the other one of HTTP and HTTPS. */
function speaksOther(question: URL, ask: Ask): Promise<boolean> {
  return ask(swapped(question)).then(
    () => true,
    () => false,
  )
}

function swapped(url: URL): URL {
  const scheme = url.protocol === 'https:' ? 'http' : 'https'
  // The port stays, also one that the scheme leaves unsaid.
  return new URL(`${scheme}://${addressOf(url)}${url.pathname}${url.search}`)
}

function otherProtocol(question: URL, registry: URL, ours: Ours | undefined): Finding {
  const [said, speaks] = question.protocol === 'https:' ? ['https', 'plain HTTP'] : ['http', 'HTTPS']
  const remedy =
    speaks === 'HTTPS'
      ? `write https:// in ${REALM}`
      : `give the server TLS (server.tls${ours?.scheme === 'https' ? ' is set in this file: restart the server' : ''}), put a proxy with TLS before it, or write http:// in ${REALM} for a trial on one machine`
  const auto = isAutoRedirect(question, registry)
    ? '; take auth.token.autoredirect out of the registry, it made this realm'
    : ''
  return wrong(
    'realm-protocol',
    `the realm says ${said}, and ${addressOf(question)} speaks ${speaks}`,
    WHY,
    `${remedy}${auto}`,
  )
}

async function answerFault(
  answer: Answer,
  question: URL,
  ours: Ours | undefined,
  ask: Ask,
): Promise<Finding | undefined> {
  const { status, headers, text } = answer
  const realm = `${question.origin}${question.pathname}`
  if (status === 400 && question.protocol === 'http:' && (await speaksOther(question, ask)))
    return otherProtocol(question, question, ours)
  if (status >= 300 && status < 400) {
    const to = headers.location ?? 'nowhere'
    return wrong(
      'realm-redirect',
      `the realm ${realm} redirects to ${withoutQuery(to, question)}`,
      'the password has gone over the first address by then, and clients drop it, or the form of a POST, on the way to the second',
      `write the address where it ends in ${REALM}`,
    )
  }
  if (status >= 502 && status <= 504 && !hasErrors(answer)) {
    return wrong(
      'realm-proxy',
      `the proxy at ${addressOf(question)} answers ${status}: it gets no answer from the token server behind it`,
      WHY,
      behindProxy(ours),
    )
  }
  // What a proxy passes on to a port that wants HTTPS.
  if (status === 400 && /https/i.test(text)) {
    return wrong(
      'realm-proxy',
      `the proxy at ${addressOf(question)} speaks plain HTTP to a token server that wants HTTPS`,
      WHY,
      'write proxy_pass https:// in the proxy, or take server.tls out of the configuration',
    )
  }
  return undefined
}

function behindProxy(ours: Ours | undefined): string {
  if (!ours) return 'start the token server, and correct its address and protocol in the proxy (proxy_pass)'
  const { listen } = ours
  const at = 'socket' in listen ? `unix:${listen.socket}` : `${ours.scheme}://HOST:${listen.port}`
  return `start the token server, and let the proxy pass to ${at}: it speaks ${ours.scheme === 'https' ? 'HTTPS' : 'plain HTTP (no server.tls)'}${listenHint(ours)}`
}

/** Whether it is an answer of a token server: errors in JSON, as registries have them. */
export function hasErrors({ json }: Answer): boolean {
  return Array.isArray((json as { errors?: unknown } | undefined)?.errors)
}

function withoutQuery(location: string, base: URL): string {
  if (!URL.canParse(location, base.href)) return location
  const url = new URL(location, base.href)
  return `${url.origin}${url.pathname}`
}
