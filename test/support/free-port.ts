// Ports for servers that can't choose one themselves, or that must come back at the same one.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems choose themselves for `:0` and for connections: a port that is free just now stays free. */
const LOWEST = 10_000
const HIGHEST = 32_000

/** Whoever got one of the last ones may not listen there yet. */
const REMEMBERED = 2_000
const TRIES = 1_000

const given: number[] = []

/** A port of 127.0.0.1 that nobody listens on, and that nobody gets who does not ask for this very number. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (given.includes(port) || !(await isFree(port))) continue
    given.push(port)
    if (given.length > REMEMBERED) given.shift()
    return port
  }
  throw new Error(`none of ${TRIES} ports from ${LOWEST} to ${HIGHEST} is free`)
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
