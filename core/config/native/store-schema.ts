// The configuration of the token store: the key `server.store`.
import { isIP } from 'node:net'
import { z } from 'zod'
import { nearest } from '../../contract/suggest.ts'
import { secret, tlsFiles } from '../../kit/options.ts'
import { readStoreKey } from '../../kit/store-key.ts'

/** A host, and the port when one is written. */
export interface StoreAddress {
  readonly host: string
  readonly port?: number
}

/**
 * Reads the address of a server.
 *
 * @returns undefined when the text is none
 * @example parseAddress('[::1]:6380') // { host: '::1', port: 6380 }
 */
export function parseAddress(text: string): StoreAddress | undefined {
  const found = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text)
  const v6 = isIP(text) === 6 ? text : found?.[1]
  const host = v6 ?? found?.[2]
  const port = found?.[3] === undefined ? undefined : Number(found[3])
  if (host === undefined || (v6 !== undefined && isIP(v6) !== 6)) return undefined
  if (port === undefined) return { host }
  return port >= 1 && port <= 65_535 ? { host, port } : undefined
}

/** What a URL means in the options here. Nothing of its user and password is shown. */
function readUrl(text: string): { readonly address: string; readonly rest: readonly string[] } | undefined {
  const { protocol = '', host = '', username, password, pathname = '' } = URL.parse(text) ?? {}
  if (!/^rediss?:$/.test(protocol) || parseAddress(host) === undefined) return undefined
  const [, database] = /^\/(\d+)$/.exec(pathname) ?? []
  const rest = [
    ...(username ? ['username: NAME'] : []),
    ...(password ? ['password: !env NAME'] : []),
    ...(database ? [`database: ${database}`] : []),
    ...(protocol === 'rediss:' ? ['tls: true'] : []),
  ]
  return { address: JSON.stringify(host), rest }
}

function noAddress(text: string): string {
  const url = readUrl(text)
  if (url === undefined) {
    const shown = text.includes('@') ? '' : `${JSON.stringify(text)} `
    return `${shown}is no address; write "redis:6379", "10.0.0.5" or "[::1]:6379"`
  }
  const beside = url.rest.length > 0 ? `, and beside addresses: ${url.rest.join(', ')}` : ''
  return `is a URL, and no address; write ${url.address}${beside}`
}

/** Of what stands in the place of a map with `addresses`. */
function noRedis(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const { address, rest = [] } = readUrl(given) ?? {
    address: parseAddress(given) ? JSON.stringify(given) : '"redis:6379"',
  }
  return `must be a map; write redis: { ${[`addresses: [${address}]`, ...rest].join(', ')} }`
}

/** Of a text in the place of the store. */
function storeMeant(given: unknown): string {
  if (typeof given !== 'string') return ''
  if (nearest(given, ['embedded']) !== undefined) return '; did you mean "embedded"?'
  return given.startsWith('redis') || parseAddress(given)?.port !== undefined
    ? `; write { ${noRedis(given)!.replace(/^.*; write /, '')} }`
    : ''
}

const address = z.string().transform((text, context): StoreAddress => {
  const parsed = parseAddress(text)
  if (parsed) return parsed
  context.addIssue({
    code: 'custom',
    message: noAddress(text),
  })
  return z.NEVER
})

const redis = z
  .strictObject(
    {
      addresses: z
        .array(address)
        .min(1, { error: 'is empty; write at least one, such as ["redis:6379"]' })
        .describe(
          'HOST:PORT of Redis, of its sentinels, or of some nodes of a cluster. Ports: 6379, sentinels 26379.',
        ),
      sentinel: z
        .string()
        .min(1, { error: 'is empty; write the name that the sentinels have for the master' })
        .optional()
        .describe('The addresses are those of sentinels, and this is their name for the master.'),
      cluster: z.boolean().default(false).describe('The addresses are those of nodes of a Redis Cluster.'),
      username: z
        .string()
        .min(1, { error: 'is empty; write a user of Redis, or leave it out for the default one' })
        .optional()
        .describe("Redis's ACL user."),
      password: secret().optional(),
      sentinel_password: secret().optional(),
      database: z
        .int()
        .min(0)
        .max(65_535)
        .default(0)
        .describe('Number of the database. A cluster has only 0.'),
      tls: z
        .union([z.literal(true), tlsFiles], { error: 'must be true, or a map of ca, certificate and key' })
        .optional()
        .describe(
          "true: TLS with a certificate under the system's authorities. Sentinels are asked over TLS too.",
        ),
      key_prefix: z.string().default('dockwarden:').describe('Begins the name of each key in Redis.'),
    },
    { error: ({ input }) => noRedis(input) },
  )
  .superRefine((value, context) => {
    const fault = (key: keyof typeof value, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message })
    if (value.sentinel !== undefined && value.cluster) {
      fault('cluster', 'excludes sentinel; a cluster watches itself: keep one of the two')
    } else if (value.sentinel === undefined && !value.cluster && value.addresses.length > 1) {
      fault(
        'addresses',
        'only one is possible without sentinel or cluster; set one of these, or name one address',
      )
    }
    if (value.cluster && value.database !== 0)
      fault('database', 'must be 0 in a cluster, which has no others')
    if (value.username !== undefined && value.password === undefined) {
      fault('username', 'needs a password; write password: !env NAME')
    }
    if (value.sentinel_password !== undefined && value.sentinel === undefined) {
      fault('sentinel_password', "is for sentinels; set sentinel, or write Redis's own password as password")
    }
  })
  .describe('Redis 6.2 or newer, for several machines.')

const key = secret().refine((value) => readStoreKey(value.reveal()) !== undefined)

const keys = z
  .union([key.transform((one) => [one]), z.array(key).min(1).max(2)], {
    error:
      'must be 32 bytes in hexadecimal or base64, as !file PATH or !env NAME (for a rotation a list of two); make some with: openssl rand -hex 32',
  })
  .optional()
  .describe(
    'Seals what plugins keep in the store: 32 bytes in hexadecimal or base64. For a rotation two: the first seals, both open.',
  )

/** Where refresh tokens and personal access tokens are kept. */
export const storeSchema = z
  .union([z.literal('embedded'), z.strictObject({ redis, key: keys })], {
    error: ({ input }) => `must be embedded, or a map with redis${storeMeant(input)}`,
  })
  .optional()
  .describe(
    'Where refresh and personal access tokens are kept. embedded (default): a file in the state directory, for one machine.',
  )

export type StoreConfig = z.output<typeof storeSchema>
/** The part about Redis. */
export type RedisConfig = Exclude<StoreConfig, 'embedded' | undefined>['redis']
