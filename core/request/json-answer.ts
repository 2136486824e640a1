// JSON as the body of an answer.
import type { TokenContext } from './token-context.ts'

/**
 * Answers with a text: of any other body Koa asks whether it is a `Response`, and to know that, Node loads a second HTTP client of
 * some 10 MB.
 */
export function answerJson(context: Pick<TokenContext, 'body' | 'set'>, value: object): void {
  context.set('Content-Type', 'application/json; charset=utf-8')
  context.body = JSON.stringify(value)
}
