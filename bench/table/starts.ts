// How long a start takes, and the command that only says its version.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { writeDockerAuth } from '../files.ts'
import { median } from '../median.ts'
import { typicalRules } from '../rule-lists.ts'
import { ownCommand, stop } from '../servers.ts'
import { type Manner, startOn, type Who, whoIn } from './measure.ts'
import { SAME } from './subjects.ts'

const run = promisify(execFile)
const VERSION_ROUNDS = 9

/** Milliseconds. */
export interface Starts {
  /** From the start of the process to its first token. */
  readonly firstToken: Readonly<Partial<Record<Who, number>>>
  readonly version: number
  /** Node that runs nothing. */
  readonly bareNode: number
}

/** Measures starts in turn. */
export async function measureStarts(manner: Manner, rounds: number): Promise<Starts> {
  manner.say('starts')
  const taken: Record<Who, number[]> = { ours: [], other: [] }
  for (let round = 0; round < rounds; round++) {
    for (const who of whoIn(manner)) {
      const write = (address: string) =>
        writeDockerAuth({ folder: manner.folder, name: `${who}-start`, address }, 'ec', typicalRules())
      const server = await startOn(who, manner, write, SAME.path)
      taken[who].push(server.firstToken)
      await stop(server)
    }
  }
  const [version, bareNode]: number[][] = [[], []]
  for (let round = 0; round < VERSION_ROUNDS; round++) {
    const [program, ...args] = ownCommand('--version')
    version!.push(await timeOf(program, args))
    bareNode!.push(await timeOf(process.execPath, ['-e', '0']))
  }
  return {
    firstToken: {
      ours: median(taken.ours),
      ...(taken.other.length > 0 && { other: median(taken.other) }),
    },
    version: median(version!),
    bareNode: median(bareNode!),
  }
}

async function timeOf(program: string, args: readonly string[]): Promise<number> {
  const began = performance.now()
  await run(program, args)
  return performance.now() - began
}
