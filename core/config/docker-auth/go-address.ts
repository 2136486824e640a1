// Addresses as Go's net package reads them: HOST:PORT, in which a port may have a name and a host may be missing.
// Source: https://pkg.go.dev/net#SplitHostPort, https://pkg.go.dev/net#LookupPort
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** An address. Without a host: any of this machine to listen on, this machine itself to ask. */
export interface GoAddress {
  readonly host: string
  /** 0 where there is none: any free one to listen on. */
  readonly port: number
}

/** The names that Go knows without the file of this machine. */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['domain', 53],
  ['ftp', 21],
  ['ftps', 990],
  ['gopher', 70],
  ['http', 80],
  ['https', 443],
  ['imap2', 143],
  ['imap3', 220],
  ['imaps', 993],
  ['pop3', 110],
  ['pop3s', 995],
  ['smtp', 25],
  ['submissions', 465],
  ['ssh', 22],
  ['telnet', 23],
])

/**
 * Reads an address.
 *
 * @returns undefined when the text is none
 * @example goAddress(':https') // { host: '', port: 443 }
 */
export function goAddress(text: string): GoAddress | undefined {
  const [, v6, plain, service = ''] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text) ?? []
  const host = v6 ?? plain
  const port = portOf(service)
  return host === undefined || port === undefined ? undefined : { host, port }
}

/** The same as text in which the port is a number. @example addressText({ host: '::1', port: 80 }) // '[::1]:80' */
export function addressText({ host, port }: GoAddress): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

function portOf(service: string): number | undefined {
  if (service === '') return 0
  const port = /^\+?\d+$/.test(service) ? Number(service) : servicePort(service.toLowerCase())
  return port !== undefined && port <= 65_535 ? port : undefined
}

function servicePort(name: string): number | undefined {
  return SERVICES.get(name) ?? ofThisMachine().get(name)
}

/** What services(5) has for TCP: `ldap 389/tcp`, with further names behind. */
function ofThisMachine(): Map<string, number> {
  const ports = new Map<string, number>()
  for (const line of servicesFile().split('\n')) {
    const [name, port, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const [, digits] = /^(\d+)\/tcp$/.exec(port ?? '') ?? []
    if (digits !== undefined)
      for (const one of [name!, ...aliases]) ports.set(one.toLowerCase(), Number(digits))
  }
  return ports
}

function servicesFile(): string {
  try {
    return readFileSync('/etc/services', 'latin1')
  } catch {
    return ''
  }
}
