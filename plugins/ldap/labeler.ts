// Labels from an LDAP directory for accounts that something else has authenticated: from a directory of its own, or from that of
// another instance. An entry that the authenticator found there is not searched for again.
import {
  definePlugin,
  explained,
  type Host,
  type Identity,
  type Labeler,
  type Labels,
  mergeLabels,
  NO_LABELS,
  type RequestScope,
  type Why,
  z,
} from '../../core/plugin.ts'
import type { Connection } from './connection.ts'
import type { Entry } from './entry.ts'
import { type Groups, openGroups } from './groups.ts'
import { findAccount, type Lookup, labelsOf } from './lookup.ts'
import { askDirectory, openDirectory } from './open.ts'
import { checkLabeler, connectionShape, faultOfLookup, lookupShape, SERVERS, servers } from './options.ts'
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
    const attributes = Array.from(options.labels.values(), ({ attribute }) => attribute)
    const ways = new Map<SharedDirectory, Way>()
    for (const shared of own ? [own] : host.resolveAll(DIRECTORY)) {
      const way = openWay(shared, options, host)
      ways.set(shared, way)
      if (way.alike) shared.want(attributes)
    }

    async function label({ account }: Identity, request: RequestScope, why?: Why): Promise<Labels> {
      // Whoever accepted may have none.
      const shared = own ?? request.resolve(DIRECTORY)
      if (account === '' || !shared) {
        why?.say(shared ? 'nobody has logged in' : 'whoever accepted the account has no directory')
        return NO_LABELS
      }
      const { lookup, alike, groups } = ways.get(shared)!
      const searching = <T>(search: Search<T>) => shared.directory.use('search', request.signal, search)
      const labelsFrom = async (entry: Entry, search: typeof searching) => {
        const inGroups = await groups({ dn: entry.dn, account }, search, why)
        return mergeLabels(labelsOf(entry, lookup.options), inGroups)
      }
      const known = alike ? shared.known(request.resolve(ENTRY), account, attributes) : undefined
      if (known) {
        why?.say(`has the entry that was found at the login: ${known.dn}`)
        return labelsFrom(known, searching)
      }
      return searching(async (connection, patience) => {
        const found = await findAccount(connection, account, { ...lookup, why }, patience)
        // Labels of two people are nobody's; without them, a rule that denies could be missed.
        if (found.kind === 'many') {
          throw new Error(`more than one entry for ${JSON.stringify(account)}; make \`filter\` narrower`)
        }
        if (found.kind !== 'one') return NO_LABELS
        return labelsFrom(found.entry, (search) => search(connection, patience))
      })
    }

    return {
      label: (identity, request) => label(identity, request),
      explain: (identity, request) => explained((why) => label(identity, request, why)),
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

type Search<T> = (connection: Connection, signal: AbortSignal) => Promise<T>

/** How accounts are looked up in a directory. */
interface Way {
  readonly lookup: Lookup
  /** As its own instance does it. */
  readonly alike: boolean
  /** What is kept is of this directory: entries of two may have one name. */
  readonly groups: Groups
}

/** What the options leave open is as in the directory. @throws Error when accounts can't be told apart */
function openWay(shared: SharedDirectory, options: Options, host: Host): Way {
  const { finding } = shared
  const { base = finding.base, filter = finding.filter, disabled = finding.disabled } = options
  const own = { ...options, base, filter, disabled }
  const fault = faultOfLookup(own)
  if (fault) throw new Error(`filter: ${fault}`)
  return {
    lookup: { options: own, attributes: [], clock: host.clock },
    alike: shared.findsAs(own),
    groups: openGroups(options.groups, host),
  }
}
