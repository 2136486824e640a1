// YAML files that plugins read: parsed and checked as the configuration itself is, with the same messages and places.
import { dirname, relative } from 'node:path'
import type { z } from 'zod'
import {
  atOnce,
  type FilePlace,
  type Files,
  type Steps,
  type YamlContent,
  type YamlFiles,
} from '../plugin.ts'
import { foremost, formatProblem, type Problem, type Spot } from './problems.ts'
import { spotOf, validate } from './validate.ts'
import { parseYaml } from './yaml.ts'
import { partsOf, type YamlPart } from './yaml-parts.ts'

const TOP: Spot = { line: 1, column: 1, path: '' }

/** @param files reads them, and knows where relative paths start */
export function createYamlFiles(files: Files): YamlFiles {
  return {
    read: (path, schema) => atOnce(parse(files, path, files.read(path), schema)),
    parse: (path, text, schema) => parse(files, path, text, schema),
  }
}

function* parse<S extends z.ZodType>(
  files: Files,
  path: string,
  text: string,
  schema: S,
): Steps<YamlContent<z.output<S>>> {
  const full = files.resolve(path)
  const source = { file: shortest(full), folder: dirname(full), schema }
  const parts = partsOf(text)
  const list = parts && (yield* checkParts(source, parts))
  if (list) return list as YamlContent<z.output<S>>
  yield text.length / CHARACTERS_A_STEP
  const whole = check(source, { text, items: 0, lines: 0 })
  if (whole.problems.length > 0) throw failure(whole.problems)
  return contentOf(whole.value as z.output<S>, whole.spotOf)
}

const CHARACTERS_A_STEP = 1

/** How a file is checked. */
interface Source {
  readonly file: string
  readonly folder: string
  readonly schema: z.ZodType
}

interface Checked {
  /** Undefined when there are problems. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Whether it could not be read, whatever the schema says. */
  readonly unreadable: boolean
  spotOf(at: readonly PropertyKey[]): FilePlace
}

function check({ file, folder, schema }: Source, { text, items, lines }: YamlPart): Checked {
  const yaml = parseYaml(text, file, { version: '1.2', base: folder })
  const problems = [...yaml.problems]
  // A text that is no YAML has no value to be checked.
  const value = yaml.value === undefined ? undefined : validate(schema, yaml.value, yaml, TOP, problems)
  return {
    value,
    problems: problems.map((problem) => ({
      ...problem,
      line: problem.line + lines,
      path: later(problem.path, items),
    })),
    unreadable: yaml.problems.length > 0,
    spotOf(at) {
      const { line, column, path } = spotOf(yaml.value, at, yaml, TOP, 'value')
      return { file, line: line + lines, column, path: later(path, items) }
    },
  }
}

/** The path of an item of a part in the whole list. */
function later(path: string, items: number): string {
  return path.replace(/^\[(\d+)\]/, (_, item) => `[${Number(item) + items}]`)
}

/**
 * Checks a list a part at a time.
 *
 * @returns undefined when a part can't be read by itself: an alias may mean something before it, or it is no YAML
 * @throws Error with all problems
 */
function* checkParts(source: Source, parts: readonly YamlPart[]): Steps<YamlContent<unknown[]> | undefined> {
  const value: unknown[] = []
  const problems: Problem[] = []
  const checked: Checked[] = []
  for (const part of parts) {
    yield part.text.length / CHARACTERS_A_STEP
    const one = check(source, part)
    if (one.unreadable || !(Array.isArray(one.value) || one.problems.length > 0)) return undefined
    checked.push(one)
    problems.push(...one.problems)
    if (Array.isArray(one.value)) value.push(...one.value)
  }
  if (problems.length > 0) throw failure(problems)
  const before = parts.map(({ items }) => items)
  return contentOf(value, ([item, ...rest]) => {
    const place = before.findLastIndex((items) => items <= Number(item))
    return checked[place]!.spotOf([Number(item) - before[place]!, ...rest])
  })
}

function contentOf<T>(value: T, spotOf: YamlContent<T>['spotOf']): YamlContent<T> {
  return {
    value,
    spotOf,
    placeOf(at) {
      const { file, line, column } = spotOf(at)
      return `${file}:${line}:${column}`
    },
  }
}

function failure(problems: readonly Problem[]): Error {
  return new Error(foremost(problems).map(formatProblem).join('\n'))
}

/** The path as seen from the working directory, when it lies below it. */
function shortest(full: string): string {
  const below = relative(process.cwd(), full)
  return below === '' || below.startsWith('..') ? full : below
}
