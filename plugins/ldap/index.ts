// Authenticates against an LDAP directory: finds the account's entry, then binds as it with the given password.
import {
  type Authenticator,
  type AuthnOutcome,
  accept,
  type Credentials,
  definePlugin,
  explained,
  type Held,
  type Host,
  type JsonValue,
  mergeLabels,
  pass,
  type RequestScope,
  reject,
  type Secret,
  type Why,
  z,
} from '../../core/plugin.ts'
import { BAR_ATTRIBUTES, whyBarred } from './barred.ts'
import { openCredentials } from './credential.ts'
import { escapeDnValue } from './dn.ts'
import { type Entry, valuesOf } from './entry.ts'
import { openGroups, type Searching } from './groups.ts'
import { type Found, findAccount, type Lookup, labelsOf } from './lookup.ts'
import { askDirectory, openDirectory } from './open.ts'
import {
  accountAttribute,
  checkTogether,
  connectionShape,
  credentialAttributes,
  lookupShape,
  SERVERS,
  servers,
  stripDomain,
} from './options.ts'
import { DIRECTORY, ENTRY, SharedDirectory } from './shared.ts'
import { whyWrong } from './verify.ts'

const options = z
  .strictObject({
    servers: servers.describe(SERVERS),
    ...connectionShape,
    initial_bind_as_user: z
      .boolean()
      .default(false)
      .describe("Search as the user too: the first bind is with the user's own password, as bind_dn."),
    ...lookupShape,
    account: accountAttribute,
    strip_domain: stripDomain,
    credential_attributes: credentialAttributes,
  })
  .superRefine(checkTogether)

type Options = z.output<typeof options>

export default definePlugin({
  kind: 'authenticator',
  name: 'ldap',
  // Without a service account nobody can search for others.
  provides: [{ token: DIRECTORY, unless: 'initial_bind_as_user' }, ENTRY],
  options,
  create: createLdap,
})

function createLdap(options: Options, host: Host): Authenticator {
  const { initial_bind_as_user: asUser, bind_dn: userDn } = options
  const directory = openDirectory(options, host, !asUser)
  const shared = new SharedDirectory(directory, options)
  if (!asUser) host.provide(DIRECTORY, shared)
  const { clock } = host
  const credentials = openCredentials(options.credential_attributes, host)
  const groups = openGroups(options.groups, host)
  const nameIn = (given: string) => (options.strip_domain ? withoutDomain(given) : given)
  const named = options.account === undefined ? [] : [options.account]
  const labelled = Array.from(options.labels.values(), ({ attribute }) => attribute)
  const lookupOf = (attributes: readonly string[], why: Why | undefined): Lookup => ({
    options,
    clock,
    why,
    attributes: [...named, ...shared.wanted, ...attributes],
  })

  /** Searches as the service account, and binds as the entry: each on a kept connection of its own kind. */
  async function searchThenBind(account: string, password: Secret, request: RequestScope, why?: Why) {
    const found = await findAsService(account, request, why)
    if (found.kind !== 'one') return refusalFor(found, account, request)
    const wrong = await directory.use('login', request.signal, (connection, patience) =>
      whyWrong(connection, found.entry.dn, password, patience),
    )
    sayBound(why, found.entry.dn, wrong)
    if (wrong !== undefined) return reject(wrong)
    return acceptAsService(found.entry, account, credentials.stamp(found.entry), request, why)
  }

  function findAsService(account: string, { signal }: RequestScope, why: Why | undefined): Promise<Found> {
    const lookup = lookupOf([...credentials.attributes, ...BAR_ATTRIBUTES], why)
    return directory.use('search', signal, (connection, patience) =>
      findAccount(connection, account, lookup, patience),
    )
  }

  async function acceptAsService(
    entry: Entry,
    account: string,
    session: JsonValue,
    request: RequestScope,
    why: Why | undefined,
  ): Promise<AuthnOutcome> {
    const searching: Searching = (search) => directory.use('search', request.signal, search)
    const outcome = await outcomeFor(entry, account, request, searching, why)
    if (outcome.outcome !== 'accept') return outcome
    // Nothing else tells of a new password without a bind.
    return { ...outcome, session, ...(!credentials.isTold(entry) && { remember: false }) }
  }

  /** Everything on one connection, as the user. */
  function bindThenSearch(
    account: string,
    password: Secret,
    request: RequestScope,
    why?: Why,
  ): Promise<AuthnOutcome> {
    const name = nameOfUser(userDn!, account)
    return directory.use('login', request.signal, async (connection, patience) => {
      const wrong = await whyWrong(connection, name, password, patience)
      sayBound(why, name, wrong)
      if (wrong !== undefined) return reject(wrong)
      const found = await findAccount(connection, account, lookupOf([], why), patience)
      if (found.kind !== 'one') return refusalFor(found, account, request)
      const { entry } = found
      // The entry that tells the labels must be the one whose password was right.
      const other = entry.dn === name ? undefined : await whyWrong(connection, entry.dn, password, patience)
      if (other !== undefined) return reject(other)
      return outcomeFor(entry, account, request, (search) => search(connection, patience), why)
    })
  }

  /** @param searching lends a connection for the search for groups, if there is one to be done */
  async function outcomeFor(
    entry: Entry,
    given: string,
    request: RequestScope,
    searching: Searching,
    why: Why | undefined,
  ): Promise<AuthnOutcome> {
    const account = accountOf(entry, given, options)
    if (account === undefined) return reject(`${entry.dn} has not exactly one ${options.account}`)
    const inGroups = await groups({ dn: entry.dn, account }, searching, why)
    request.provide(ENTRY, shared.handOn(account, entry, [...named, ...labelled, ...shared.wanted]))
    return accept({ account, labels: mergeLabels(labelsOf(entry, options), inGroups) })
  }

  async function authenticate(
    { account: given, password }: Credentials,
    request: RequestScope,
    why?: Why,
  ): Promise<AuthnOutcome> {
    const account = nameIn(given)
    // A bind without a password succeeds on many servers, and proves nothing (RFC 4513, 5.1.2).
    if (account === '' || password.reveal() === '') {
      why?.say('the directory is not asked without an account and a password')
      return pass
    }
    return asUser
      ? bindThenSearch(account, password, request, why)
      : searchThenBind(account, password, request, why)
  }

  async function refresh(
    { account: given, session }: Held,
    request: RequestScope,
    why?: Why,
  ): Promise<AuthnOutcome> {
    const account = nameIn(given)
    const found = await findAsService(account, request, why)
    if (found.kind !== 'one') return refusalFor(found, account, request)
    const { entry } = found
    const barred = whyBarred(entry, clock.now())
    if (barred !== undefined) {
      why?.say(barred)
      return reject(barred)
    }
    const look = credentials.compare(entry, session)
    if ('changed' in look) {
      why?.say(`its password has changed since (${look.changed})`)
      return reject(`the password has changed since (${look.changed})`)
    }
    return acceptAsService(entry, account, look.session, request, why)
  }

  return {
    answersFrom: 'password',
    ...(asUser && { remembered: { never: NOT_WITHOUT_A_LOOK } }),
    authenticate: (given, request) => authenticate(given, request),
    explain: (given, request) => explained((why) => authenticate(given, request, why)),
    // Without a service account nobody can look at an entry later.
    ...(!asUser && {
      refresh: (held: Held, request: RequestScope) => refresh(held, request),
      explainRefresh: (held: Held, request: RequestScope) => explained((why) => refresh(held, request, why)),
    }),
    ready: () => askDirectory(directory, !asUser),
    close: async () => directory.close(),
  }
}

/** @param wrong why the directory refused */
function sayBound(why: Why | undefined, dn: string, wrong: string | undefined): void {
  why?.say(wrong === undefined ? `binds as ${dn}: the password is right` : `binds as ${dn}: ${wrong}`)
}

const NOT_WITHOUT_A_LOOK =
  'with initial_bind_as_user nobody can look whether the password was changed; name a service account as bind_dn'

/** `CORP\ann` is ann. */
function withoutDomain(account: string): string {
  return account.replace(/^[^\\]+\\/, '')
}

/** What the account is really called; undefined when the entry does not say. */
function accountOf(entry: Entry, given: string, { account }: Options): string | undefined {
  if (account === undefined) return given
  const values = valuesOf(entry, account)
  return values.length === 1 ? values[0] : undefined
}

function refusalFor({ kind }: Found, account: string, { log }: RequestScope): AuthnOutcome {
  if (kind === 'none') return pass
  if (kind === 'disabled') return reject('the entry is disabled')
  log.warn({ account }, 'the directory has more than one entry for this account; make `filter` narrower')
  return reject('more than one entry matches the filter')
}

/** Active Directory also takes names that are no DN, such as ann@example.com: there, nothing is to be escaped. */
function nameOfUser(dn: NonNullable<Options['bind_dn']>, account: string): string {
  return dn.render({ account }, dn.source.includes('=') ? escapeDnValue : undefined)
}
