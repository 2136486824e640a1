// What the scripted plugins have in common: a plugin that does what its options say, and logs that it was asked.
import { type RequestScope, z } from 'dockwarden/plugin'

export const scriptOptions = z.strictObject({
  does: z.enum(['answer', 'throw', 'throw before a promise', 'hang']).default('answer'),
  answer: z.unknown().optional(),
  holds: z.number().optional().describe('Milliseconds for which it holds the event loop, before it answers.'),
  after: z.number().optional().describe('Milliseconds before it answers or throws; it logs `late` then.'),
})

export type Script = z.output<typeof scriptOptions>

/** Does what the script says. Each call logs `asked`; a hanging one logs `aborted` when its time is over. */
export function perform(script: Script, request: RequestScope, facts: object = {}): Promise<never> {
  request.log.info({ ...facts, labels: request.labels }, 'asked')
  if (script.does === 'throw before a promise') throw new Error('scripted fault')
  return follow(script, request)
}

async function follow({ does, answer, after, holds }: Script, { signal, log }: RequestScope): Promise<never> {
  if (holds !== undefined) {
    await null
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holds)
  }
  if (does === 'hang') {
    await new Promise<never>(() => signal.addEventListener('abort', () => log.info({}, 'aborted')))
  }
  if (after !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, after))
    log.info({}, 'late')
  }
  if (does === 'throw') throw new Error('scripted fault')
  return answer as never
}
