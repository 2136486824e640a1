// Real LDAP servers for tests: Debian's slapd on loopback ports, each with a folder of its own, filled from LDIF.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Attribute, Change, Client, Control } from 'ldapts'
import { findProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import { suspend } from './processes.ts'

const run = promisify(execFile)

/** What a server is started with. */
export interface SlapdOptions {
  /** All entries, below and with the suffix. */
  readonly ldif: string
  /** Default: dc=example,dc=com. */
  readonly suffix?: string
  /** Definitions of further attributes and classes, in slapd.conf's words. In the place of Microsoft's, whose times can't be compared. */
  readonly schema?: string
  /** Keep the password policy's attributes of entries, such as pwdChangedTime. */
  readonly ppolicy?: boolean
  /** PEM texts. With `ca`, clients must show a certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca?: string }
}

/**
 * A running server. Everybody may bind; only `cn=reader` below the suffix may search everything, and an entry may see itself.
 */
export interface SlapdServer {
  readonly port: number
  /** `ldap://127.0.0.1:PORT` */
  readonly url: string
  /** For ldaps, on servers with `tls`. */
  readonly tlsPort: number
  /** Ends the process and keeps the data. */
  halt(): Promise<void>
  /** Starts it again, on the same ports. */
  start(): Promise<void>
  /** The process hangs: connections are made and stay, answers do not come. */
  pause(): Promise<void>
  resume(): void
  /** Sets attributes of an entry, as the administrator; an empty list removes one. */
  modify(
    dn: string,
    attributes: Readonly<Record<string, string | readonly string[] | readonly Buffer[]>>,
  ): Promise<void>
  /** Takes all entries from another LDIF; the server must be halted. */
  replace(ldif: string): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

const START_TIMEOUT = 10_000
const STOP_TIMEOUT = 5_000

/**
 * Starts a server and waits until it accepts connections. The suite must say `needs('slapd')`.
 *
 * @throws Error with the server's own words when it does not start
 * @example
 * const slapd = await startSlapd({ ldif: readFileSync('people.ldif', 'utf8') })
 * after(() => slapd.stop())
 */
export async function startSlapd(options: SlapdOptions): Promise<SlapdServer> {
  const { ldif, suffix = 'dc=example,dc=com', tls } = options
  const folder = await mkdtemp(join(tmpdir(), 'dockwarden-slapd-'))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const urls = [`ldap://127.0.0.1:${port}/`, ...(tls ? [`ldaps://127.0.0.1:${tlsPort}/`] : [])]
  const configuration = join(folder, 'slapd.conf')
  let child: ChildProcess | undefined
  const load = async (text: string) => {
    await rm(join(folder, 'data'), { recursive: true, force: true })
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'entries.ldif'), text)
    await run(findProgram('slapadd') ?? 'slapadd', [
      '-q',
      ...['-f', configuration],
      ...['-l', join(folder, 'entries.ldif')],
    ])
  }
  const server: SlapdServer = {
    port,
    url: `ldap://127.0.0.1:${port}`,
    tlsPort,
    async start() {
      if (child && isRunning(child)) throw new Error('slapd runs already; halt it first')
      // With a debug level, even none, it stays in the foreground.
      child = spawn(findProgram('slapd') ?? 'slapd', ['-d', '0', '-f', configuration, '-h', urls.join(' ')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      // An interrupted test run must not leave it behind.
      const started = child
      const kill = () => started.kill('SIGKILL')
      process.once('exit', kill)
      child.once('close', () => process.off('exit', kill))
      await answering(child, port)
    },
    async halt() {
      if (child) await end(child)
    },
    pause: () => suspend(child!.pid!),
    resume: () => void child?.kill('SIGCONT'),
    async modify(dn, attributes) {
      const client = new Client({ url: server.url })
      try {
        await client.bind(`cn=root,${suffix}`, ROOT_PASSWORD)
        const changes = Object.entries(attributes).map(([type, values]) => {
          const modification = new Attribute({ type, values: [values].flat() as string[] })
          return new Change({ operation: 'replace', modification })
        })
        // RelaxRules lets an administrator set what the server itself keeps.
        await client.modify(dn, changes, new Control('1.3.6.1.4.1.4203.666.5.12'))
      } finally {
        await client.unbind()
      }
    },
    replace: load,
    async stop() {
      await server.halt()
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    const files = tls && { 'tls.crt': tls.certificate, 'tls.key': tls.key, 'ca.crt': tls.ca ?? '' }
    for (const [name, text] of Object.entries(files ?? {})) {
      await writeFile(join(folder, name), text, { mode: 0o600 })
    }
    await writeFile(configuration, configurationText(folder, suffix, options))
    await load(ldif)
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

const SCHEMAS = ['core', 'cosine', 'inetorgperson', 'nis']
const ROOT_PASSWORD = 'root-password'

function configurationText(
  folder: string,
  suffix: string,
  { tls, schema, ppolicy = false }: SlapdOptions,
): string {
  return [
    ...SCHEMAS.map((name) => `include /etc/ldap/schema/${name}.schema`),
    schema ?? 'include /etc/ldap/schema/msuser.schema',
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    ...(ppolicy ? ['moduleload ppolicy'] : []),
    ...(tls ? [`TLSCertificateFile ${folder}/tls.crt`, `TLSCertificateKeyFile ${folder}/tls.key`] : []),
    ...(tls?.ca === undefined ? [] : [`TLSCACertificateFile ${folder}/ca.crt`, 'TLSVerifyClient demand']),
    `pidfile ${folder}/slapd.pid`,
    'database mdb',
    `suffix "${suffix}"`,
    `directory ${folder}/data`,
    `rootdn "cn=root,${suffix}"`,
    `rootpw ${ROOT_PASSWORD}`,
    'maxsize 67108864',
    'dbnosync',
    // More than 500 entries only page by page, as Active Directory has it with 1,000.
    `limits dn.exact="cn=reader,${suffix}" size=500 size.prtotal=unlimited`,
    'index objectClass,uid,cn,member,memberUid eq',
    'access to attrs=userPassword by anonymous auth by * none',
    `access to * by dn.exact="cn=reader,${suffix}" read by self read by users search by * none`,
    ...(ppolicy ? ['overlay ppolicy', `ppolicy_default "cn=policy,${suffix}"`] : []),
    '',
  ].join('\n')
}

/** Waits until a connection can be made. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  let words = ''
  // Read to the end: a full pipe would stop the server.
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (words.length < 4_000) words += text
  })
  const ended = new AbortController()
  child.once('close', () => ended.abort())
  child.once('error', (error) => {
    words += error.message
    ended.abort()
  })
  const late = AbortSignal.timeout(START_TIMEOUT)
  while (!(await accepts(port))) {
    if (ended.signal.aborted || late.aborted) throw new Error(`slapd did not start:\n${words}`)
    await delay(10)
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  // A paused one only hears SIGKILL.
  const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await closed
  clearTimeout(overdue)
}
