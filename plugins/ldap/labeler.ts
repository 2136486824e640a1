// Labels from an LDAP directory for accounts that something else has authenticated.
import { definePlugin, type Labeler, mergeLabels, NO_LABELS, z } from '../../core/plugin.ts'
import { groupLabels } from './groups.ts'
import { findAccount, labelsOf } from './lookup.ts'
import { askDirectory, openDirectory } from './open.ts'
import { checkTogether, connectionShape, lookupShape } from './options.ts'

export default definePlugin({
  kind: 'labeler',
  name: 'ldap',
  options: z.strictObject({ ...connectionShape, ...lookupShape }).superRefine(checkTogether),
  create(options, host): Labeler {
    const directory = openDirectory(options, host)
    const lookup = { options, attributes: [], clock: host.clock }
    return {
      async label({ account }, { signal }) {
        if (account === '') return NO_LABELS
        return directory.use('search', signal, async (connection, patience) => {
          const found = await findAccount(connection, account, lookup, patience)
          // Labels of two people are nobody's; without them, a rule that denies could be missed.
          if (found.kind === 'many') {
            throw new Error(`more than one entry for ${JSON.stringify(account)}; make \`filter\` narrower`)
          }
          if (found.kind !== 'one') return NO_LABELS
          const { entry } = found
          const inGroups = options.groups
            ? await groupLabels(connection, { dn: entry.dn, account }, options.groups, patience)
            : {}
          return mergeLabels(labelsOf(entry, options), inGroups)
        })
      },
      ready: () => askDirectory(directory),
      close: async () => directory.close(),
    }
  },
})
