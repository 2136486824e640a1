// The rows of the table: what was measured, and what it must be.
import type { Cost } from '../load.ts'
import type { Costs, Who } from './measure.ts'
import type { Starts } from './starts.ts'
import type { SubjectName } from './subjects.ts'
import { mib, ms, us } from './units.ts'

/** A row as it is shown. */
export interface Row {
  readonly work: string
  readonly other: string
  readonly ours: string
  readonly must: string
  /** Undefined where there is nothing to compare with. */
  readonly met: boolean | undefined
}

/** Times that the other server costs, at least. */
const BETTER = { RS256: 3, ES256: 1.6, RS256Again: 12, ES256Again: 2.2, perSecond: 1.2 }
/** Times that 10,000 rules cost of what 10 cost, at most. */
const OF_TEN = { globs: 1.1, anchored: 3 }
/** MiB, at most: under load, and so much more with 10,000 rules. */
const MEMORY = { base: 150, indexed: 40, general: 220 }
/** Milliseconds to the first token, and times a bare Node. */
const START = { firstToken: 400, version: 2 }

/** @param costs rows of what was not measured are left out */
export function rowsOf(costs: Costs, starts: Starts | undefined): Row[] {
  return [
    cheaper(costs, 'RS256 token, 20 rules: CPU', 'RS256', BETTER.RS256),
    cheaper(costs, 'ES256 token, 20 rules: CPU', 'ES256', BETTER.ES256),
    cheaper(costs, 'RS256, the same again within seconds: CPU', 'RS256', BETTER.RS256Again, true),
    cheaper(costs, 'ES256, the same again within seconds: CPU', 'ES256', BETTER.ES256Again, true),
    ofTen(costs, '10,000 globs', OF_TEN.globs),
    ofTen(costs, '10,000 anchored expressions', OF_TEN.anchored),
    ofTen(costs, '10,000 general expressions'),
    atMost('resident memory under load', costs, 'ES256', MEMORY.base),
    more(costs, '10,000 globs', MEMORY.indexed),
    more(costs, '10,000 anchored expressions', MEMORY.indexed),
    more(costs, '10,000 general expressions', MEMORY.general),
    ...startRows(starts),
    faster(costs, 'ES256', 'tokens a second, ES256'),
    faster(costs, 'ES256 on all cores', 'the same with `workers: auto`'),
  ].filter((row) => row !== undefined)
}

function cheaper(
  costs: Costs,
  work: string,
  name: SubjectName,
  times: number,
  again = false,
): Row | undefined {
  const [ours, other] = both(costs, name, again)
  if (!ours) return undefined
  const ratio = other && other.cpu / ours.cpu
  return {
    work,
    other: other ? us(other.cpu) : '',
    ours: us(ours.cpu) + (ratio ? ` (${ratio.toFixed(1)} x better)` : ''),
    must: `${times} x better`,
    met: ratio === undefined ? undefined : ratio >= times,
  }
}

function ofTen(costs: Costs, name: SubjectName, times?: number): Row | undefined {
  const [ours, other] = both(costs, name)
  const ten = costs.of('ours', '10 rules')
  if (!ours || !ten) return undefined
  const ratio = ours.cpu / ten.cpu
  return {
    work: `acl of ${name}: CPU`,
    other: other ? us(other.cpu) : '',
    ours: `${us(ours.cpu)} (${ratio.toFixed(2)} x 10 rules)`,
    must: times === undefined ? '' : `${times} x 10 rules`,
    met: times === undefined ? undefined : ratio <= times,
  }
}

function atMost(work: string, costs: Costs, name: SubjectName, most: number): Row | undefined {
  const [ours, other] = both(costs, name)
  if (!ours) return undefined
  return {
    work,
    other: other ? mib(other.memory) : '',
    ours: mib(ours.memory),
    must: `at most ${mib(most)}`,
    met: ours.memory <= most,
  }
}

function more(costs: Costs, name: SubjectName, most: number): Row | undefined {
  const moreOf = (who: Who) => {
    const [many, ten] = [costs.of(who, name), costs.of(who, '10 rules')]
    return many && ten && many.memory - ten.memory
  }
  const [ours, other] = [moreOf('ours'), moreOf('other')]
  if (ours === undefined) return undefined
  return {
    work: `the same with ${name}`,
    other: other === undefined ? '' : `${mib(other)} more`,
    ours: `${mib(ours)} more`,
    must: `at most ${mib(most)} more`,
    met: ours <= most,
  }
}

function startRows(starts: Starts | undefined): Row[] {
  if (!starts) return []
  const { firstToken, version, bareNode } = starts
  return [
    {
      work: 'start to first token',
      other: firstToken.other === undefined ? '' : ms(firstToken.other),
      ours: ms(firstToken.ours!),
      must: `at most ${ms(START.firstToken)}`,
      met: firstToken.ours! <= START.firstToken,
    },
    {
      work: '`--version`',
      other: '',
      ours: `${ms(version)} (${(version / bareNode).toFixed(1)} x a bare Node)`,
      must: `at most ${START.version} x`,
      met: version <= START.version * bareNode,
    },
  ]
}

function faster(costs: Costs, name: SubjectName, work: string): Row | undefined {
  const [ours, other] = both(costs, name)
  if (!ours) return undefined
  const ratio = other && ours.perSecond / other.perSecond
  return {
    work,
    other: other ? other.perSecond.toFixed(0) : '',
    ours: ours.perSecond.toFixed(0) + (ratio ? ` (${ratio.toFixed(2)} x)` : ''),
    must: `${BETTER.perSecond} x`,
    met: ratio === undefined ? undefined : ratio >= BETTER.perSecond,
  }
}

function both(costs: Costs, name: SubjectName, again = false): [Cost | undefined, Cost | undefined] {
  return [costs.of('ours', name, again), costs.of('other', name, again)]
}
