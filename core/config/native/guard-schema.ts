// The configuration of the guard against guessing: the key `server.guard`.
import { z } from 'zod'
import { duration } from '../../kit/options.ts'
import { whole } from './numbers.ts'

const HOUR = 3_600_000

const lockout = z
  .strictObject({
    failures: whole(2, 1_000).describe('It locks an account after so many wrong passwords.'),
    within: duration({ min: 1_000, max: 24 * HOUR }).describe(
      'It forgets them when none has come for this long: 30m.',
    ),
  })
  .describe('When your directory locks accounts. One network alone then never causes so many.')

/** The section; false = there is no guard. */
export const guardSchema = z
  .union([z.literal(false), z.strictObject({ lockout: lockout.optional() })], {
    error: 'must be false, or a map of lockout',
  })
  .prefault({})
  .describe(
    'Bounds the guessing of passwords: docs/guard.md. false: there is no bound but what the authenticators cost.',
  )
