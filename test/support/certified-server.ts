// A Dockwarden that asks for client certificates over real TLS, with authorities, and clients that show what these issue.
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { type Authority, newAuthority } from './client-certificates.ts'
import { basic, encode, type HttpQuestion } from './http-question.ts'
import { newPair, type TestPair } from './key-pairs.ts'
import { eventually, startTestServer, type TestInstance } from './server.ts'

/** That of the user alice. */
export const PASSWORD = 'canary of the certified'
export const SCOPE = { service: 'registry', scope: 'repository:ci/app:pull,push' }
/** As it goes over a connection. */
export const REQUEST = 'GET /auth?service=registry HTTP/1.1\r\nHost: localhost\r\n\r\n'
const own = [{ match: { account: '/.+/', name: '${account}/*' }, actions: ['*'] }]

export interface CertifiedAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly json: any
}

/** Declares, inside a suite, what its tests have in common: certificates once, and a server and agents that end after each test. */
export function certified() {
  let tls: TestPair
  let root: Authority
  let stranger: Authority
  let ci: TestPair
  let server: TestInstance
  let agents: Agent[]

  before(async () => {
    tls = await newPair('P-256', { name: 'localhost' })
    root = await newAuthority('clients')
    stranger = await newAuthority('clients')
    ci = await root.issue('CN=ci,OU=build', { usage: 'client' })
  })
  beforeEach(() => {
    agents = []
  })
  afterEach(async () => {
    for (const agent of agents) agent.destroy()
    await server?.stop()
  })

  /** A server with mtls, and alice and everybody by static. @param given.authenticators before them */
  async function start(
    given: {
      server?: object
      files?: Record<string, string>
      options?: object
      authenticators?: readonly object[]
    } = {},
  ): Promise<void> {
    const mtls = { plugin: 'mtls', options: { labels: { unit: 'certificate.subject.OU' }, ...given.options } }
    const people = { users: { '': {}, alice: { password: '!env ALICE' } } }
    server = await startTestServer({
      config: {
        server: {
          listen: '127.0.0.1:0',
          tls: { certificate: 'tls.crt', key: 'tls.key' },
          client_ca: 'clients.pem',
          ...given.server,
        },
        authenticators: [...(given.authenticators ?? []), mtls, { plugin: 'static', options: people }],
        authorizers: [{ plugin: 'acl', options: { rules: own } }],
      },
      env: { ALICE: PASSWORD },
      files: {
        'tls.crt': tls.certificate,
        'tls.key': tls.key,
        'clients.pem': root.certificate,
        ...given.files,
      },
      ca: tls.certificate,
      watchInterval: 10,
    })
  }

  /** A client of one connection that shows this certificate, or none. */
  function agentOf(pair: TestPair | undefined, ca = tls.certificate): Agent {
    const shown = pair && { cert: pair.certificate, key: pair.key }
    const agent = new Agent({ ...shown, ca, keepAlive: true, maxSockets: 1, servername: 'localhost' })
    agents.push(agent)
    return agent
  }

  /** Asks for a token. */
  function ask(agent: Agent, { form, user, query = SCOPE }: HttpQuestion = {}): Promise<CertifiedAnswer> {
    const options = {
      agent,
      host: '127.0.0.1',
      port: server.port,
      method: form ? 'POST' : 'GET',
      path: form ? '/auth' : `/auth?${encode(query)}`,
      headers: {
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(user && { authorization: basic(...user) }),
      },
    }
    return new Promise((resolve, reject) => {
      const sent = request(options, async (response) => {
        const chunks = await response.toArray()
        resolve({ status: response.statusCode!, json: JSON.parse(Buffer.concat(chunks).toString()) })
      })
      sent.on('error', reject).end(form && encode(form))
    })
  }

  /** The account in a token, and what it may do. */
  function accessOf({ json }: CertifiedAnswer): string[] {
    const { sub, access } = JSON.parse(Buffer.from(json.token.split('.')[1], 'base64url').toString())
    return [sub, ...access[0].actions]
  }

  /** Why credentials were rejected, as the log has it. */
  function reasons(): string[] {
    return server.lines().flatMap(({ msg, reason }) => (msg === 'credentials rejected' ? [reason] : []))
  }

  /** Writes a file of authorities, and waits until the server has read it. */
  async function write(name: string, text: string): Promise<void> {
    const before = told().length
    writeFileSync(join(server.folder, name), text)
    await eventually(() => told().length > before)
  }

  /** Replaces the certificate of the server. */
  async function renewTls(): Promise<TestPair> {
    const next = await newPair('P-256', { name: 'localhost' })
    writeFileSync(join(server.folder, 'tls.crt'), next.certificate)
    writeFileSync(join(server.folder, 'tls.key'), next.key)
    await eventually(() => server.lines().some(({ msg }) => /^TLS certificate read again/.test(msg)))
    return next
  }

  /** What the log says of the files of authorities. */
  const told = () => server.lines().filter(({ msg }) => /authorities of client certificates/.test(msg))

  /** What is received until the connection ends. */
  function textOf(socket: TLSSocket): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      socket.on('data', (data) => {
        text += data
      })
      socket.on('close', () => resolve(text))
    })
  }

  /** A connection of its own. */
  function open(pair: TestPair, more: object = {}): Promise<TLSSocket> {
    const options = { host: '127.0.0.1', port: server.port, servername: 'localhost', ca: tls.certificate }
    return new Promise((resolve, reject) => {
      const shown = { cert: pair.certificate, key: pair.key }
      const socket = connect({ ...options, ...shown, ...more }, () => resolve(socket))
      socket.on('error', reject)
    })
  }

  return {
    /** The certificate of the server. */
    tls: () => tls,
    /** The authority that is trusted. */
    root: () => root,
    /** Another one of the same name. */
    stranger: () => stranger,
    /** What `root` issued for `ci`. */
    ci: () => ci,
    server: () => server,
    ...{ start, agentOf, ask, accessOf, reasons, write, renewTls, told, textOf, open },
  }
}
