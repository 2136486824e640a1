// The options of a plugin in the configuration, checked by the plugin's schema.
import { messageOf } from '../kit/thrown.ts'
import { type PluginDefinition, z } from '../plugin.ts'
import type { Problem, Spot } from '../yaml/problems.ts'
import { validate } from '../yaml/validate.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import type { InstanceConfig } from './native/schema.ts'

/**
 * Checks the options of one instance with its plugin's own schema.
 *
 * @param at where the options stand
 * @param problems takes what is wrong with them
 * @param from where the plugin was found
 * @throws Error that names the plugin's file when its schema throws in place of a complaint
 */
export function validateOptions(
  { options }: PluginDefinition,
  raw: InstanceConfig,
  yaml: YamlFile,
  at: Spot,
  problems: Problem[],
  from: string,
): unknown {
  try {
    const found: Problem[] = []
    const checked = validate(options, raw.options ?? Object.create(null), yaml, at, found)
    problems.push(...found.map((problem) => besideOptions(problem, at)))
    return checked
  } catch (error) {
    const async = error instanceof z.core.$ZodAsyncError
    const hint = async
      ? 'no refinement and no transform may be async'
      : 'report with context.addIssue in place of a throw'
    throw new Error(`${from}: its options schema failed: ${messageOf(error)}; ${hint}`)
  }
}

/** A key of the instance that stands among its options, where the plugin has none of that name. */
function besideOptions(problem: Problem, at: Spot): Problem {
  const [, key = ''] = /^\.([a-z_]+)$/.exec(problem.path.slice(at.path.length)) ?? []
  const known = OF_INSTANCE.has(key) && problem.message.startsWith('unknown key; known: ')
  return known ? { ...problem, message: 'unknown key; write it beside options' } : problem
}

const OF_INSTANCE: ReadonlySet<string> = new Set(['id', 'timeout', 'on_error', 'uses', 'remember'])
