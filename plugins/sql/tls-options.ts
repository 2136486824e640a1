// How the connection to a database is encrypted.
import { tlsFiles, z } from '../../core/plugin.ts'

export const tls = tlsFiles
  .safeExtend({
    verify: z
      .enum(['full', 'ca', 'none'])
      .default('full')
      .describe(
        'What is checked: authority and host name (full), the authority (ca), nothing (none: dangerous).',
      ),
  })
  .describe('Encrypts the connection. `true` trusts the well-known authorities.')

export type Tls = z.output<typeof tls>
