// The configuration of refresh tokens: the key `token.refresh`.
import { z } from 'zod'
import { duration } from '../../kit/options.ts'
import { MAX_LIFETIME, MIN_LIFETIME, whole } from './numbers.ts'

const MOST = 1_000_000

const refresh = z.strictObject({
  idle: duration({ min: MIN_LIFETIME, max: MAX_LIFETIME })
    .prefault('30d')
    .describe('A refresh token that is not used for this long ends.'),
  max_age: duration({ min: MIN_LIFETIME, max: MAX_LIFETIME })
    .prefault('180d')
    .describe('A refresh token ends at the latest after this time.'),
  max_age_unverified: duration({ max: MAX_LIFETIME })
    .prefault('24h')
    .describe('The same, when its authenticator can not look at the account again. 0: it gets none.'),
  max_unused: whole(1, MOST)
    .default(2_000)
    .describe(
      'How many refresh tokens of an account there may be that were never used. One more ends the oldest of them.',
    ),
  max_per_account: whole(1, MOST)
    .default(10_000)
    .describe('How many refresh tokens an account may have in all. Beyond that none is handed out.'),
})

/** The section, with a default for every key; false: there are none. */
export const refreshSchema = z
  .union([z.literal(false), refresh], {
    error: `must be false, or a map of ${new Intl.ListFormat('en').format(Object.keys(refresh.shape))}`,
  })
  .prefault({})
  .describe('Refresh tokens, for clients that ask for one. false: there are none.')
