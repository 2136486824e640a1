// The configuration of what one client may cost the others: the key `server.limits`.
import { z } from 'zod'
import { MOST_STEPS } from '../../contract/steps.ts'
import { bytes, duration } from '../../kit/options.ts'
import { whole } from './numbers.ts'

const KIB = 2 ** 10
const MIB = 2 ** 20

/** The section, with a default for every key. */
export const limitsSchema = z
  .strictObject({
    body: bytes(KIB, 16 * MIB)
      .prefault('64KiB')
      .describe('How large a form may be: bytes, or 64KiB. A larger one is answered with 413.'),
    connections: whole(1, 1_000_000)
      .optional()
      .describe(
        'How many connections may be open at once. Default: 10000. Never more than 80 % of the descriptors that the process may have (ulimit -n).',
      ),
    headers: bytes(8 * KIB, MIB)
      .prefault('64KiB')
      .describe(
        'How large all headers of a request may be, with its first line: bytes, or 64KiB. Larger ones are answered with 431.',
      ),
    keep_alive: duration({ min: 1_000, max: 86_400_000 })
      .prefault('75s')
      .describe(
        'How long a connection is kept between two requests. Longer than a balancer in front keeps it.',
      ),
    hash_memory: bytes(MIB)
      .optional()
      .describe(
        'Memory for all argon2 hashes that are computed at once: bytes, or 512MiB, 1GiB. Default: a quarter of what the process may have.',
      ),
    rule_steps: z
      .int()
      .min(1_000, { error: 'must be 1000 at least: a request could not be decided on' })
      .default(MOST_STEPS)
      .describe(
        'How many steps, of about a microsecond each, the rules and policies may take for one request with all its scopes. One that takes more is answered with 503.',
      ),
    scopes: whole(1, 10_000)
      .default(100)
      .describe('How many different scopes a request may ask for. One with more is answered with 400.'),
  })
  .prefault({})
  .describe('What one client may cost the others.')
