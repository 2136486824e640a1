// Many clients: all at once, or each again and again for a while.
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, ask, type Question } from './client.ts'
import type { Drill } from './drill.ts'
import type { Entitled } from './tokens.ts'

/** All ask at once. @param question of the client with this number */
export function together(count: number, question: (client: number) => Question): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, client) => ask(question(client))))
}

/**
 * Each asks, waits for the answer, pauses, and asks again.
 *
 * @param given.until whether they end now
 * @param given.pause milliseconds after an answer
 * @param question of this client, its nth
 */
export async function repeatedly(
  given: { clients: number; until: () => boolean; pause: number },
  question: (client: number, nth: number) => Question,
): Promise<Answer[]> {
  const answers: Answer[] = []
  const one = async (client: number) => {
    for (let nth = 0; !given.until(); nth++) {
      answers.push(await ask(question(client, nth)))
      await delay(given.pause)
    }
  }
  await Promise.all(Array.from({ length: given.clients }, (_, client) => one(client)))
  return answers
}

/** Each 200 must hold what its client may do. @param whom the client of the answer with this number */
export async function mustBeRight(
  drill: Drill,
  judge: (answer: Answer, whom: Entitled) => Promise<string | undefined>,
  answers: readonly Answer[],
  whom: (client: number) => Entitled,
): Promise<void> {
  const judged = await Promise.all(
    answers.map((answer, client) => (answer.status === 200 ? judge(answer, whom(client)) : undefined)),
  )
  const wrong = judged.filter((fault) => fault !== undefined)
  drill.must('no wrong token', wrong.length === 0, wrong[0] ?? 'each verified')
}

/** All must be answered with 200. */
export function mustAllBeServed(drill: Drill, answers: readonly Answer[]): void {
  const served = answers.filter(({ status }) => status === 200).length
  drill.must(`all ${answers.length} answered with 200`, served === answers.length, `${served}`)
}

/** True once so many seconds have gone by from now. */
export function after(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1_000
  return () => performance.now() >= end
}
