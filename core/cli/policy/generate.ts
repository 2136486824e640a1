// Runs `dockwarden policy generate`.
import type { Readable } from 'node:stream'
import { casesOf } from '../../policy/case-file.ts'
import { readLogs } from '../../policy/logged.ts'
import type { Output } from '../output.ts'

/**
 * Prints first cases, from what an audit log says was asked and granted.
 *
 * @returns exit status: 0, or 1 when the log holds no case
 * @throws Error when it can't be read
 */
export async function generateCases(
  { log }: { readonly log: readonly string[] },
  { input, output }: { readonly input: Readable; readonly output: Output },
): Promise<number> {
  const read = await readLogs(log, input, false)
  const { text, count } = casesOf(read)
  const { lines, skipped } = read
  const told = `${count} ${count === 1 ? 'case' : 'cases'} from ${lines} audit lines, of which ${skipped} tell too little`
  output.stderr.write(`note: ${told}\n`)
  if (count === 0) return 1
  output.stdout.write(
    `# What the rules decided so far: dockwarden policy test FILE --config CONFIGURATION\n${text}`,
  )
  return 0
}
