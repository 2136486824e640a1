// Real Redis servers for tests: Debian's redis-server on loopback ports, each with a folder of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import { suspend } from './processes.ts'

const run = promisify(execFile)

/** What a server is started with. */
export interface RedisServerOptions {
  /** The default user's. */
  readonly password?: string
  /** PEM texts; the server then speaks TLS only. With `ca`, clients must show a certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca?: string }
  /** Further lines of redis.conf, such as `maxmemory 100mb`. */
  readonly config?: readonly string[]
}

/** A running server. What it acknowledges is on the disk. */
export interface RedisServer {
  readonly port: number
  /** Runs one command with redis-cli. @returns its output, without the line's end */
  command(...words: string[]): Promise<string>
  /** Ends the process and keeps the data. SIGKILL is the end of a machine. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again, with the same port and data. */
  start(): Promise<void>
  /** The process hangs: connections stay, answers do not come. */
  pause(): Promise<void>
  resume(): void
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const START_TIMEOUT = 10_000
const STOP_TIMEOUT = 5_000

/**
 * Starts a server and waits until it answers. The suite must say `needs('redis-server')`.
 *
 * @throws Error with the server's own words when it does not start
 * @example
 * const redis = await startRedis({ password: 'hunter22' })
 * after(() => redis.stop())
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort()
  const { password, tls, config = [] } = options
  const lines = [
    ...(tls ? ['port 0', `tls-port ${port}`, ...tlsLines(tls)] : [`port ${port}`]),
    ...['appendonly yes', 'appendfsync always', 'save ""'],
    ...(password === undefined ? [] : [`requirepass ${password}`, `masterauth ${password}`]),
    ...config,
  ]
  const files = tls && { 'tls.crt': tls.certificate, 'tls.key': tls.key, 'ca.crt': tls.ca ?? '' }
  return launch(port, lines, { args: [], ready: /Ready to accept connections/, password, files })
}

/**
 * Starts a sentinel that alone watches a master, by the name `mymaster`, and replaces it after half a second.
 *
 * @example const sentinel = await startSentinel(master.port)
 */
export async function startSentinel(masterPort: number): Promise<RedisServer> {
  const port = await freePort()
  const lines = [
    `port ${port}`,
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 2000',
  ]
  return launch(port, lines, { args: ['--sentinel'], ready: /\+monitor master mymaster/ })
}

/** A cluster of three masters, which have a third of the keys each. */
export async function startCluster(): Promise<RedisServer[]> {
  const nodes: RedisServer[] = []
  try {
    for (let count = 0; count < 3; count++) {
      const bus = await freePort()
      const config = ['cluster-enabled yes', `cluster-port ${bus}`, 'cluster-node-timeout 1000']
      nodes.push(await startRedis({ config }))
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    await cli('--cluster', 'create', ...addresses, '--cluster-yes')
    for (const node of nodes) await untilJoined(node)
    return nodes
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()))
    throw error
  }
}

/** Waits until a node of a cluster serves all keys; the test's own time limit ends it otherwise. */
export async function untilJoined(node: RedisServer): Promise<void> {
  while (!(await node.command('cluster', 'info')).includes('cluster_state:ok')) await delay(20)
}

interface Launch {
  readonly args: readonly string[]
  /** The line of its output that says that it can be used. */
  readonly ready: RegExp
  readonly password?: string | undefined
  readonly files?: Record<string, string> | undefined
}

async function launch(port: number, lines: string[], { args, ready, password, files = {} }: Launch) {
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-redis-'))
  const path = join(folder, 'redis.conf')
  let child: ChildProcess | undefined
  const server: RedisServer = {
    port,
    command: (...words) => cli(...auth(password), '-p', String(port), ...words),
    async start() {
      child = spawn(findProgram('redis-server') ?? 'redis-server', [path, ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      // An interrupted test run must not leave it behind.
      const started = child
      const kill = () => started.kill('SIGKILL')
      process.once('exit', kill)
      child.once('close', () => process.off('exit', kill))
      await answering(child, ready)
    },
    async halt(signal = 'SIGTERM') {
      if (child) await end(child, signal)
    },
    pause: () => suspend(child!.pid!),
    resume: () => void child?.kill('SIGCONT'),
    async stop() {
      await server.halt('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, name), text, { mode: 0o600 })
    await writeFile(path, ['bind 127.0.0.1', `dir ${folder}`, 'logfile ""', ...lines, ''].join('\n'))
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

function tlsLines({ ca }: NonNullable<RedisServerOptions['tls']>): string[] {
  const trust = ca === undefined ? ['tls-auth-clients no'] : ['tls-ca-cert-file ca.crt']
  return ['tls-cert-file tls.crt', 'tls-key-file tls.key', ...trust]
}

/** Waits for the line that says that the server can be used. */
async function answering(child: ChildProcess, ready: RegExp): Promise<void> {
  const lines: string[] = []
  const given = new AbortController()
  const found = new Promise<boolean>((resolve) => {
    // Read to the end: a full pipe would stop the server.
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (lines.length < 50) lines.push(line)
      if (ready.test(line)) resolve(true)
    })
  })
  const ended = once(child, 'close', { signal: given.signal }).then(
    () => false,
    (error) => {
      lines.push(String(error))
      return false
    },
  )
  const late = delay(START_TIMEOUT, false, { signal: given.signal }).catch(() => false)
  const started = await Promise.race([found, ended, late])
  given.abort()
  if (!started) throw new Error(`redis-server did not start:\n${lines.join('\n')}`)
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  // A paused one only hears SIGKILL.
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await closed
  clearTimeout(overdue)
}

function auth(password: string | undefined): string[] {
  return password === undefined ? [] : ['--no-auth-warning', '-a', password]
}

async function cli(...args: string[]): Promise<string> {
  const { stdout } = await run(findProgram('redis-cli') ?? 'redis-cli', args)
  return stdout.trimEnd()
}
