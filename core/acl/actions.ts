// What the action `*` means to whoever looks for another one.
import type { Expression } from '../cel/expression.ts'

/**
 * The requested actions as an expression sees them. Whoever asks for `*` asks for everything, so it asks for each action that
 * the expression names; not when the expression names `*` itself, and so knows of it.
 *
 * @example actionsSeen(['*'], when) // ['*', 'push'] for `"push" in actions`
 */
export function actionsSeen(
  actions: readonly string[],
  { texts }: Pick<Expression, 'texts'>,
): readonly string[] {
  return actions.includes('*') && !texts.has('*') ? [...actions, ...texts] : actions
}
