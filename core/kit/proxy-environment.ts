// HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go's programs read them: docker_auth is one, and so are most registries and their clients.
import { domainToASCII } from 'node:url'
import { contains, type IpAddress, type Network, parseAddress, parseNetwork } from '../acl/ip.ts'

/**
 * Says through which proxy a URL is asked.
 *
 * @returns undefined for none
 * @throws Error for a proxy that can't be used; its text holds no password
 */
export type ProxyOf = (url: URL) => URL | undefined

type Environment = Readonly<Record<string, string | undefined>>

/** Whether a host is asked directly. */
type Exception = (host: string, address: IpAddress | undefined, port: string) => boolean

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:'])
const PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', '80'],
  ['https:', '443'],
])
const LOOPBACK: readonly Network[] = [parseNetwork('127.0.0.0/8')!, parseNetwork('::1')!]

/**
 * Reads the environment once. Names in capitals come before those in small letters; localhost and loopback addresses are always asked
 * directly.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 * @example proxyOf({ HTTPS_PROXY: 'proxy:3128', NO_PROXY: '.corp' })(new URL('https://github.com')) // http://proxy:3128
 */
export function proxyOf(environment: Environment): ProxyOf {
  const read = (name: string) => environment[name] || environment[name.toLowerCase()] || ''
  const exceptions = exceptionsIn(read('NO_PROXY'))
  const direct = ({ protocol, hostname, port }: URL) => {
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const address = parseAddress(host)
    if (host === 'localhost' || (address && LOOPBACK.some((network) => contains(network, address))))
      return true
    return exceptions.some((excepts) => excepts(host, address, port || PORTS.get(protocol)!))
  }
  return (url) => {
    const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
    if (!PORTS.has(url.protocol) || read(name) === '' || direct(url)) return undefined
    // A web server that runs a program hands it a client's header `Proxy` under this name.
    if (name === 'HTTP_PROXY' && environment.REQUEST_METHOD)
      throw new Error('HTTP_PROXY is not used in a CGI program, where a client may have set it')
    return readProxy(name, read(name))
  }
}

/** `host` and `host:port` are an http proxy. */
function readProxy(name: string, text: string): URL {
  const proxy = URL.parse(SCHEME.test(text) ? text : `http://${text}`)
  if (proxy && SCHEMES.has(proxy.protocol) && proxy.hostname !== '') return proxy
  throw new Error(
    `${name} is no proxy that can be used; write it as http://HOST:PORT or https://HOST:PORT (SOCKS is not spoken), or name the server in NO_PROXY`,
  )
}

function exceptionsIn(list: string): Exception[] {
  const entries = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  return entries.includes('*') ? [() => true] : entries.flatMap((entry) => exceptionOf(entry) ?? [])
}

/** @returns undefined for an entry that means nothing */
function exceptionOf(entry: string): Exception | undefined {
  const network = entry.includes('/') ? parseNetwork(entry) : undefined
  if (network) return (_, address) => address !== undefined && contains(network, address)
  const [, inBrackets, plain, ownPort = ''] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(entry) ?? []
  const name = inBrackets ?? plain ?? entry
  const fits = (port: string) => ownPort === '' || ownPort === port
  const single = name.includes('/') ? undefined : parseNetwork(name)
  if (single) return (_, address, port) => address !== undefined && contains(single, address) && fits(port)
  if (name === '') return undefined
  const below = name.replace(/^\*(?=\.)/, '')
  const domain = ascii(below.replace(/^\./, ''))
  const itself = !below.startsWith('.')
  return (host, _, port) => ((itself && host === domain) || host.endsWith(`.${domain}`)) && fits(port)
}

/** A name with letters outside of ASCII as it stands in URLs. */
function ascii(name: string): string {
  return domainToASCII(name) || name
}

/** A proxy for people: without the user name and password. @example 'http://proxy:3128' */
export function shownProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}
