// A configuration around one plugin: as a file has it, or made for options that were given on the command line.
import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, inspectText, type Planned, readConfig } from '../../config/config.ts'
import { kindsOf, namesOf } from '../../config/plugins/registry.ts'
import { providersOf } from '../../config/wiring.ts'
import type { PluginKind } from '../../plugin.ts'
import { ConfigError, type Problem } from '../../yaml/problems.ts'

/** How a plugin and its options are named on a command line. */
export interface Named {
  /** YAML or JSON. */
  readonly options?: string
  /** A configuration that uses the plugin. */
  readonly config?: string
  /** Which of its instances. */
  readonly id?: string
  /** Which plugin of a file that has several. */
  readonly kind?: PluginKind
}

/** One plugin, and whatever it needs. */
export interface Alone {
  readonly config: Config
  readonly plan: Planned
  /** Whether a file has it so, with a state directory and a server that may run. */
  readonly configured: boolean
  /** Where a problem stands, for whoever typed the command. */
  placed(problem: Problem): Problem
  /** The same in a text of the plugin. */
  said(text: string): string
}

/** How messages name what was typed. */
export const TYPED = '--options'

/**
 * Finds a plugin, and its options.
 *
 * @param file a path, or what a configuration may write as `plugin`
 * @throws ConfigError with the words of a start; Error that names the option and the remedy
 */
export async function planAlone(file: string, named: Named): Promise<Alone> {
  const { options, config, id } = named
  if (config !== undefined && options !== undefined)
    throw new Error('--config has the options of the plugin; leave out --options')
  if (id !== undefined && config === undefined)
    throw new Error('--id names an instance of a configuration; add --config FILE')
  return config === undefined ? await typed(file, named) : await configured(file, config, named)
}

async function configured(file: string, name: string, { id, kind }: Named): Promise<Alone> {
  const config = await readConfig(name)
  const meant = written(file)
  const all = config.plugins.filter((plan) => isMeant(plan, meant))
  const found = all.filter(
    (plan) => (id === undefined || plan.id === id) && (kind === undefined || plan.kind === kind),
  )
  const [plan] = found
  const ids = (plans: readonly Planned[]) => plans.map((one) => one.id).join(', ')
  if (!plan)
    throw new Error(
      all.length === 0
        ? `${name} does not use ${file}; name it there, or give its options with --options`
        : `${name} uses ${file} as ${ids(all)}, and not as ${id ?? `a plugin of the kind ${kind}`}; write --id with one of those`,
    )
  if (found.length > 1) throw new Error(`${name} uses ${file} as ${ids(found)}; say which one with --id`)
  return {
    config: withOnly(config, plan),
    plan,
    configured: true,
    placed: (problem) => problem,
    said: (text) => text,
  }
}

/** @throws Error unless a configuration uses a plugin */
export function assertUsed({ plugins }: Config, name: string, file: string): void {
  const meant = written(file)
  if (plugins.some((plan) => isMeant(plan, meant))) return
  throw new Error(`${name} does not use ${file}; name it there, or another configuration with --config FILE`)
}

/** Those that it needs come with it. */
function withOnly(config: Config, plan: Planned): Config {
  const ids = new Set<string>()
  const add = (id: string) => {
    const one = config.plugins.find((other) => other.id === id)!
    if (ids.has(id)) return
    ids.add(id)
    for (const provider of providersOf(one.wires)) add(provider)
  }
  add(plan.id)
  return { ...config, plugins: config.plugins.filter((one) => ids.has(one.id)) }
}

function isMeant({ from, definition }: Planned, meant: string): boolean {
  if (from === 'built in') return namesOf(definition).includes(meant)
  if (from.startsWith('package '))
    return [`package ${meant}`, `package dockwarden-plugin-${meant}`].includes(from)
  return existsSync(meant) && realpathSync(from) === realpathSync(meant)
}

/** As a configuration would have it: a file by its whole path. */
function written(file: string): string {
  const isPath =
    /^\.{0,2}\//.test(file) || /\.[cm]?[jt]s$/.test(file) || (existsSync(file) && !file.startsWith('@'))
  return isPath ? resolve(file) : file
}

const LISTS: Readonly<Record<PluginKind, string>> = {
  authenticator: 'authenticators',
  labeler: 'labelers',
  authorizer: 'authorizers',
}
/** What stands before the options. */
const HEAD_LINES = 3
const INDENT = 6

async function typed(file: string, { options, kind: wanted }: Named): Promise<Alone> {
  const plugin = written(file)
  const kind = await kindOf(file, plugin, wanted)
  const list = LISTS[kind]
  const body = options?.split(/\r?\n/).map((line) => `${' '.repeat(INDENT)}${line}\n`) ?? []
  const head = `${list}:\n  - plugin: ${JSON.stringify(plugin)}\n${options === undefined ? '' : '    options:\n'}`
  const others = Object.values(LISTS).filter((one) => one !== list && one !== 'labelers')
  const text = [head, ...body, ...others.map((one) => `${one}: []\n`)].join('')
  const placed = (problem: Problem) => inTyped(problem, file, list, body.length)
  const { config, problems } = await inspectText(text, join(process.cwd(), TYPED)).catch((error) => {
    throw error instanceof ConfigError ? new ConfigError(error.problems.map(placed)) : error
  })
  if (!config || problems.length > 0) throw new ConfigError(problems.map(placed))
  return { config, plan: config.plugins[0]!, configured: false, placed, said: saidOfTyped }
}

async function kindOf(file: string, plugin: string, wanted: PluginKind | undefined): Promise<PluginKind> {
  const kinds = await kindsOf(plugin, process.cwd())
  if (wanted !== undefined && !kinds.includes(wanted))
    throw new Error(`${file} has no ${wanted}; it has: ${kinds.join(', ')}`)
  const [only, ...others] = wanted === undefined ? kinds : [wanted]
  if (others.length > 0)
    throw new Error(`${file} has several plugins; write --kind with one of ${kinds.join(', ')}`)
  return only!
}

/** Of the text around the options nobody has seen anything. */
function inTyped(problem: Problem, file: string, list: string, lines: number): Problem {
  const { line, column, path } = problem
  const key = path.replace(new RegExp(`^${list}\\[0\\](\\.options)?\\.?`), '')
  if (line <= HEAD_LINES && key === '') return { ...problem, file, line: 1, column: 1, path: key }
  const last = Math.max(1, lines)
  const spot = line > HEAD_LINES ? { line: line - HEAD_LINES, column: Math.max(1, column - INDENT) } : START
  return { ...problem, file: TYPED, ...(spot.line > last ? { line: last, column: 1 } : spot), path: key }
}

const START = { line: 1, column: 1 } as const

/** The same in what a plugin says of a place in its options. */
function saidOfTyped(text: string): string {
  const [first = '', ...rest] = text.split(`${join(process.cwd(), TYPED)}:`)
  const moved = rest.map((part) =>
    part.replace(/^\d+/, (line) => String(Math.max(1, Number(line) - HEAD_LINES))),
  )
  return [first, ...moved].join(`${TYPED}:`)
}
