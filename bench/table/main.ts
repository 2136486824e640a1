// The table: all rows, of our server and, where a command is given, of another one.
import { assertAlike } from '../against/alike.ts'
import { temporaryFolder } from '../folder.ts'
import type { BenchOptions } from '../options.ts'
import { noise, OthersWatch, shareOfOthers } from '../quiet.ts'
import { limitRows } from './limits.ts'
import { Costs, type Manner, measureGroup } from './measure.ts'
import { ourRows } from './ours.ts'
import { printed } from './print.ts'
import { rowsOf } from './rows.ts'
import { measureStarts } from './starts.ts'
import { GROUPS } from './subjects.ts'

const LOOK = 2_000

/** @throws Error when the other server answers in another way */
export async function benchTable(options: BenchOptions): Promise<void> {
  const { against, rounds, seconds, short, markdown } = options
  const folder = temporaryFolder()
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  const manner: Manner = { against, rounds, seconds, folder, say }
  if (against !== undefined) await assertAlike(manner)
  const before = await shareOfOthers(LOOK)
  const watch = new OthersWatch()
  const costs = new Costs()
  for (const group of GROUPS) {
    const subjects = group.filter(({ long }) => !(short && long))
    await measureGroup(subjects, manner, costs)
  }
  const starts = await measureStarts(manner, short ? 1 : rounds)
  const rows = rowsOf(costs, starts)
  if (!short && against === undefined)
    rows.push(...(await limitRows(costs, manner)), ...(await ourRows(manner)))
  const loud = noise(before, watch.share())
  if (loud !== undefined) say(`\n${loud.toUpperCase()}\n`)
  console.log(printed(rows, { rounds, seconds, now: new Date(), noise: loud }, markdown))
}
