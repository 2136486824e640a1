// An ACME server on loopback (RFC 8555): just the exchange for a certificate, with what is checked there checked, and the validations
// of http-01 and tls-alpn-01 (RFC 8737) done for real.
import 'reflect-metadata'
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from 'jose'

/** What is different from a server that does its work. */
export interface AcmeServerOptions {
  /** How long a certificate is good, in milliseconds. */
  readonly lifetime?: number
}

export interface AcmeServer extends AsyncDisposable {
  readonly directory: string
  /** The authority's certificate, PEM. */
  readonly ca: string
  /** How many certificates were issued. */
  issuedSoFar(): number
  /** How many accounts there are. */
  accountsSoFar(): number
  /** What is answered to every order; undefined: it is worked on. */
  refusal: { readonly type: string; readonly detail: string } | undefined
  /** Takes the time from here. */
  now: () => number
  /** Where validations go, in place of 443 and 80; undefined: every name is taken on trust. */
  validate: { readonly tls: number } | { readonly http: number } | undefined
}

interface Order {
  readonly domains: readonly string[]
  /** By domain. */
  readonly valid: Set<string>
  failure?: string
  certificate?: string
}

/** id-ce-subjectAltName */
const ALTERNATIVE_NAMES = '2.5.29.17'
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export async function startAcmeServer(options: AcmeServerOptions = {}): Promise<AcmeServer> {
  const { lifetime = 90 * 86_400_000 } = options
  const authorityKeys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test ACME authority',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 10 * 365 * 86_400_000),
    signingAlgorithm: P256,
    keys: authorityKeys,
  })
  const nonces = new Set<string>()
  const accounts = new Map<string, JWK>()
  const orders: Order[] = []
  let issued = 0
  const state: Pick<AcmeServer, 'refusal' | 'now' | 'validate'> = {
    refusal: undefined,
    now: Date.now,
    validate: undefined,
  }

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: Error) => problem(response, 400, 'malformed', error.message))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nonce = randomBytes(8).toString('base64url')
    nonces.add(nonce)
    response.setHeader('Replay-Nonce', nonce)
    const [, what = '', ...rest] = request.url!.split('/')
    if (what === 'directory')
      return send(response, 200, {
        newNonce: `${base}/nonce`,
        newAccount: `${base}/account`,
        newOrder: `${base}/order`,
      })
    if (what === 'nonce') return void response.writeHead(200).end()
    const { payload, key, kid } = await verified(request)
    if (what === 'account') return await account(response, key)
    if (!accounts.has(kid)) return problem(response, 401, 'accountDoesNotExist', 'who is that?')
    const thumbprint = await calculateJwkThumbprint(accounts.get(kid)!)
    if (what === 'order' && rest.length === 0) return order(response, payload)
    const found = orders[Number(rest[0])]!
    if (what === 'order') return sendOrder(response, 200, found)
    if (what === 'authorization') return authorization(response, found, rest[1]!)
    if (what === 'challenge')
      return await challenge(response, found, rest as [string, string, string], thumbprint)
    if (what === 'finalize') return await finalize(response, found, payload.csr as string)
    response.writeHead(200, { 'content-type': 'application/pem-certificate-chain' }).end(found.certificate)
  }

  /** What every request but the first two is: signed, with a nonce of ours, for this very URL. */
  async function verified(request: IncomingMessage) {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    const head = JSON.parse(Buffer.from(body.protected, 'base64url').toString())
    const kid = String(head.kid ?? '')
      .split('/')
      .pop()!
    const jwk: JWK = head.jwk ?? accounts.get(kid)
    const { payload, protectedHeader } = await flattenedVerify(body, await importJWK(jwk, 'ES256'))
    if (!nonces.delete(protectedHeader!.nonce as string)) throw new Error('that nonce is not one')
    if (protectedHeader!.url !== `${base}${request.url}`) throw new Error('that is for another URL')
    return { payload: payload.length === 0 ? {} : JSON.parse(Buffer.from(payload).toString()), key: jwk, kid }
  }

  async function account(response: ServerResponse, key: JWK): Promise<void> {
    const id = await calculateJwkThumbprint(key)
    const known = accounts.has(id)
    accounts.set(id, key)
    response.setHeader('Location', `${base}/account/${id}`)
    send(response, known ? 200 : 201, { status: 'valid' })
  }

  function order(response: ServerResponse, payload: { identifiers: { value: string }[] }): void {
    if (state.refusal) {
      problem(response, 403, state.refusal.type, state.refusal.detail)
      return
    }
    const made: Order = { domains: payload.identifiers.map(({ value }) => value), valid: new Set() }
    orders.push(made)
    response.setHeader('Location', `${base}/order/${orders.indexOf(made)}`)
    sendOrder(response, 201, made)
  }

  function sendOrder(response: ServerResponse, status: number, one: Order): void {
    const id = orders.indexOf(one)
    const ready = one.domains.every((domain) => one.valid.has(domain))
    send(response, status, {
      status: one.failure ? 'invalid' : one.certificate ? 'valid' : ready ? 'ready' : 'pending',
      identifiers: one.domains.map((value) => ({ type: 'dns', value })),
      authorizations: one.domains.map((domain) => `${base}/authorization/${id}/${domain}`),
      finalize: `${base}/finalize/${id}`,
      ...(one.certificate && { certificate: `${base}/certificate/${id}` }),
    })
  }

  const tokenOf = (one: Order, domain: string) => `token-${orders.indexOf(one)}-${domain}`

  function authorization(response: ServerResponse, one: Order, domain: string): void {
    send(response, 200, {
      status: statusOf(one, domain),
      identifier: { type: 'dns', value: domain },
      challenges: ['dns-01', 'http-01', 'tls-alpn-01'].map((type) => challengeOf(one, domain, type)),
    })
  }

  function statusOf(one: Order, domain: string): string {
    return one.valid.has(domain) ? 'valid' : one.failure ? 'invalid' : 'pending'
  }

  function challengeOf(one: Order, domain: string, type: string): object {
    return {
      type,
      url: `${base}/challenge/${orders.indexOf(one)}/${domain}/${type}`,
      token: tokenOf(one, domain),
      status: statusOf(one, domain),
      ...(one.failure && { error: { type: 'urn:ietf:params:acme:error:unauthorized', detail: one.failure } }),
    }
  }

  async function challenge(
    response: ServerResponse,
    one: Order,
    [, domain, type]: [string, string, string],
    thumbprint: string,
  ): Promise<void> {
    const proof = `${tokenOf(one, domain)}.${thumbprint}`
    const shown = await lookAt(domain, type, tokenOf(one, domain))
    if (shown === undefined || shown === shownFor(type, proof)) one.valid.add(domain)
    else one.failure = `${domain} shows ${shown}`
    send(response, 200, challengeOf(one, domain, type))
  }

  /** @returns undefined when nobody looks */
  async function lookAt(domain: string, type: string, token: string): Promise<string | undefined> {
    const { validate } = state
    if (!validate) return undefined
    if ('tls' in validate && type === 'tls-alpn-01') return await identifierIn(validate.tls, domain)
    if ('http' in validate && type === 'http-01') {
      const url = `http://127.0.0.1:${validate.http}/.well-known/acme-challenge/${token}`
      return await (await fetch(url)).text()
    }
    return `nothing for ${type}`
  }

  async function finalize(response: ServerResponse, one: Order, csr: string): Promise<void> {
    const request = new Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    const names = (request.getExtension(ALTERNATIVE_NAMES) as SubjectAlternativeNameExtension).names.toJSON()
    if (names.some(({ value }) => !one.domains.includes(value)))
      return problem(response, 403, 'badCSR', 'it has other names')
    if (new Set(names.map(({ value }) => value)).size < names.length)
      return problem(response, 403, 'badCSR', 'it has a name twice')
    if (request.subjectName.getField('CN').some((name) => name.length > 64))
      return problem(response, 403, 'badCSR', 'the common name is too long')
    const now = state.now()
    const leaf = await X509CertificateGenerator.create({
      subject: request.subject,
      issuer: authority.subject,
      notBefore: new Date(now),
      notAfter: new Date(now + lifetime),
      publicKey: await request.publicKey.export(),
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: P256,
      extensions: [new SubjectAlternativeNameExtension(names)],
    })
    one.certificate = `${leaf.toString('pem')}\n`
    issued += 1
    sendOrder(response, 200, one)
  }

  return Object.assign(state, {
    directory: `${base}/directory`,
    ca: `${authority.toString('pem')}\n`,
    issuedSoFar: () => issued,
    accountsSoFar: () => accounts.size,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function problem(response: ServerResponse, status: number, type: string, detail: string): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status }))
}

/** What is to be seen of a proof: itself, or its digest in the extension of a certificate. */
function shownFor(type: string, proof: string): string {
  return type === 'http-01' ? proof : createHash('sha256').update(proof).digest('hex')
}

/** The digest in the certificate that a name shows by tls-alpn-01. */
function identifierIn(port: number, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      servername,
      ALPNProtocols: ['acme-tls/1'],
      rejectUnauthorized: false,
    }
    const socket = connect(options, () => {
      const { raw } = socket.getPeerCertificate()
      // id-pe-acmeIdentifier, critical, with an octet string of 32 bytes in one.
      const found = /06082b0601050507011f0101ff04220420([\da-f]{64})/.exec(raw.toString('hex'))
      socket.end()
      resolve(found?.[1] ?? `another certificate, by ${socket.alpnProtocol}`)
    })
    socket.once('error', ({ message }) => resolve(message))
  })
}
