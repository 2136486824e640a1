// Makes a rule set of what the ACL query answered.
import {
  type AclRule,
  checkRulesInSlices,
  compileRulesInSlices,
  inSlices,
  type RuleSet,
  type Steps,
  type Work,
} from '../../core/plugin.ts'
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
 * @param work where thousands of rules give way to requests
 * @throws Error that names every entry which is no rule, by its seq
 */
export async function readRules(result: Result, substitution: Substitution, work: Work): Promise<Rules> {
  requireColumns(result, 'acl_entry')
  const { rules, places, faults, warnings } = await inSlices(readEntries(result), work)
  // docker_auth's tables, whose `**` is what it is there.
  const options = { substitution, stars: 'one' } as const
  for (const { path, message, severity } of await checkRulesInSlices(rules, options, work)) {
    const [index, ...rest] = path
    const found = { seq: places[Number(index)]!, message: `${rest.join('.')} ${message}` }
    if (severity === 'error') faults.push(found)
    else warnings.push(found)
  }
  if (faults.length > 0) {
    throw new Error(faults.map(({ seq, message }) => `entry with seq ${seq}: ${message}`).join('; '))
  }
  const ruleSet = await compileRulesInSlices(rules, options, work)
  return { ruleSet, count: rules.length, warnings }
}

interface Entries {
  readonly rules: AclRule[]
  /** Where each rule stands. */
  readonly places: string[]
  readonly faults: Warning[]
  readonly warnings: Warning[]
}

function* readEntries({ rows }: Result): Steps<Entries> {
  const entries: Entries = { rules: [], places: [], faults: [], warnings: [] }
  for (const [index, row] of rows.entries()) {
    yield STEPS_AN_ENTRY
    const seq = textOf(row, 'seq')
    const place = seq ?? `none, row ${index + 1}`
    try {
      const { rule, warnings } = readEntry(jsonOf(row, 'acl_entry'), seq)
      entries.warnings.push(...warnings.map((message) => ({ seq: place, message })))
      entries.places.push(place)
      entries.rules.push(rule)
    } catch (error) {
      entries.faults.push({ seq: place, message: (error as Error).message })
    }
  }
  return entries
}

const STEPS_AN_ENTRY = 10
