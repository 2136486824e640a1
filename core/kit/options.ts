// Building blocks for options schemas, so that every plugin reads durations and secrets alike.
import { z } from 'zod'
import { type Labels, toLabels } from '../contract/labels.ts'
import { Secret } from '../contract/secret.ts'
import { filePath } from './paths.ts'
import { reportPlainSecret } from './plain-secrets.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

const NO_DURATION = {
  error: 'is not a duration; write seconds (900) or a text such as 500ms, 30s, 15m, 1h30m',
}

/**
 * A duration: a number of seconds, or text such as `500ms`, `15m`, `1h30m`. The output is in whole milliseconds.
 *
 * @param bounds the least and the most, in milliseconds
 * @example timeout: duration({ min: 1 }).default(5_000)
 */
export function duration(bounds: { min?: number; max?: number } = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds
  return z
    .union([z.number(), z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, NO_DURATION)], NO_DURATION)
    .transform((value, context) => {
      const ms = Math.round(typeof value === 'number' ? value * 1_000 : parseDuration(value))
      if (ms < min || ms > max) {
        context.addIssue({
          code: 'custom',
          message: `must be ${boundsText(min, max, ms)}`,
        })
      }
      return ms
    })
}

function boundsText(min: number, max: number, ms: number): string {
  if (max !== Number.MAX_SAFE_INTEGER) return `between ${min / 1_000} and ${max / 1_000} seconds`
  if (ms > max) return `less than ${max / 1_000} seconds`
  return min === 1_000 ? 'at least 1 second' : `at least ${min / 1_000} seconds`
}

function parseDuration(text: string): number {
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(count) * UNITS.get(unit!)!
  }
  return total
}

const SIZES = new Map([
  ['B', 1],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
])
const NO_SIZE = { error: 'is no size; write 64MiB, 1GiB or a number of bytes' }

/**
 * An amount of memory: a number of bytes, or a text of whole units (B, KiB, MiB, GiB). The output is in bytes.
 *
 * @param least the least, in bytes
 * @param most the most, in bytes
 * @example hash_memory: bytes(2 ** 20).optional()
 */
export function bytes(least: number, most = Number.MAX_SAFE_INTEGER) {
  return z
    .union([z.int().min(0), z.string().regex(/^\d{1,12}(B|KiB|MiB|GiB)$/, NO_SIZE)], NO_SIZE)
    .transform((value, context) => {
      const [, count, unit] = /^(\d+)(\D+)$/.exec(String(value)) ?? []
      const size = unit === undefined ? Number(value) : Number(count) * SIZES.get(unit)!
      const bounds =
        most === Number.MAX_SAFE_INTEGER ? `at least ${least} bytes` : `between ${least} and ${most} bytes`
      if (size < least || size > most) context.addIssue({ code: 'custom', message: `must be ${bounds}` })
      return size
    })
}

/**
 * The error of an option that is missing, or is wrong.
 *
 * @param wrong what it is then
 * @param write what to write
 * @example z.url({ error: missingOr('is no URL', 'https://HOST') })
 */
export function missingOr(wrong: string, write: string) {
  return ({ input }: { readonly input?: unknown }) =>
    `${input === undefined ? 'is missing' : wrong}; write ${write}`
}

/**
 * A secret: `!env NAME` or `!file PATH`. Written out it is an error, but for docker_auth's form. The output is always a Secret.
 *
 * @param options.plain texts that hold nothing secret and may be written out
 * @example bind_password: secret()
 */
export function secret({ plain = () => false }: { readonly plain?: (text: string) => boolean } = {}) {
  return z
    .union([z.string(), z.instanceof(Secret)], {
      error: missingOr('must be text', '!env NAME or !file PATH'),
    })
    .superRefine((value, context) => {
      if (typeof value === 'string' && value !== '' && !plain(value)) reportPlainSecret(value, context)
    })
    .transform((value) => (value instanceof Secret ? value : new Secret(value)))
    .refine((value) => value.reveal() !== '', {
      error: 'is empty; write !env NAME or !file PATH of one that is not',
    })
    .meta({ description: 'A secret; write it as !env NAME or !file PATH.', writeOnly: true })
}

/**
 * A map from names that the operator chooses (accounts, labels, ...) to values. The output is a Map, so that every name is
 * just a name: `constructor` finds nothing that was not configured, and `__proto__` is not lost, as it is in `z.record`.
 *
 * @example users: mapOf(z.strictObject({ labels: labels().optional() }))
 */
export function mapOf<V extends z.ZodType>(value: V) {
  const { $schema: _, ...shown } = z.toJSONSchema(value, { io: 'input', unrepresentable: 'any' })
  return z
    .preprocess(
      (input) => (isObject(input) ? new Map(Object.entries(input)) : input),
      z.map(z.string(), value, {
        error: ({ input }) => (input === undefined ? undefined : 'must be a map of names to values'),
      }),
    )
    .meta({ type: 'object', additionalProperties: shown })
}

/** What is said of one of the two without the other. */
export const TLS_PAIR = 'certificate and key belong together; name both or none'

const path = () => filePath(z.string().min(1, 'is empty; write a path'))

/** The files that a TLS client uses, paths as in the configuration; `kit/tls-files.ts` reads them. */
export const tlsFiles = z
  .strictObject({
    ca: path().optional().describe('PEM file with the authorities to trust, instead of the well-known ones.'),
    certificate: path().optional().describe('PEM file with the client certificate; needs `key`.'),
    key: path().optional().describe("PEM file with the client certificate's key."),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), { error: TLS_PAIR })

/** An external program's options, to be spread into a plugin's schema; `host.programs.open` takes them. */
export const programOptions = {
  command: filePath(
    z.string().min(1, 'is empty; write the path of a program, or a name to look up in PATH'),
    'program',
  ).describe('The program: a path (relative to this file), or a name without a slash to look up in PATH.'),
  args: z
    .array(z.string())
    .default([])
    .describe(
      'Its arguments, passed without a shell. Other users of the machine can see them: no secrets here.',
    ),
  max_processes: z
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .describe('At most this many processes at once; further requests wait.'),
}

/** What a YAML map becomes. A Map, which a test may give, stays as it is: as an object it would have no entries. */
function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return !(Array.isArray(value) || value instanceof Map || value instanceof Secret)
}

/** Labels as a configuration states them: names to a text or a list of texts. The output is Labels. */
export function labels() {
  return mapOf(
    z.union([z.string(), z.array(z.string())], { error: 'must be a text or a list of texts' }),
  ).transform((given): Labels => toLabels(Object.fromEntries(given)))
}

const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}\s*$/
const ARGON2 = /^\$argon2(i|d|id)\$(v=\d+\$)?m=\d+,t=\d+,p=\d+\$[+/A-Za-z0-9]+\$[+/A-Za-z0-9]+\s*$/

/** True for a whole password hash: bcrypt `$2a$ $2b$ $2y$`, or argon2i, argon2d, argon2id. */
export function isPasswordHash(text: string): boolean {
  return BCRYPT.test(text) || ARGON2.test(text)
}
