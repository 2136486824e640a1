// The configuration of where the server listens: the key `server.listen`.
import { isIP } from 'node:net'
import { z } from 'zod'
import { ownProxyProtocolSchema } from './proxy-schema.ts'
import { ownTlsSchema } from './tls-schema.ts'

/** Where the server listens: a TCP host and port, or the path of a unix socket. */
export type Listen = { readonly host?: string; readonly port: number } | { readonly socket: string }

/** Who may connect to the file of a unix socket. */
export const socketSchema = z
  .strictObject({
    mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, { error: 'is no mode; write such as "0660": who may connect may also write' })
      .default('0660')
      .transform((text) => Number.parseInt(text, 8))
      .describe(
        'The mode of the socket file, octal: "0660" (the default), "0666" for everybody on this machine.',
      ),
    group: z
      .string()
      .min(1)
      .optional()
      .describe('The group of the socket file, by name or number, such as that of your proxy: nginx.'),
  })
  .optional()

const entry = z
  .strictObject({
    address: z.string().describe('":5001", "HOST:PORT" or "unix:/PATH".'),
    tls: ownTlsSchema,
    proxy_protocol: ownProxyProtocolSchema,
    socket: socketSchema.describe('Who may connect to the socket file. Default: as in server.socket.'),
  })
  .describe('An address with settings of its own.')

/** An address to listen at, with its own settings. */
interface ListenEntry extends Omit<z.output<typeof entry>, 'address'> {
  readonly address: Listen
}

/** What stands under `listen`: the entries, and whether they are a list in the file. */
export interface ListenSection {
  readonly entries: readonly ListenEntry[]
  readonly listed: boolean
}

/** One address. */
export const addressSchema = z.string().transform((text, context): Listen => {
  const address = parseListen(text)
  if (address) return address
  context.addIssue({ code: 'custom', message: noAddress(text) })
  return z.NEVER
})

/** An address, or a list of them. */
export const listenSchema = z
  .union(
    [
      z.string(),
      z.array(z.union([z.string(), entry], { error: 'must be an address, or a map with an address' })),
    ],
    { error: 'must be an address, or a list of addresses, such as ":5001"' },
  )
  .transform((given, context): ListenSection => {
    const listed = typeof given !== 'string'
    const entries: ListenEntry[] = []
    if (given.length === 0 && listed)
      context.addIssue({ code: 'custom', message: 'must name an address, such as ":5001"' })
    for (const [index, one] of (listed ? given : [given]).entries()) {
      const { address: text, ...own } = typeof one === 'string' ? { address: one } : one
      const path = listed ? [index, ...(typeof one === 'string' ? [] : ['address'])] : []
      const issue = (message: string) => context.addIssue({ code: 'custom', path, message })
      const address = parseListen(text)
      if (!address) {
        issue(noAddress(text))
        continue
      }
      const other = entries.findIndex((before) => clash(before.address, address))
      if (other !== -1) issue(`is taken already by listen[${other}]; remove one of the two`)
      entries.push({ address, ...own })
    }
    return { entries, listed }
  })
  .describe('Where to listen: ":5001", "HOST:PORT" or "unix:/PATH", or a list of addresses.')

/** With the address that is meant, where a port or a host stands alone, or a URL. */
function noAddress(text: string): string {
  const plain = text.replace(/^[a-z]+:\/\//, '').replace(/\/$/, '')
  const meant = [`:${plain}`, plain, `${plain}:5001`, `[${plain}]:5001`].find((one) => parseListen(one))
  const instead =
    JSON.stringify(meant) ?? '":5001", "127.0.0.1:5001", "[::1]:5001" or "unix:/run/dockwarden.sock"'
  return `${JSON.stringify(text)} is no address; write ${instead}`
}

/**
 * Reads a listen address.
 *
 * @returns undefined when the text is none
 * @example parseListen('[::1]:5001') // { host: '::1', port: 5001 }
 */
export function parseListen(text: string): Listen | undefined {
  if (text.startsWith('unix:')) return text.length > 5 ? { socket: text.slice(5) } : undefined
  const found = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  if (!found) return undefined
  const [, v6, name, digits] = found
  const port = Number(digits)
  if (port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined
  const host = v6 ?? name
  return host ? { host, port } : { port }
}

/** Whether one of two addresses takes what the other wants. `[::]` beside an IPv4 address is IPv6 alone. */
export function clash(one: Listen, other: Listen): boolean {
  if ('socket' in one || 'socket' in other)
    return 'socket' in one && 'socket' in other && one.socket === other.socket
  if (one.port !== other.port || one.port === 0) return false
  if (one.host === other.host) return true
  return ([4, 6] as const).some((family) => {
    const [first, second] = [reach(one.host, family), reach(other.host, family)]
    return first !== 'none' && second !== 'none' && (first === 'all' || second === 'all')
  })
}

/** How much of a family of addresses a host is; a name may be either, and is told by the system. */
function reach(host: string | undefined, family: 4 | 6): 'all' | 'one' | 'none' {
  if (host === undefined) return 'all'
  if (isIP(host) !== family) return 'none'
  return host === (family === 4 ? '0.0.0.0' : '::') ? 'all' : 'one'
}
