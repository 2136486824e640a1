// The users' collection: one document a user.
import { backendLabels, type Log, type StoredAccount } from '../../core/plugin.ts'
import type { Mongo } from './connection.ts'

export interface Users {
  /** @throws Error when the collection can't be asked, or holds what can't be used */
  find(account: string, signal: AbortSignal): Promise<StoredAccount | undefined>
  /** Resolves when the collection can be asked. */
  ready(signal: AbortSignal): Promise<void>
}

/** Users of one collection. */
export function createUsers(mongo: Mongo, collection: string, log: Log): Users {
  let indexed: Promise<void> | undefined

  /** As docker_auth does: without an index each login reads the whole collection. Tried once; no right to is no harm. */
  function index(): Promise<void> {
    indexed ??= mongo
      .use({ collection }, AbortSignal.timeout(INDEX_TIMEOUT), (users) =>
        users.createIndex({ username: 1 }, { unique: true }),
      )
      .then(
        () => {},
        (error: Error) => {
          if (!mongo.ended.aborted) log.warn({ collection }, `${error.message}; ${NO_INDEX}`)
        },
      )
    return indexed
  }

  const ask = (account: string, signal: AbortSignal) =>
    mongo.use({ collection }, signal, (users) =>
      users
        .find(userFilter(account), { signal, limit: 2, projection: FIELDS, promoteValues: true })
        .toArray(),
    )

  return {
    async find(account, signal) {
      const found = await ask(account, signal)
      void index()
      if (found.length > 1)
        throw new Error(
          `there are several users ${JSON.stringify(account)} in ${collection}; remove all but one`,
        )
      return found[0] && readUser(found[0], account, log)
    },
    async ready(signal) {
      await ask('', signal)
    },
  }
}

const INDEX_TIMEOUT = 10_000
const NO_INDEX = 'so there may be no unique index on username; make one by hand'
const FIELDS = { _id: 0, username: 1, password: 1, labels: 1 }

/** The account is compared as the text that it is: nothing in it is an operator. */
export function userFilter(account: string): { username: { $eq: string } } {
  return { username: { $eq: String(account) } }
}

/**
 * Reads a user's document.
 *
 * @param asked the name that it was found by
 * @throws Error when password or labels are of another form
 */
export function readUser(
  document: Readonly<Record<string, unknown>>,
  asked: string,
  log: Log,
): StoredAccount {
  const { username, password, labels } = document
  const hash = password ?? undefined
  if (hash !== undefined && typeof hash !== 'string')
    throw new Error("a user's password must be text, a bcrypt hash")
  return {
    // As the document has it: with a collation of its own, a collection takes `ANN` for `ann`. Of a list, the one that it was found by.
    name: typeof username === 'string' ? username : asked,
    credential: hash ? { hash } : { barred: 'the user has no password' },
    labels: backendLabels(labels, log),
  }
}
