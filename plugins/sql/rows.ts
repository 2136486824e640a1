// Reads what a query answered: texts, labels.
import { backendLabels, type JsonValue, type Labels, type Log, mergeLabels } from '../../core/plugin.ts'

/** A row by its columns' names, in lower case. */
export type Row = ReadonlyMap<string, unknown>

/** What a query answered. */
export interface Result {
  /** In lower case, also when there are no rows. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** Makes a result of what drivers give: names, and rows as lists. */
export function resultOf(names: readonly string[], lists: readonly (readonly unknown[])[]): Result {
  const columns = names.map((name) => name.toLowerCase())
  return { columns, rows: lists.map((list) => new Map(columns.map((name, index) => [name, list[index]]))) }
}

/** @throws Error naming what to write in the query */
export function requireColumns({ columns }: Result, ...wanted: readonly string[]): void {
  for (const name of wanted) {
    if (!columns.includes(name)) {
      throw new Error(`the query gives no column ${name} (but ${columns.join(', ')}); write AS ${name} in it`)
    }
  }
}

/**
 * A column as text; null = undefined.
 *
 * @throws TypeError naming the column when it is no text (its value is not shown)
 */
export function textOf(row: Row, column: string): string | undefined {
  const value = row.get(column)
  return value === null || value === undefined ? undefined : textOfValue(value, column)
}

function textOfValue(value: unknown, column: string): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value)
  throw new TypeError(`column ${column} is no text; cast it to text in the query`)
}

/**
 * A column that holds JSON. Some drivers parse it themselves, others give text. Empty text is null, as in docker_auth.
 *
 * @throws TypeError naming the column when it is no JSON (its value is not shown)
 */
export function jsonOf(row: Row, column: string): JsonValue {
  const value = row.get(column)
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return (value ?? null) as JsonValue
  const text = textOfValue(value, column)
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    throw new TypeError(`column ${column} holds no valid JSON; correct it in the table`)
  }
}

/**
 * The labels that rows give, all together: the column `labels` (JSON), and those columns that `named` makes labels of.
 *
 * @throws TypeError naming the column whose value makes no label
 */
export function labelsOf(rows: readonly Row[], named: ReadonlyMap<string, string>, log: Log): Labels {
  return mergeLabels(
    ...rows.flatMap((row) => [
      backendLabels(jsonOf(row, 'labels'), log),
      ...[...named].map(([label, column]) => columnLabel(label, row, column.toLowerCase())),
    ]),
  )
}

/** The labels of rows that have a label's name and one value each. */
export function labelsOfPairs(rows: readonly Row[]): Labels {
  return mergeLabels(
    ...rows.map((row) => {
      const name = textOf(row, 'name')
      return name === undefined ? {} : columnLabel(name, row, 'value')
    }),
  )
}

/** PostgreSQL's arrays are several values. */
function columnLabel(label: string, row: Row, column: string): Labels {
  const held = row.get(column)
  const values = (Array.isArray(held) ? held : [held]).filter(
    (value) => value !== null && value !== undefined,
  )
  return values.length === 0
    ? {}
    : singleLabel(
        label,
        values.map((value) => textOfValue(value, column)),
      )
}

/** Defined, not assigned: a label may be called `__proto__`. */
function singleLabel(label: string, values: readonly string[]): Labels {
  return Object.fromEntries([[label, values]])
}
