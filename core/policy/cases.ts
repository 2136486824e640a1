// Reads files of cases: what a policy has to answer.
import { dirname, join, resolve } from 'node:path'
import { readText } from '../config/read-text.ts'
import { scopeText } from '../request/scope.ts'
import { ConfigError, foremost, type Problem, type Spot } from '../yaml/problems.ts'
import { spotOf, validate } from '../yaml/validate.ts'
import { parseYaml } from '../yaml/yaml.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { fileSchema, listSchema, type WrittenCase, type WrittenFile } from './case-schema.ts'
import type { PolicyRequest } from './request.ts'

/** One case. */
export interface PolicyCase {
  /** Its own, or what it asks: `alice repository:team/app:pull`. */
  readonly name: string
  /** Where it stands. */
  readonly line: number
  readonly request: PolicyRequest
  /** The actions that are to be granted, none when it is to be denied. */
  readonly expect: readonly string[]
  /** Which rule is to decide: its number, name or place. */
  readonly rule: number | string | undefined
}

/** A file of cases. */
export interface CaseFile {
  readonly file: string
  /** The configuration that it names, from where the file itself is named. */
  readonly config: string | undefined
  /** The authorizers that are taken to pass. */
  readonly passing: readonly string[]
  readonly cases: readonly PolicyCase[]
}

const TOP: Spot = { line: 1, column: 1, path: '' }

/**
 * Reads a file: a list of cases, or a map with `config` and `cases`.
 *
 * @throws ConfigError with everything that is wrong with it
 */
export function readCases(file: string): CaseFile {
  const yaml = parseYaml(readText(file, ''), file, { version: '1.2', base: dirname(resolve(file)) })
  const problems: Problem[] = [...yaml.problems]
  const { value } = yaml
  if (value === undefined || value === null) {
    if (problems.length === 0) problems.push({ file, ...TOP, message: 'is empty; write a list of cases' })
    throw new ConfigError(problems)
  }
  if (typeof value !== 'object')
    throw new ConfigError([{ file, ...TOP, message: 'is no list; write a list of cases' }])
  const cases = Array.isArray(value)
    ? validate(listSchema, value, yaml, TOP, problems)
    : validate(fileSchema, value, yaml, TOP, problems)
  if (!cases || problems.length > 0) throw new ConfigError(foremost(problems))
  const written: WrittenFile = Array.isArray(cases) ? { cases } : cases
  const path = Array.isArray(value) ? [] : ['cases']
  return {
    file,
    config: written.config === undefined ? undefined : join(dirname(file), written.config),
    passing: written.passing ?? [],
    cases: written.cases.map((one, index) => caseOf(one, lineOf(value, [...path, index], yaml))),
  }
}

function caseOf({ name, scope, expect, rule, account = '', ...rest }: WrittenCase, line: number): PolicyCase {
  return {
    name: name ?? `${account === '' ? 'anonymous' : account} ${scopeText(scope)}`,
    line,
    request: { account, resource: scope, ...rest },
    expect,
    rule,
  }
}

function lineOf(root: unknown, path: readonly PropertyKey[], yaml: YamlFile): number {
  return spotOf(root, path, yaml, TOP, 'value').line
}
