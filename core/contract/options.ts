// Building blocks for options schemas, so that every plugin reads durations and secrets alike.
import { z } from 'zod'
import { Secret } from './secret.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/**
 * A duration: a number of seconds, or text such as `500ms`, `15m`, `1h30m`. The output is in milliseconds.
 *
 * @param bounds the least and the most, in milliseconds
 * @example timeout: duration({ min: 1 }).default(5_000)
 */
export function duration(bounds: { min?: number; max?: number } = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds
  return z
    .union([z.number(), z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/)], {
      error: 'is not a duration; write seconds (900) or a text such as 500ms, 30s, 15m, 1h30m',
    })
    .transform((value, context) => {
      const ms = typeof value === 'number' ? value * 1_000 : parseDuration(value)
      if (ms < min || ms > max) {
        context.addIssue({ code: 'custom', message: `must be between ${min / 1000} and ${max / 1000} seconds` })
      }
      return ms
    })
}

function parseDuration(text: string): number {
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(count) * UNITS.get(unit!)!
  }
  return total
}

/**
 * A secret: text in the file, or better `!env NAME` or `!file PATH`. The output is always a Secret.
 *
 * @example bind_password: secret()
 */
export function secret() {
  return z
    .union([z.string(), z.instanceof(Secret)], { error: 'must be text, better !env NAME or !file PATH' })
    .transform((value) => (value instanceof Secret ? value : new Secret(value)))
    .meta({ description: 'A secret; write it as !env NAME or !file PATH.' })
}

/** True for a text that is a password hash by its prefix: bcrypt `$2a$ $2b$ $2y$`, or argon2. */
export function isPasswordHash(text: string): boolean {
  return /^\$(2[aby]|argon2(i|d|id))\$/.test(text)
}
