// How the server process stops: what is in flight is answered, plugins are closed, and nothing holds it up for ever.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { openRaw, type RawConnection } from '../support/raw-http.ts'
import { eventually } from '../support/server.ts'

const MAIN = fileURLToPath(new URL('../../core/main.ts', import.meta.url))

/** Accepts everybody once the file `go` is there; writes `arrived` when asked, and `closed` when closed. */
const SLOW = `import { existsSync, writeFileSync } from 'node:fs'
import { accept, definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({
  kind: 'authenticator', name: 'slow', options: z.strictObject({ folder: z.string(), closes: z.boolean() }),
  create: ({ folder, closes }) => ({
    async authenticate({ account }) {
      writeFileSync(folder + '/arrived', account)
      if (account === 'careless') Promise.reject(new Error('forgotten'))
      while (account === 'slow' && !existsSync(folder + '/go')) await new Promise((resolve) => setTimeout(resolve, 5))
      return accept()
    },
    async close() {
      writeFileSync(folder + '/closed', '')
      if (!closes) await new Promise((resolve) => setTimeout(resolve, 3_600_000))
    },
  }),
})`

/** Never comes to its end; writes `loading` at its beginning. */
const ENDLESS = `import { writeFileSync } from 'node:fs'
writeFileSync(new URL('./loading', import.meta.url), '')
await new Promise((resolve) => setTimeout(resolve, 3_600_000))`

/** Computes for minutes in a thread, where nothing can stop it; writes `computing` at its beginning. */
const STUBBORN = `import { Worker } from 'node:worker_threads'
const code = "require('node:fs').writeFileSync(" + JSON.stringify(new URL('./computing', import.meta.url).pathname) +
  ", ''); require('node:crypto').pbkdf2Sync('a', 'b', 2 ** 30, 32, 'sha512')"
new Worker(code, { eval: true })
await new Promise((resolve) => setTimeout(resolve, 3_600_000))`

class Process {
  readonly folder = mkdtempSync(join(tmpdir(), 'dockwarden-shutdown-'))
  child!: ChildProcess
  port = 0
  log = ''
  /** Resolves with exit code and signal, once all of the log has been read. */
  exited!: Promise<unknown[]>

  async start(closes = true): Promise<void> {
    this.launch(SLOW, { folder: this.folder, closes })
    await eventually(() => /"msg":"listening"/.test(this.log) || this.child.exitCode !== null)
    this.port = Number(/"address":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(this.log)?.[1])
  }

  /** Starts it with one plugin, and does not wait. */
  launch(plugin: string, options: object): void {
    const config = {
      server: { listen: '127.0.0.1:0' },
      authenticators: [{ plugin: './slow.ts', timeout: '60s', options }],
      authorizers: [],
    }
    writeFileSync(this.path('slow.ts'), plugin)
    writeFileSync(this.path('dockwarden.yml'), JSON.stringify(config))
    this.child = spawn(process.execPath, [MAIN, 'serve', this.path('dockwarden.yml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.exited = once(this.child, 'close')
    this.child.stderr!.setEncoding('utf8').on('data', (text) => {
      this.log += text
    })
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  has(name: string): boolean {
    return existsSync(this.path(name))
  }

  /** Sends a request that waits for the file `go`, and returns when it has arrived at the plugin. */
  async slowRequest(): Promise<RawConnection> {
    const connection = await openRaw(this.port)
    connection.write(request('slow'))
    await eventually(() => this.has('arrived') && readFileSync(this.path('arrived'), 'utf8') === 'slow')
    return connection
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Sends a signal and returns when the process refuses new connections. */
  async stopping(name: NodeJS.Signals): Promise<void> {
    this.signal(name)
    let refused = false
    while (!refused) {
      await openRaw(this.port).then(
        (connection) => connection.destroy(),
        () => {
          refused = true
        },
      )
    }
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.exited
    rmSync(this.folder, { recursive: true })
  }
}

function request(account: string, path = '/auth'): string {
  const credentials = Buffer.from(`${account}:canary of the end`).toString('base64')
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${credentials}\r\n\r\n`
}

describe('a server process', () => {
  it('goes on when a plugin forgets a promise that is rejected, and says so', async () => {
    const server = new Process()
    await server.start()
    using connection = await openRaw(server.port)
    for (const account of ['careless', 'quick']) {
      connection.write(request(account))
      expect((await connection.answers(1))[0]!.status).to.equal(200)
    }
    await eventually(() => /nobody waited for it/.test(server.log))
    expect(server.log).to.contain('forgotten')
    await server.end()
  })
})

describe('a server process that is told to stop', () => {
  let server: Process

  beforeEach(() => {
    server = new Process()
  })

  afterEach(() => server.end())

  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    it(`with ${name} answers what is in flight, refuses what is new, closes its plugins and exits with 0`, async () => {
      await server.start()
      using connection = await server.slowRequest()
      await server.stopping(name)
      expect(server.has('closed')).to.equal(false)
      writeFileSync(server.path('go'), '')
      const [answer] = await connection.answers(1)
      expect(answer!.status).to.equal(200)
      expect(await server.exited).to.deep.equal([0, null])
      expect(server.has('closed')).to.equal(true)
      expect(server.log).to.match(/"account":"slow".*"status":200/)
      expect(server.log.trimEnd().split('\n').at(-1)).to.contain('"msg":"stopped"')
      expect(server.log).not.to.contain('canary of the end')
    })
  }

  it('says on connections that it still has that it is not ready', async () => {
    await server.start()
    using connection = await openRaw(server.port)
    const question = request('', '/readyz')
    connection.write(question.slice(0, -2))
    // What was sent first has arrived when this has.
    using other = await openRaw(server.port)
    other.write(request('quick'))
    await other.answers(1)
    await server.stopping('SIGTERM')
    connection.write(question.slice(-2))
    const [answer] = await connection.answers(1)
    expect(answer!.status).to.equal(503)
    expect(answer!.headers.get('connection')).to.equal('close')
    expect(await server.exited).to.deep.equal([0, null])
  })

  it('does not wait for connections that are idle or only open', async () => {
    await server.start()
    using used = await openRaw(server.port)
    used.write(request('quick'))
    expect((await used.answers(1))[0]!.status).to.equal(200)
    using unused = await openRaw(server.port)
    server.signal('SIGTERM')
    expect(await server.exited).to.deep.equal([0, null])
    expect(await unused.closed()).to.deep.equal([])
  })

  it('exits at once at a second signal, whatever is in flight', async () => {
    await server.start()
    using connection = await server.slowRequest()
    await server.stopping('SIGTERM')
    server.signal('SIGTERM')
    expect(await server.exited).to.deep.equal([1, null])
    expect(server.log).to.include('ended at once by a second SIGTERM')
    expect(await connection.closed()).to.deep.equal([])
  })

  it('exits at once at a second signal while a plugin is still loading', async () => {
    server.launch(ENDLESS, {})
    await eventually(() => server.has('loading'))
    server.signal('SIGTERM')
    // Another one: two of the same kind may arrive as one.
    server.signal('SIGINT')
    expect(await server.exited).to.deep.equal([1, null])
  })

  it('exits at once at a second signal while a thread computes', async () => {
    server.launch(STUBBORN, {})
    await eventually(() => server.has('computing'))
    server.signal('SIGTERM')
    server.signal('SIGINT')
    expect(await server.exited).to.deep.equal([1, null])
  })

  it('is not held up by a plugin that does not close, and says which', async () => {
    await server.start(false)
    server.signal('SIGTERM')
    expect(await server.exited).to.deep.equal([0, null])
    expect(server.has('closed')).to.equal(true)
    expect(server.log).to.contain('plugin slow (id slow) did not close: no answer within 5 s')
  })
})
