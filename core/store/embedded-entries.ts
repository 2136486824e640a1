// What plugins keep, in the embedded store's file. Triggers count how much each space holds, whoever drops what has ended.
import type { DatabaseSync } from 'node:sqlite'
import type { EntryChange, Kept } from './entries.ts'

/** In files that were made before, too: versions that know nothing of these tables read and write the others as ever. */
export const ENTRY_TABLES = `
  CREATE TABLE IF NOT EXISTS entries (
    space TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, size INTEGER NOT NULL, gone INTEGER NOT NULL,
    PRIMARY KEY (space, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_gone ON entries (gone);
  CREATE TABLE IF NOT EXISTS spaces (space TEXT PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  CREATE TRIGGER IF NOT EXISTS entries_add AFTER INSERT ON entries BEGIN
    INSERT INTO spaces VALUES (NEW.space, 1, NEW.size)
      ON CONFLICT DO UPDATE SET entries = entries + 1, bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER IF NOT EXISTS entries_change AFTER UPDATE OF size ON entries BEGIN
    UPDATE spaces SET bytes = bytes - OLD.size + NEW.size WHERE space = OLD.space;
  END;
  CREATE TRIGGER IF NOT EXISTS entries_drop AFTER DELETE ON entries BEGIN
    UPDATE spaces SET entries = entries - 1, bytes = bytes - OLD.size WHERE space = OLD.space;
    DELETE FROM spaces WHERE space = OLD.space AND entries = 0;
  END;
`

/** What is to be done to an entry. */
export type EntryWrite =
  | { readonly change: EntryChange }
  | { readonly drop: { readonly space: string; readonly id: string } }

/** What a write of an entry gives, as a number. */
export const KEPT: readonly Kept[] = ['kept', 'differs', 'full']

/** Writes one entry, in a transaction. @returns the place in KEPT */
export type WriteEntry = (write: EntryWrite, now: number) => number

export function prepareEntries(database: DatabaseSync): WriteEntry {
  const find = database.prepare('SELECT value, size FROM entries WHERE space = ? AND id = ? AND gone > ?')
  const put = database.prepare(`INSERT INTO entries (space, id, value, size, gone) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, size = excluded.size, gone = excluded.gone`)
  const drop = database.prepare('DELETE FROM entries WHERE space = ? AND id = ?')
  const dropEnded = database.prepare('DELETE FROM entries WHERE space = ? AND gone <= ?')
  const count = database.prepare('SELECT entries, bytes FROM spaces WHERE space = ?')

  function hasRoom({ space, entry, bounds }: EntryChange, replaced: number | undefined): boolean {
    const { entries = 0, bytes = 0 } = (count.get(space) ?? {}) as { entries?: number; bytes?: number }
    return (
      entries + (replaced === undefined ? 1 : 0) <= bounds.entries &&
      bytes - (replaced ?? 0) + entry.size <= bounds.bytes
    )
  }

  function change(wanted: EntryChange, now: number): Kept {
    const { space, id, entry, expected } = wanted
    const current = find.get(space, id, now) as { value: string; size: number } | undefined
    if (current?.value === entry.value) return 'kept'
    if (expected === 'absent' && current) return 'differs'
    if (typeof expected === 'object' && current?.value !== expected.value) return 'differs'
    if (!hasRoom(wanted, current?.size)) {
      dropEnded.run(space, now)
      if (!hasRoom(wanted, current?.size)) return 'full'
    }
    put.run(space, id, entry.value, entry.size, entry.end)
    return 'kept'
  }

  return (write, now) => {
    if ('change' in write) return KEPT.indexOf(change(write.change, now))
    drop.run(write.drop.space, write.drop.id)
    return KEPT.indexOf('kept')
  }
}

/** The value of an entry; undefined when there is none, also while no writer has made their table. */
export function readEntry(
  database: DatabaseSync,
  space: string,
  id: string,
  now: number,
): string | undefined {
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'entries'")
  if (!table.get()) return undefined
  const row = database
    .prepare('SELECT value FROM entries WHERE space = ? AND id = ? AND gone > ?')
    .get(space, id, now)
  return row?.value as string | undefined
}
