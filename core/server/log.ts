// The log: pino, JSON lines, or readable ones on a terminal. What is secret is masked in the finished line: whatever wrote it, and
// however deep it stands.
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import type { PinoPretty } from 'pino-pretty'
import { lazyPackage } from '../contract/lazy-package.ts'
import type { LogLevel } from '../kit/log-levels.ts'
import { maskTokens } from '../kit/masking.ts'
import { secretsFor } from '../kit/request-secrets.ts'
import { secondText } from '../kit/seconds.ts'
import { Secret } from '../plugin.ts'
import { WRONG_CREDENTIALS } from '../request/errors.ts'
import { LineOutput } from './line-output.ts'

export type { LogLevel } from '../kit/log-levels.ts'

/**
 * Makes the process's log, on standard error.
 *
 * @param output where lines go; default: standard error, readable when that is a terminal
 * @param facts stand in each line
 * @example createLog('info').info({ port: 5001 }, 'listening')
 */
export function createLog(
  level: LogLevel,
  output: DestinationStream = standardError(),
  facts: object | null = null,
): Logger {
  return pino(
    {
      level,
      base: facts && { ...facts },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: isoTime,
      serializers: { err: serializeError },
      hooks: { streamWrite: (line) => maskTokens(maskRequest(line)) },
    },
    output,
  )
}

/** For people alone. */
const pretty = lazyPackage<typeof PinoPretty>('pino-pretty')

/** Standard error with lines for people: with colours on a terminal that shows some. */
export function readableLines(): DestinationStream {
  const colorize = process.stderr.isTTY === true && !process.env.NO_COLOR
  return pretty()({ destination: 2, sync: true, colorize, ignore: 'pid,hostname' })
}

function standardError(): DestinationStream {
  // To look at it makes a pipe one that is not waited for when it is full.
  if (process.stderr.isTTY) return readableLines()
  const output = new LineOutput()
  process.on('exit', () => output.flushSync())
  return output
}

/** What pino's `isoTime` gives. */
function isoTime(): string {
  const now = Date.now()
  return `,"time":"${secondText(now).slice(0, -1)}.${String(now % 1_000).padStart(3, '0')}Z"`
}

/** An error's type, message, stack and causes; a thrown Secret or text shows as itself. */
function serializeError(error: unknown): unknown {
  try {
    if (error instanceof Error) return stdSerializers.errWithCause(error)
    return error instanceof Secret ? String(error) : error
  } catch {
    return 'an error that throws when it is read'
  }
}

/** All that plugins have a say in, of an audit line. In the rest a client could hide its address by a password that is the same. */
const SAID_BY_PLUGINS = ['reason', 'err', 'rules', 'labels']
/** Those among them that are for others to read. A claim of a token that is kept as a whole may also be a label. */
const STATED = ['rules', 'labels']
const WRITTEN_LEVELS: ReadonlySet<unknown> = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
const REQUEST_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** What the log itself writes on each line. A plugin may write the same keys, with other values. */
function isOwn(key: string, value: unknown): boolean {
  if (key === 'level') return WRITTEN_LEVELS.has(value)
  return (key === 'time' && TIME.test(String(value))) || (key === 'request' && REQUEST_ID.test(String(value)))
}

/** Masks the secrets of the request that a line is about. */
function maskRequest(line: string): string {
  const secrets = secretsFor(line)
  if (!secrets) return line
  const facts: Record<string, unknown> = JSON.parse(line)
  const ofServer = 'audit' in facts && !('plugin' in facts)
  const isMasked = (key: string, value: unknown) =>
    ofServer ? SAID_BY_PLUGINS.includes(key) : !isOwn(key, value)
  const shown = Object.entries(facts).map(([key, value]) => {
    if (!isMasked(key, value)) return [key, value]
    const stated = ofServer && STATED.includes(key)
    const mask = (text: string) => (stated ? secrets.maskShown(text) : secrets.mask(text))
    // A *** in a sentence that everybody knows would tell which word the password is.
    const known = ofServer && String(value).startsWith(WRONG_CREDENTIALS) ? WRONG_CREDENTIALS : ''
    return known === ''
      ? [ofServer ? key : mask(key), masked(value, mask)]
      : [key, known + mask(String(value).slice(known.length))]
  })
  return `${JSON.stringify(Object.fromEntries(shown))}\n`
}

function masked(value: unknown, mask: (text: string) => string): unknown {
  try {
    return maskDeep(value, mask)
  } catch {
    return 'left out: it nests too deep to be searched for secrets'
  }
}

function maskDeep(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value)
  if (typeof value === 'number') return mask(String(value)) === String(value) ? value : mask(String(value))
  if (typeof value !== 'object' || value === null) return value
  // A Buffer, in which nothing can be found.
  if ('type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data))
    return `${value.data.length} bytes`
  const spelled = spelledText(value)
  if (spelled !== undefined && mask(spelled) !== spelled) return mask(spelled)
  if (Array.isArray(value)) return value.map((item) => maskDeep(item, mask))
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [mask(key), maskDeep(held, mask)]))
}

/** The text of a list of bytes or of characters, as an array or as typed arrays and texts turn out in JSON: keyed by number. */
function spelledText(value: object): string | undefined {
  const items: unknown[] = Object.values(value)
  if (!Object.keys(value).every((key, index) => key === String(index))) return undefined
  if (items.every((item) => typeof item === 'string' && [...item].length === 1)) return items.join('')
  const isByte = (item: unknown) => Number.isInteger(item) && 0 <= Number(item) && Number(item) <= 255
  return items.every(isByte) ? Buffer.from(items as number[]).toString() : undefined
}
