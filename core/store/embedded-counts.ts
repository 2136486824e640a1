// How many refresh tokens each account has in the embedded store's file. Triggers count, whoever writes: a version that knows
// nothing of it too. So an account is kept within its bound at the cost of a few rows, however many it has.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Bound } from './token-store.ts'

/**
 * `born`: when a refresh token was made that is not revoked; no other row has it. In `counts`, `live` is the number of those, and
 * `unused` of those that have never been used.
 */
const COUNTS = `
  ALTER TABLE tokens ADD COLUMN born INTEGER AS (
    CASE WHEN revoked IS NULL AND json_valid(token) AND token ->> 'kind' = 'refresh'
    THEN CAST(token ->> 'created' AS INTEGER) END
  ) VIRTUAL;
  CREATE INDEX tokens_unused ON tokens (account, born) WHERE born IS NOT NULL AND used IS NULL;
  CREATE TABLE counts (account TEXT PRIMARY KEY, live INTEGER NOT NULL, unused INTEGER NOT NULL) STRICT;
  INSERT INTO counts
    SELECT account, count(*), count(*) - count(used) FROM tokens WHERE born IS NOT NULL GROUP BY account;
  CREATE TRIGGER counts_add AFTER INSERT ON tokens WHEN NEW.born IS NOT NULL BEGIN
    INSERT INTO counts VALUES (NEW.account, 1, NEW.used IS NULL)
      ON CONFLICT DO UPDATE SET live = live + 1, unused = unused + excluded.unused;
  END;
  CREATE TRIGGER counts_change AFTER UPDATE OF token, used, revoked ON tokens WHEN OLD.born IS NOT NULL BEGIN
    UPDATE counts SET
        live = live - (NEW.born IS NULL),
        unused = unused - (OLD.used IS NULL) + (NEW.born IS NOT NULL AND NEW.used IS NULL)
      WHERE account = OLD.account;
  END;
  CREATE TRIGGER counts_drop AFTER DELETE ON tokens WHEN OLD.born IS NOT NULL BEGIN
    UPDATE counts SET live = live - 1, unused = unused - (OLD.used IS NULL) WHERE account = OLD.account;
    DELETE FROM counts WHERE account = OLD.account AND live = 0;
  END;
`

/** Makes what counts, in a file that lacks it. Other versions read and write such a file as before. */
export function ensureCounts(database: DatabaseSync): void {
  const isThere = () =>
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'counts'").get() !==
    undefined
  if (isThere()) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have made it meanwhile.
    if (!isThere()) database.exec(COUNTS)
    database.exec('COMMIT')
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

/** So few are ended for a new one, when a bound has become much lower, that nobody waits long behind it. */
const MOST_ENDED = 100

/** Keeps accounts within their bounds. */
export interface Counts {
  /**
   * Makes room for a token that was added just now: ends the account's oldest unused ones that are too many.
   *
   * @returns false when there is no room for it
   */
  makeRoom(id: string, account: string, bound: Bound): boolean
}

/** @param database in a transaction, when it is asked */
export function prepareCounts(database: DatabaseSync): Counts {
  const count = database.prepare('SELECT live, unused FROM counts WHERE account = ?')
  const endOldest: StatementSync = database.prepare(`DELETE FROM tokens WHERE rowid IN (
    SELECT rowid FROM tokens WHERE account = ? AND born IS NOT NULL AND used IS NULL AND id <> ?
    ORDER BY born LIMIT ?)`)
  return {
    makeRoom(id, account, bound) {
      const { live = 0, unused = 0 } = (count.get(account) ?? {}) as { live?: number; unused?: number }
      const excess = Math.max(0, unused - bound.unused)
      if (live - excess > bound.all) return false
      if (excess > 0) endOldest.run(account, id, Math.min(excess, MOST_ENDED))
      return true
    },
  }
}
