// Makes a rule set of what the ACL query answered.
import { checkRules, compileRules, type RuleSet } from '../../core/contract/index.ts'
import { readEntry } from './entry.ts'
import { jsonOf, type Result, requireColumns, textOf } from './rows.ts'

/** A place in the table, and what is wrong there. */
export interface Warning {
  readonly seq: string
  readonly message: string
}

export interface Rules {
  readonly ruleSet: RuleSet
  readonly count: number
  readonly warnings: readonly Warning[]
}

export type Substitution = 'literal' | 'pattern'

/**
 * Makes the rules, in the order of the rows.
 *
 * @throws Error that names every entry which is no rule, by its seq
 */
export function readRules(result: Result, substitution: Substitution): Rules {
  requireColumns(result, 'acl_entry')
  const faults: Warning[] = []
  const warnings: Warning[] = []
  const places: string[] = []
  const rules = result.rows.flatMap((row, index) => {
    const seq = textOf(row, 'seq')
    const place = seq ?? `none, row ${index + 1}`
    try {
      const entry = readEntry(jsonOf(row, 'acl_entry'), seq)
      warnings.push(...entry.warnings.map((message) => ({ seq: place, message })))
      places.push(place)
      return [entry.rule]
    } catch (error) {
      faults.push({ seq: place, message: (error as Error).message })
      return []
    }
  })
  for (const { path, message, severity } of checkRules(rules, { substitution })) {
    const [index, ...rest] = path
    const found = { seq: places[Number(index)]!, message: `${rest.join('.')} ${message}` }
    if (severity === 'error') faults.push(found)
    else warnings.push(found)
  }
  if (faults.length > 0) {
    throw new Error(faults.map(({ seq, message }) => `entry with seq ${seq}: ${message}`).join('; '))
  }
  return { ruleSet: compileRules(rules, { substitution }), count: rules.length, warnings }
}
