// A process that runs the command lines that it is sent, one after the other, and sends back how each ended. A server that starts is stopped.
import { runCommandLine } from '../../core/cli/command-line.ts'

/** How a command ended. */
export interface Ran {
  readonly args: readonly string[]
  readonly status: number
  /** Standard output and standard error together. */
  readonly said: string
}

async function run(args: readonly string[]): Promise<Ran> {
  let said = ''
  const write = (text: string) => {
    said += text
    if (said.includes('Dockwarden listens')) process.kill(process.pid, 'SIGTERM')
  }
  const status = await runCommandLine(args, { stdout: { write }, stderr: { write } })
  return { args, status, said }
}

process.once('message', async (commands: (readonly string[])[]) => {
  const ran: Ran[] = []
  for (const args of commands) ran.push(await run(args))
  process.send!(ran, () => process.exit())
})
