// Several processes that answer as one server: `server.workers`.
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { expect } from 'chai'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { askServer } from '../../core/server/control-client.ts'
import { type AcmeServer, startAcmeServer } from '../support/acme-server.ts'
import { type DockwardenProcess, startDockwarden } from '../support/dockwarden.ts'
import { freePort } from '../support/free-port.ts'
import { basic, encode, type Fields } from '../support/http-question.ts'
import { newPair } from '../support/key-pairs.ts'
import { isRunning, until } from '../support/processes.ts'
import { runMain } from '../support/run-main.ts'
import { Scrape } from '../support/scrape.ts'

const PASSWORD = 'canary of the workers'
const NAME = 'registry.example.com'
const VARIABLE = 'DOCKWARDEN_TEST_WORKERS'
/** So many requests on connections of their own reach both workers. */
const ROUND = 4

describe('two workers', function () {
  this.timeout(20_000)
  let folder: string
  let file: string
  let metrics: number
  let server: DockwardenProcess

  const config = (actions: readonly string[], more = '') => `
server: { listen: "127.0.0.1:0", state_dir: var, workers: 2, metrics: { listen: "127.0.0.1:${metrics}" } }
authenticators:
  - plugin: static
    options: { users: { ann: { password: !env ${VARIABLE} }, bob: { password: !env ${VARIABLE} } } }
authorizers:
  - plugin: acl
    options: { rules: [{ actions: ${JSON.stringify(actions)} }] }
${more}`

  const env = { [VARIABLE]: PASSWORD, DOCKWARDEN_STATE_DIR: '' }
  const start = () => startDockwarden([file], env)
  const said = (pattern: RegExp) => [...server.output().matchAll(new RegExp(pattern, 'g'))]
  /** Process ids of those that have begun to take connections, the last one of each number. */
  const workers = () =>
    new Map(
      said(/"worker":(\d),"pid":(\d+),"msg":"a worker takes/).map(([, number, pid]) => [
        number!,
        Number(pid),
      ]),
    )
  const begun = (count: number) => until(() => said(/a worker takes/).length >= count)
  /** The workers that have answered since some of the output was written. */
  const answeredSince = (length: number) =>
    new Set(
      [
        ...server
          .output()
          .slice(length)
          .matchAll(/"worker":(\d),"audit":"token"/g),
      ].map(([, worker]) => worker),
    )
  const ask = (password: string, fields: Fields = {}, account = 'ann') =>
    send(server.port, `/auth?${encode({ service: 'r', scope: 'repository:a:pull,push', ...fields })}`, {
      authorization: basic(account, password),
    })
  const refreshed = (token: string) =>
    send(
      server.port,
      '/token',
      {},
      encode({ grant_type: 'refresh_token', refresh_token: token, service: 'r', client_id: 'c' }),
    )
  const tell = (verb: string) => askServer(join(folder, 'var'), verb)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-workers-'))
    file = join(folder, 'dockwarden.yml')
    metrics = await freePort()
    writeFileSync(file, config(['pull', 'push']))
    server = await start()
    // The first address that is written is that of the metrics.
    const [, port] = await server.until(/Dockwarden listens on http:\/\/127.0.0.1:(\d+)/)
    server = { ...server, port: Number(port) }
  })
  after(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  it('both answer', async () => {
    const before = server.output().length
    for (let round = 0; round < ROUND; round++) expect((await ask(PASSWORD)).statusCode).to.equal(200)
    await until(() => answeredSince(before).size === 2)
  })

  it('count wrong passwords together', async () => {
    const statuses: (number | undefined)[] = []
    for (let round = 0; round < 7; round++) statuses.push((await ask(`wrong ${round}`, {}, 'bob')).statusCode)
    expect(statuses).to.deep.equal([401, 401, 401, 401, 401, 429, 429])
    const { pairs } = (await tell('guard.list')) as { pairs: { account: string }[] }
    expect(pairs.map(({ account }) => account)).to.deep.equal(['bob'])
    await tell('guard.clear')
    for (let round = 0; round < ROUND; round++)
      expect((await ask(PASSWORD, {}, 'bob')).statusCode).to.equal(200)
  })

  it('take refresh tokens of each other, until one is revoked for all', async () => {
    const { refresh_token: token } = await bodyOf(await ask(PASSWORD, { offline_token: 'true' }))
    const before = server.output().length
    for (let round = 0; round < ROUND; round++) expect((await refreshed(token)).statusCode).to.equal(200)
    await until(() => answeredSince(before).size === 2)
    const revoked = await runMain(['token', 'revoke', '--account', 'ann', '--config', file], '', { env })
    expect(revoked.status).to.equal(0)
    for (let round = 0; round < ROUND; round++) expect((await refreshed(token)).statusCode).to.equal(400)
  })

  it('take another configuration together, and none that is wrong', async () => {
    writeFileSync(file, config(['pull']))
    expect(await tell('reload')).to.include({ outcome: 'reloaded' })
    const granted = async () => accessOf(await ask(PASSWORD))
    for (let round = 0; round < ROUND; round++) expect(await granted()).to.deep.equal(['pull'])
    writeFileSync(file, config(['*'], 'unknown: 1'))
    expect(await tell('reload')).to.include({ outcome: 'refused' })
    for (let round = 0; round < ROUND; round++) expect(await granted()).to.deep.equal(['pull'])
  })

  it('come back when they are killed, with the configuration in force, and nothing that was counted is lost', async () => {
    const counted = async () => {
      const answer = await fetch(`http://127.0.0.1:${metrics}/metrics`)
      return new Scrape(await answer.text()).sum('dockwarden_token_requests_total', 'status="200"')
    }
    const before = await counted()
    for (let round = 0; round < ROUND; round++) await ask(PASSWORD)
    await until(async () => (await counted()) === before + ROUND)
    process.kill(workers().get('1')!, 'SIGKILL')
    await server.until(/has ended \(killed by SIGKILL\)/)
    expect(await accessOf(await ask(PASSWORD))).to.deep.equal(['pull'])
    await begun(3)
    await until(async () => (await counted()) === before + ROUND + 1)
    for (const pid of workers().values()) process.kill(pid, 'SIGKILL')
    await until(() => said(/has ended \(killed/).length === 3)
    // The file is still wrong, and whoever comes now waits for a worker.
    expect(await accessOf(await ask(PASSWORD))).to.deep.equal(['pull'])
    await begun(5)
    await until(async () => (await counted()) === before + ROUND + 2)
  })

  it('say who they are', async () => {
    const { workers: told } = (await tell('status')) as { workers: { pid: number }[] }
    expect(told.map(({ pid }) => pid)).to.have.members([...workers().values()])
  })

  it('answer what has begun when the server is told to stop, and end', async () => {
    const pids = [...workers().values()]
    const socket = connect(server.port, '127.0.0.1')
    const form = encode({
      grant_type: 'password',
      username: 'ann',
      password: PASSWORD,
      service: 'r',
      client_id: 'c',
    })
    socket.write(
      `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form.slice(0, 9)}`,
    )
    // Another one that came behind it is answered: it has been taken.
    for (let round = 0; round < ROUND; round++) await ask(PASSWORD)
    const closed = once(server.child, 'close')
    server.child.kill('SIGTERM')
    await server.until(/"msg":"stopping"/)
    socket.write(form.slice(9))
    expect(await text(socket)).to.match(/^HTTP\/1.1 200 /)
    expect(await closed).to.deep.equal([0, null])
    expect(pids.filter(isRunning)).to.deep.equal([])
  })

  it('can not begin: the server ends, and says why', async () => {
    writeFileSync(
      join(folder, 'shy.ts'),
      `import { definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({ kind: 'authorizer', name: 'shy', options: z.strictObject({}),
  create() {
    if (process.argv[2] === 'worker') throw new Error('not in a worker')
    return { authorize: async () => ({ outcome: 'pass' }) }
  } })`,
    )
    writeFileSync(file, config(['pull'], '  - plugin: ./shy.ts'))
    const failed = await start().then(
      () => '',
      (error: Error) => error.message,
    )
    expect(failed)
      .to.match(/ended with 2/)
      .and.match(/worker \d could not begin: .*not in a worker/)
  })
})

describe('two workers behind TLS, a socket and a balancer', function () {
  this.timeout(60_000)
  let folder: string
  let server: DockwardenProcess
  let acme: AcmeServer
  const env = { [VARIABLE]: PASSWORD, DOCKWARDEN_STATE_DIR: '' }
  const ports = { secure: 0, proxied: 0, plain: 0 }
  const path = '/auth?service=r&scope=repository:a:pull'
  const authorization = basic('ann', PASSWORD)
  const issuer = () =>
    new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: ports.secure, servername: NAME, rejectUnauthorized: false }
      const socket = connectTls(options, () => {
        resolve(socket.getPeerCertificate().issuer.CN as string)
        socket.end()
      }).once('error', reject)
    })

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-workers-'))
    for (const name of ['secure', 'proxied', 'plain'] as const) ports[name] = await freePort()
    acme = await startAcmeServer()
    acme.validate = { tls: ports.secure }
    await writeKey()
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(
      file,
      `
server:
  workers: 2
  state_dir: var
  listen:
    - address: "127.0.0.1:${ports.secure}"
      tls: { acme: { directory: "${acme.directory}", email: admin@example.com, domains: [${NAME}] } }
    - { address: "unix:${folder}/s.sock", socket: { mode: "0600" } }
    - { address: "127.0.0.1:${ports.proxied}", proxy_protocol: { trusted_proxies: ["127.0.0.1"] } }
    - "127.0.0.1:${ports.plain}"
token: { keys: [{ certificate: token.crt, key: token.key }] }
authenticators:
  - plugin: static
    options: { users: { ann: { password: !env ${VARIABLE} } } }
authorizers:
  - plugin: acl
    options: { rules: [{ match: { account: ann }, actions: [pull] }] }
`,
    )
    server = await startDockwarden([file], env)
  })
  after(async () => {
    await server?.stop()
    await acme?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function writeKey(): Promise<void> {
    const { certificate, key } = await newPair('P-256')
    writeFileSync(join(folder, 'token.crt'), certificate)
    writeFileSync(join(folder, 'token.key'), key)
  }

  it('serve a socket with its mode, and those whom a balancer names', async () => {
    expect(statSync(join(folder, 's.sock')).mode & 0o777).to.equal(0o600)
    for (let round = 0; round < ROUND; round++) {
      const socket = { socketPath: join(folder, 's.sock') }
      expect((await send(socket, path, { authorization })).statusCode).to.equal(200)
    }
    const proxied = connect(ports.proxied, '127.0.0.1')
    proxied.write(`PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n`)
    proxied.write(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`,
    )
    expect(await text(proxied)).to.match(/^HTTP\/1.1 200 /)
    await server.until(/"audit":"token".*"ip":"192.0.2.7"/)
  })

  it('publish another key before one of them signs with it', async () => {
    const kids = async () => {
      const { keys } = await bodyOf(await send(ports.plain, '/.well-known/jwks.json'))
      return keys.map(({ kid }: { kid: string }) => kid)
    }
    const signed = async () =>
      decodeProtectedHeader((await bodyOf(await send(ports.plain, path, { authorization }))).token).kid
    const former = await signed()
    await writeKey()
    let over = false
    const reloading = runMain(['reload', '--config', join(folder, 'dockwarden.yml')], '', { env }).then(
      (ended) => {
        over = true
        return ended
      },
    )
    // Whoever has got a token finds its key everywhere, all the time.
    for (let round = 0; !over || round < ROUND; round++) {
      const kid = await signed()
      if (kid !== former) expect(await kids()).to.include(kid)
    }
    expect(await reloading).to.include({ status: 0 })
    for (let round = 0; round < ROUND; round++) expect(await signed()).to.not.equal(former)
  })

  it('prove their name to an ACME server, and show the certificate', async () => {
    await server.until(/a certificate for .* was issued/)
    expect(await runMain(['reload', '--config', join(folder, 'dockwarden.yml')], '', { env })).to.include({
      status: 0,
    })
    for (let round = 0; round < ROUND; round++) expect(await issuer()).to.equal('Test ACME authority')
  })

  it('end with the process that listens, also when it is killed', async () => {
    const pids = [...server.output().matchAll(/"pid":(\d+),"msg":"a worker takes/g)].map(([, pid]) =>
      Number(pid),
    )
    expect(pids).to.have.length(2)
    server.child.kill('SIGKILL')
    await until(() => !pids.some(isRunning))
  })
})

function send(
  to: number | { readonly socketPath: string },
  path: string,
  headers: Record<string, string> = {},
  form?: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const address = typeof to === 'number' ? { host: '127.0.0.1', port: to } : to
    const options = { ...address, path, agent: false, headers: { ...headers, ...(form && type) } }
    request({ ...options, method: form === undefined ? 'GET' : 'POST' }, resolve)
      .on('error', reject)
      .end(form)
  })
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
function bodyOf(answer: IncomingMessage): Promise<any> {
  return json(answer)
}

async function accessOf(answer: IncomingMessage): Promise<string[]> {
  const { access } = decodeJwt<{ access: { actions: string[] }[] }>((await bodyOf(answer)).token)
  return access.flatMap(({ actions }) => actions)
}
