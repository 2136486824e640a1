// What `dockwarden init` has to know, and which answers are good.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { tlsOptions } from '../../server/tls.ts'

export type RegistryKind = 'distribution2' | 'distribution3' | 'zot'
export type RunWay = 'terminal' | 'compose' | 'systemd'

/** As commander gives them. */
export interface InitOptions {
  readonly yes?: true
  readonly registry?: RegistryKind
  readonly run?: RunWay
  readonly host?: string
  readonly certificate?: string
  readonly key?: string
  readonly user?: string
  readonly port?: string
  readonly registryPort?: string
  readonly json?: true
}

/** All that is needed to write the files. */
export interface Answers {
  /** Absolute. */
  readonly folder: string
  readonly registry: RegistryKind
  readonly run: RunWay
  readonly host: string
  /** Absolute paths; undefined for localhost, which needs none. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  readonly user: string
  readonly port: number
  readonly registryPort: number
}

export const DEFAULTS = {
  folder: 'dockwarden',
  host: 'localhost',
  user: 'admin',
  port: '5001',
  registryPort: '5000',
}

const HOST = /^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/i
/** One that means nothing but itself in a rule. */
const USER = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/

/** @returns what is wrong with a host name; undefined when nothing is */
export function faultOfHost(host: string): string | undefined {
  if (isIP(host) !== 0 || /^[\d.]+$/.test(host))
    return 'is an address, to which crane, oras and others refuse to go for a token; write a name, such as registry.example.com or localhost'
  return HOST.test(host)
    ? undefined
    : 'is no host name; write one such as registry.example.com, without https:// and port'
}

/** @returns what is wrong with a user's name; undefined when nothing is */
export function faultOfUser(user: string): string | undefined {
  return USER.test(user) ? undefined : 'is no name for the first user; write letters, digits and . _ @ + -'
}

/** @returns what is wrong with a pair of files for a host; undefined when nothing is */
export function faultOfPair(certificate: string, key: string, host: string): string | undefined {
  try {
    const pem = readFileSync(certificate, 'utf8')
    tlsOptions(pem, readFileSync(key, 'utf8'))
    const leaf = new X509Certificate(pem)
    // A common name is no host for programs in Go.
    if (leaf.checkHost(host, { subject: 'never' }) === undefined)
      return `${certificate} is not for ${host}, but for ${leaf.subjectAltName ?? 'no name that clients take'}; have it issued with subjectAltName=DNS:${host}`
    if (leaf.validToDate.getTime() < Date.now())
      return `${certificate} expired on ${leaf.validToDate.toISOString()}; renew it first`
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** @returns what is wrong with a port; undefined when nothing is */
function faultOfPort(port: string): string | undefined {
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) < 65_536
    ? undefined
    : 'is no port; write a number up to 65535'
}

/**
 * Puts together what was asked and what options say.
 *
 * @param run the way where none is named
 * @throws Error that names the option and the remedy
 */
export function toAnswers(folder: string | undefined, options: InitOptions, run: RunWay): Answers {
  const given = { ...DEFAULTS, ...options }
  assert('--host', given.host, faultOfHost)
  assert('--user', given.user, faultOfUser)
  assert('--port', given.port, faultOfPort)
  assert('--registry-port', given.registryPort, faultOfPort)
  if (given.port === given.registryPort) throw new Error('--port and --registry-port are the same; write two')
  return {
    folder: resolve(folder ?? DEFAULTS.folder),
    registry: options.registry ?? 'distribution2',
    run: options.run ?? run,
    host: given.host,
    tls: tlsOf(options, given.host),
    user: given.user,
    port: Number(given.port),
    registryPort: Number(given.registryPort),
  }
}

function assert(option: string, value: string, fault: (value: string) => string | undefined): void {
  const found = fault(value)
  if (found !== undefined) throw new Error(`${option} ${JSON.stringify(value)} ${found}`)
}

function tlsOf({ certificate, key }: InitOptions, host: string): Answers['tls'] {
  if (certificate === undefined && key === undefined) {
    if (host === DEFAULTS.host) return undefined
    throw new Error(
      `--host ${host} needs --certificate FILE and --key FILE, with which clients will trust it; to try things on this machine alone, leave out --host`,
    )
  }
  if (certificate === undefined || key === undefined)
    throw new Error('--certificate and --key need each other')
  const files = { certificate: resolve(certificate), key: resolve(key) }
  const fault = faultOfPair(files.certificate, files.key, host)
  if (fault !== undefined) throw new Error(`--certificate, --key: ${fault}`)
  return files
}
