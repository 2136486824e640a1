// The files that plugins are made of, and those that their options name.
import { resolve } from 'node:path'
import type { Config, Planned } from '../../config/config.ts'
import { type Marked, markedBy, schemasAlong } from '../../config/schema-marks.ts'
import { PATHS, type PathMark } from '../../kit/paths.ts'

/** A file, and what it is, as the configuration calls it. */
interface OptionFile {
  readonly path: string
  readonly of: string
}

/** @returns all of a configuration; programs that are looked up in PATH are left out */
export function optionFiles({ plugins, base }: Config): OptionFile[] {
  return plugins.flatMap((plan) => [
    ...plan.files.map((path) => ({ path, of: `plugin ${plan.definition.name}` })),
    ...optionPaths(plan).map(({ path, of }) => ({ path: resolve(base, path), of })),
  ])
}

function optionPaths({ definition, options, id }: Planned): OptionFile[] {
  const schema = markedBy(definition.options, PATHS)
  return [...namedIn(schema, options, [])].map(({ path, keys }) => ({
    path,
    of: `${keys.join('.')} of plugin ${definition.name}, id ${id}`,
  }))
}

function* namedIn(
  schema: Marked<PathMark>,
  value: unknown,
  keys: readonly string[],
): Iterable<{ readonly path: string; readonly keys: readonly string[] }> {
  if (typeof value === 'string') {
    const mark = schemasAlong(schema, keys)
      .at(-1)!
      .find(({ path }) => path !== undefined)?.path
    if (mark === 'file' || (mark === 'program' && value.includes('/'))) yield { path: value, keys }
  } else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* namedIn(schema, inner, [...keys, key])
}
