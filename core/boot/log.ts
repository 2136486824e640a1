// The log: pino, JSON lines, or readable ones on a terminal.
import { type DestinationStream, destination, type Logger, pino, stdSerializers } from 'pino'
import pretty from 'pino-pretty'
import { Secret } from '../contract/index.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Makes the process's log, on standard error.
 *
 * @param output where lines go; default: standard error, readable when that is a terminal
 * @example createLog('info').info({ port: 5001 }, 'listening')
 */
export function createLog(level: LogLevel, output: DestinationStream = standardError()): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: serializeError } },
    output,
  )
}

function standardError(): DestinationStream {
  return process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, colorize: true, ignore: 'pid,hostname' })
    : // With a least length of 0, flush() would not wait for what is being written.
      destination({ dest: 2, sync: false, minLength: 1 })
}

/** An error's type, message, stack and causes; a thrown Secret or text shows as itself. */
function serializeError(error: unknown): unknown {
  if (error instanceof Error) return stdSerializers.errWithCause(error)
  return error instanceof Secret ? String(error) : error
}
