// Labels from an LDAP directory for accounts that something else has authenticated: from a directory of its own, or from that of
// another instance. An entry that the authenticator found there is not searched for again.
import { definePlugin, type Host, type Labeler, mergeLabels, NO_LABELS, z } from '../../core/plugin.ts'
import { openGroups } from './groups.ts'
import { type Found, findAccount, labelsOf } from './lookup.ts'
import { askDirectory, openDirectory } from './open.ts'
import {
  checkLabeler,
  connectionShape,
  faultOfLookup,
  type LookupOptions,
  lookupShape,
  SERVERS,
  servers,
} from './options.ts'
import { DIRECTORY, ENTRY, SharedDirectory } from './shared.ts'

const SHARED = 'Default: as in the directory that is shared.'

const options = z
  .strictObject({
    ...connectionShape,
    servers: servers
      .optional()
      .describe(`${SERVERS} Without it, the directory of another instance is asked, on its connections.`),
    ...lookupShape,
    base: lookupShape.base.optional().describe(`Where accounts are searched for, at any depth. ${SHARED}`),
    filter: lookupShape.filter
      .optional()
      .describe(`What finds the entry of an account: (uid=\${account}). ${SHARED}`),
  })
  .superRefine(checkLabeler)

type Options = z.output<typeof options>

export default definePlugin({
  kind: 'labeler',
  name: 'ldap',
  provides: [{ token: DIRECTORY, when: 'servers' }],
  needs: { directory: { token: DIRECTORY, unless: 'servers' } },
  options,
  create(options, host): Labeler {
    const own = openOwn(options, host)
    if (own) host.provide(DIRECTORY, own)
    const groups = openGroups(options.groups, host)
    const attributes = Array.from(options.labels.values(), ({ attribute }) => attribute)
    for (const shared of own ? [own] : host.resolveAll(DIRECTORY)) {
      const lookup = lookupIn(shared, options)
      const fault = faultOfLookup(lookup)
      if (fault) throw new Error(`filter: ${fault}`)
      if (shared.findsAs(lookup)) shared.want(attributes)
    }

    return {
      async label({ account }, request) {
        // Whoever accepted may have none.
        const shared = own ?? request.resolve(DIRECTORY)
        if (account === '' || !shared) return NO_LABELS
        const lookup = { options: lookupIn(shared, options), attributes: [], clock: host.clock }
        const known = shared.findsAs(lookup.options)
          ? shared.known(request.resolve(ENTRY), account, attributes)
          : undefined
        if (known && !options.groups) return labelsOf(known, lookup.options)
        return shared.directory.use('search', request.signal, async (connection, patience) => {
          const found: Found = known
            ? { kind: 'one', entry: known }
            : await findAccount(connection, account, lookup, patience)
          // Labels of two people are nobody's; without them, a rule that denies could be missed.
          if (found.kind === 'many') {
            throw new Error(`more than one entry for ${JSON.stringify(account)}; make \`filter\` narrower`)
          }
          if (found.kind !== 'one') return NO_LABELS
          const { entry } = found
          const inGroups = await groups({ dn: entry.dn, account }, (search) => search(connection, patience))
          return mergeLabels(labelsOf(entry, lookup.options), inGroups)
        })
      },
      // Whose directory it is asks and closes it.
      ready: async () => void (own && (await askDirectory(own.directory))),
      close: async () => own?.directory.close(),
    }
  },
})

/** A directory of the instance's own, if it has servers. */
function openOwn({ servers, base, filter, ...rest }: Options, host: Host): SharedDirectory | undefined {
  // With servers, the schema has asked for the others.
  if (!servers || !base || !filter) return undefined
  return new SharedDirectory(openDirectory({ ...rest, servers }, host), { ...rest, base, filter })
}

/** How accounts are looked up: what the options leave open is as in the directory. */
function lookupIn({ finding }: SharedDirectory, options: Options): LookupOptions {
  const { base = finding.base, filter = finding.filter, disabled = finding.disabled } = options
  return { ...options, base, filter, disabled }
}
