// The thread of watch.ts: sends each probe on time and keeps the answers until they are taken.
import { parentPort, workerData } from 'node:worker_threads'
import { type Answer, ask } from './client.ts'
import type { Probe } from './watch.ts'

/** A server that hangs is asked no more than this. */
const MOST_WAITING = 100

const probes = workerData as readonly Probe[]
let seen = new Map<string, Answer[]>()
const waiting = new Set<Promise<void>>()

const timers = probes.map(({ name, questions, every }) => {
  let own = 0
  let nth = 0
  return setInterval(() => {
    if (own >= MOST_WAITING) return
    own++
    const asked = ask(questions[nth++ % questions.length]!).then((answer) => {
      own--
      const answers = seen.get(name)
      if (answers) answers.push(answer)
      else seen.set(name, [answer])
      waiting.delete(asked)
    })
    waiting.add(asked)
  }, every)
})

parentPort!.on('message', async (message: 'take' | 'stop') => {
  if (message === 'stop') {
    for (const timer of timers) clearInterval(timer)
    await Promise.all(waiting)
  }
  parentPort!.postMessage(seen)
  seen = new Map()
})
