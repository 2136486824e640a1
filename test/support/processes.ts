// What tests ask about processes that a program started, and do to them.
import { readdirSync, readFileSync } from 'node:fs'

/** Whether a process runs. A killed one stays a zombie until somebody reaps it; it runs no more. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Stops a process where it is, until it gets SIGCONT. When this is done, none of its threads answers any more. */
export async function suspend(pid: number): Promise<void> {
  const threads = `/proc/${pid}/task`
  const stands = (thread: string) => /^State:\s+T/m.test(readFileSync(`${threads}/${thread}/status`, 'utf8'))
  await until(() => {
    try {
      process.kill(pid, 'SIGSTOP')
      return readdirSync(threads).every(stands)
    } catch {
      // It, or a thread of it, has just ended.
      return !isRunning(pid)
    }
  })
}

/** Waits until the condition holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
