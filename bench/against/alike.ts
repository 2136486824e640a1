// Refuses to time what is not the same work.
import { writeDockerAuth } from '../files.ts'
import { stop } from '../servers.ts'
import { type Manner, startOn, type Who } from '../table/measure.ts'
import { differences } from './compare.ts'
import { questions, RULES_ASKED, usersAsked } from './questions.ts'

const FIRST = '/auth?service=bench&account=bench&scope=repository:bench/shared:pull'

/** @throws Error that shows each request which the two servers answer in different ways */
export async function assertAlike(manner: Manner): Promise<void> {
  const asked = questions()
  manner.say(`asks both servers the same ${asked.length} requests`)
  const users = await usersAsked()
  const start = (who: Who) =>
    startOn(
      who,
      manner,
      (address) =>
        writeDockerAuth({ folder: manner.folder, name: `${who}-alike`, address }, 'ec', RULES_ASKED, {
          users,
        }),
      FIRST,
    )
  const ours = await start('ours')
  try {
    const other = await start('other')
    try {
      const found = await differences([ours.url, other.url], asked)
      if (found.length > 0) throw new Error(told(found, asked.length))
    } finally {
      await stop(other)
    }
  } finally {
    await stop(ours)
  }
}

function told(found: Awaited<ReturnType<typeof differences>>, all: number): string {
  const lines = found.map(
    ({ question, answers: [ours, other] }) => `${question}\n  ours:  ${ours}\n  other: ${other}`,
  )
  return `${found.length} of ${all} requests are answered in another way, so nothing is timed:\n${lines.join('\n')}`
}
