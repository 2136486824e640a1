// A real registry for tests: Debian's docker-registry (Distribution v2) with token authentication, on a loopback port.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './debian.ts'

/** How the registry recognises tokens, as in its configuration's `auth.token`. */
export interface RegistryOptions {
  /** The token endpoint's URL. */
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** PEM text of the certificates that it trusts. */
  readonly rootcertbundle: string
  /** PEM text; left out = plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** More of `auth.token`. */
  readonly token?: object
  /** In the place of `auth.token`. */
  readonly auth?: object
  /** In the place of Debian's program. */
  readonly program?: string
}

/** A running registry. */
export interface Registry {
  /** Such as `127.0.0.1:41234`: the first part of an image's name. */
  readonly address: string
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string
  /** Its folder, with `config.yml` and `bundle.pem`. */
  readonly folder: string
  /** Ends the process and removes all that it stored. */
  stop(): Promise<void>
}

const START_TIMEOUT = 15_000
const STOP_TIMEOUT = 5_000

/**
 * Starts a registry on a port that the operating system chooses and waits until it listens. The suite must say
 * `needs('docker-registry')`.
 *
 * @throws Error with the registry's own words when it does not start
 * @example
 * const registry = await startRegistry({ realm, service: 'registry', issuer: 'Auth Service', rootcertbundle })
 * after(() => registry.stop())
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-registry-'))
  let child: ChildProcess | undefined
  const stop = async () => {
    if (child) await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    child = launch(folder, await writeConfig(folder, options), options.program)
    const address = await listening(child)
    return { address, url: `${options.tls ? 'https' : 'http'}://${address}`, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function launch(
  folder: string,
  config: string,
  program = findProgram('docker-registry') ?? 'docker-registry',
): ChildProcess {
  const child = spawn(program, ['serve', config], {
    cwd: folder,
    // A REGISTRY_... variable of ours would override the configuration.
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // An interrupted test run must not leave it behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.off('exit', kill))
  return child
}

async function writeConfig(folder: string, options: RegistryOptions): Promise<string> {
  const file = async (name: string, text: string) => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const { realm, service, issuer, rootcertbundle, tls, token, auth } = options
  const bundle = await file('bundle.pem', rootcertbundle)
  return file(
    'config.yml',
    // JSON is YAML.
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'storage') }, delete: { enabled: true } },
      http: {
        addr: '127.0.0.1:0',
        secret: randomBytes(16).toString('hex'),
        ...(tls && {
          tls: { certificate: await file('tls.crt', tls.certificate), key: await file('tls.key', tls.key) },
        }),
      },
      auth: auth ?? { token: { realm, service, issuer, rootcertbundle: bundle, ...token } },
    }),
  )
}

/** Waits for the line of the log that says where the registry listens. */
async function listening(child: ChildProcess): Promise<string> {
  const lines: string[] = []
  const found = new Promise<string>((resolve) => {
    // Read to the end: a full pipe would stop the registry.
    createInterface({ input: child.stderr! }).on('line', (line) => {
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
      if (address) resolve(address)
      else if (lines.length < 50) lines.push(line)
    })
  })
  const given = new AbortController()
  const address = await Promise.race([
    found,
    once(child, 'close', { signal: given.signal }).catch((error) => void lines.push(String(error))),
    delay(START_TIMEOUT, undefined, { signal: given.signal }).catch(() => undefined),
  ])
  given.abort()
  if (typeof address === 'string') return address
  throw new Error(`the registry did not start:\n${lines.join('\n')}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await closed
  clearTimeout(overdue)
}
