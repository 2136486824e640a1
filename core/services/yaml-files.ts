// YAML files that plugins read: parsed and checked as the configuration itself is, with the same messages and places.
import { dirname, relative } from 'node:path'
import { foremost, formatProblem, type Spot } from '../boot/problems.ts'
import { spotOf, validate } from '../boot/validate.ts'
import { parseYaml } from '../boot/yaml.ts'
import type { Files, YamlFiles } from '../contract/index.ts'

const TOP: Spot = { line: 1, column: 1, path: '' }

/** @param files reads them, and knows where relative paths start */
export function createYamlFiles(files: Files): YamlFiles {
  return {
    read(path, schema) {
      const full = files.resolve(path)
      const file = shortest(full)
      const yaml = parseYaml(files.read(full), file, { version: '1.2', base: dirname(full) })
      const problems = [...yaml.problems]
      // A text that is no YAML has no value to be checked.
      const checked = yaml.value === undefined ? undefined : validate(schema, yaml.value, yaml, TOP, problems)
      if (problems.length > 0) throw new Error(foremost(problems).map(formatProblem).join('\n'))
      return {
        value: checked!,
        placeOf(at) {
          const { line, column } = spotOf(yaml.value, at, yaml, TOP, 'value')
          return `${file}:${line}:${column}`
        },
      }
    },
  }
}

/** The path as seen from the working directory, when it lies below it. */
function shortest(full: string): string {
  const below = relative(process.cwd(), full)
  return below === '' || below.startsWith('..') ? full : below
}
