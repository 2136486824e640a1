// crane, ko, cosign, kaniko: go-containerregistry. `crane auth login` only writes a file: it asks nobody.
// source: google/go-containerregistry pkg/v1/remote/transport/bearer.go, basic.go, error.go; pkg/v1/remote/options.go
import { BlockList } from 'node:net'
import {
  type Challenge,
  type Credentials,
  firstOf,
  GivesUp,
  type Got,
  outcome,
  type RegistryClient,
  readFields,
  registryErrors,
} from './client.ts'
import type { Answer, Question, Wire } from './wire.ts'

const USER_AGENT = 'crane/v0.21.8 go-containerregistry/v0.21.8'
const CLIENT_ID = 'go-containerregistry'
/** Bytes; a longer answer is refused, not cut off. */
const MOST = 64 * 1024
const ATTEMPTS = 3
const WORTH_ANOTHER = [408, 429, 499, 500, 502, 503, 504, 522]

export interface CraneOptions {
  /** The registry's host and port. */
  readonly registry: string
  /** Whether plain HTTP is allowed. */
  readonly insecure: boolean
}

export class Crane implements RegistryClient {
  readonly #challenge: Challenge
  readonly #wire: Wire
  readonly #options: CraneOptions
  /** A refresh token that an answer brought is used as long as the process lives. */
  #identityToken: string | undefined

  constructor(challenge: Challenge, wire: Wire, options: CraneOptions) {
    this.#challenge = challenge
    this.#wire = wire
    this.#options = options
  }

  token(credentials: Credentials, ...scopes: string[]): Promise<Got> {
    return outcome(async () => {
      assertRealm(this.#challenge.realm, this.#options)
      const identityToken = this.#identityToken ?? credentials.identityToken
      const answer = identityToken
        ? await this.#post(credentials, identityToken, scopes)
        : await this.#get(credentials, scopes)
      assertGood(answer, this.#wire)
      if (Buffer.byteLength(answer.body) > MOST) throw new GivesUp(`body exceeds ${MOST} byte limit`)
      const fields = readFields(answer)
      if (fields.refresh_token) this.#identityToken = fields.refresh_token
      return { token: firstOf(fields.access_token, fields.token) }
    })
  }

  /** Without a pause between the attempts: that is one second, then three. */
  async #get({ user, password }: Credentials, scopes: string[]): Promise<Answer> {
    const { realm, service } = this.#challenge
    const question: Question = {
      query: [...scopes.map((scope) => ['scope', scope] as const), ['service', service]],
      ...(user && password && { user: [user, password] as const }),
      userAgent: USER_AGENT,
    }
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#wire.send(realm, question)
      if (attempt === ATTEMPTS || !WORTH_ANOTHER.includes(answer.status)) return answer
    }
  }

  /** With GET after 404 alone. */
  async #post(credentials: Credentials, identityToken: string, scopes: string[]): Promise<Answer> {
    const { realm, service } = this.#challenge
    const answer = await this.#wire.send(realm, {
      form: [
        ['scope', scopes.join(' ')],
        ...(service === '' ? [] : [['service', service] as const]),
        ['client_id', CLIENT_ID],
        ['grant_type', 'refresh_token'],
        ['refresh_token', identityToken],
      ],
      userAgent: USER_AGENT,
    })
    return answer.status === 404 ? this.#get(credentials, scopes) : answer
  }
}

const PRIVATE = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 32],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv6')
}

/** Refuses a realm to which a registry could lure it. */
function assertRealm(realm: string, { registry, insecure }: CraneOptions): void {
  const { protocol, host, hostname } = new URL(realm)
  if (protocol !== 'https:' && !(protocol === 'http:' && insecure)) {
    throw new GivesUp(`realm scheme ${protocol} not allowed for a secure registry; use https`)
  }
  if (host === registry) return
  const address = hostname.replace(/[[\]]/g, '')
  if (PRIVATE.check(address, 'ipv4') || PRIVATE.check(address, 'ipv6')) {
    throw new GivesUp(`realm host ${hostname} is a private or link-local address`)
  }
}

function assertGood(answer: Answer, { last }: Wire): void {
  if (answer.status === 200) return
  const errors = registryErrors(answer)
  const words = errors
    ? errors.map(({ code, message }) => `${code}: ${message}`).join('; ')
    : `unexpected status code ${answer.statusText}: ${answer.body}`
  throw new GivesUp(`${last.method} ${last.url}: ${words}`)
}
