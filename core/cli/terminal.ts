// Asking for what a terminal must not show.
import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'

/**
 * Asks one question after the other; what is typed is not shown.
 *
 * @returns an answer each; shorter when it was given up (Ctrl-C, Ctrl-D)
 */
export async function askHidden(
  questions: readonly string[],
  input: Readable,
  shown: { write(text: string): unknown },
): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // One for all: in between, the terminal would show what is typed ahead.
  const reader = createInterface({ input, output: nowhere, terminal: true, historySize: 0 })
  reader.once('SIGINT', () => reader.close())
  const lines = reader[Symbol.asyncIterator]()
  const answers: string[] = []
  try {
    for (const question of questions) {
      shown.write(question)
      const { value, done } = await lines.next()
      shown.write('\n')
      if (done) break
      answers.push(value)
    }
    return answers
  } finally {
    reader.close()
  }
}
