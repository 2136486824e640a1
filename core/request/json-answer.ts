// JSON as the body of an answer.
import type { TokenContext } from './token-context.ts'

type Answered = Pick<TokenContext, 'body' | 'set'>

/**
 * Answers with a text: of any other body Koa asks whether it is a `Response`, and to know that, Node loads a second HTTP client of
 * some 10 MB.
 */
export function answerJson(context: Answered, value: object): void {
  answerText(context, JSON.stringify(value))
}

/** The same with JSON that is a text already. */
export function answerText(context: Answered, json: string): void {
  context.set('Content-Type', 'application/json; charset=utf-8')
  context.body = json
}
