// The configuration of one plugin, without its own options.
import { z } from 'zod'
import { misplaced } from '../../kit/misplaced.ts'
import { duration } from '../../kit/options.ts'

const instance = z.strictObject({
  plugin: z
    .string()
    .min(1)
    .describe('A built-in name, a path (./mine.ts), or an npm package (NAME for dockwarden-plugin-NAME).'),
  id: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, { error: 'must be letters, digits, and - _ . after the first' })
    .refine((id) => id !== 'token', {
      error: 'must not be token, which stands for the tokens of the server itself',
    })
    .refine((id) => id !== 'accepting', {
      error: 'must not be accepting, which stands for whoever accepts a request',
    })
    .optional()
    .describe(
      "Names this instance; default: the plugin's name, of a later list with -labeler or -authorizer.",
    ),
  timeout: duration({ min: 1, max: 60_000 }).prefault(5).describe('How long one call may take. Default: 5s.'),
  uses: z
    .record(
      z.string(),
      z.union([z.string(), z.array(z.string()).min(1)], {
        error: 'must be the id of an instance, or accepting',
      }),
    )
    .default({})
    .describe(
      'Whose values this instance uses, by the names of its needs: an id, or accepting (of whoever accepted). Only where several provide them.',
    ),
  options: z.unknown().optional().describe("The plugin's own options."),
})

const hinting = <S extends z.ZodType>(schema: S) =>
  misplaced(schema, { '*': 'an option of the plugin stands in options: { KEY: ... }' })

const skippable = instance.extend({
  on_error: z
    .enum(['fail', 'next'])
    .default('fail')
    .describe('When it could not be asked: fail = answer 503, next = go on.'),
})

/** A labeler in the configuration. */
export const skippableSchema = hinting(skippable)

/** How long a password may be remembered at most, in milliseconds. */
const MOST_REMEMBERED = 86_400_000

/** An authenticator in the configuration. */
export const authenticatorSchema = hinting(
  skippable.extend({
    remember: z
      .union([z.literal(false), duration({ min: 1_000, max: MOST_REMEMBERED })], {
        error: 'must be false, or a time between 1s and 24h, such as 5m',
      })
      .optional()
      .describe(
        'How long a proved password is remembered in memory, and proved again without its hash. false: never. Default: 5m where the stored hash is compared at each use, else false.',
      ),
  }),
)

/** An authorizer in the configuration. */
export const strictSchema = hinting(
  instance.extend({
    on_error: z
      .literal('fail', {
        error: 'an authorizer only knows fail: to skip one could skip its deny; remove the key',
      })
      .default('fail'),
  }),
)
