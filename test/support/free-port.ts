// Ports for servers that can't choose one themselves, or that must come back at the same one.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems choose themselves for `:0` and for connections: a port that is free just now stays free. */
const LOWEST = 10_000
const HIGHEST = 32_000

const given = new Set<number>()

/** A port of 127.0.0.1 that nobody listens on, and that nobody gets who does not ask for this very number. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    await once(probe.listen(port, '127.0.0.1'), 'listening')
  } catch {
    return false
  }
  await once(probe.close(), 'close')
  return true
}
