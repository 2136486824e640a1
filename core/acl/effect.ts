// What a rule does once it matches: it grants some of the actions that were asked for, or takes some of them away.

/** The effect of one rule. */
export type CompiledEffect =
  | {
      readonly kind: 'grant'
      /** The granted actions of those asked for, in the order asked. */
      grant(asked: readonly string[]): readonly string[]
    }
  | {
      readonly kind: 'deny'
      /** Which actions; undefined = all. */
      readonly denied: ReadonlySet<string> | undefined
      /** The actions that are left of those asked for, in the order asked. */
      rest(asked: readonly string[]): readonly string[]
      /** Whether it takes any of them away. To deny all concerns also who asks for nothing. */
      concerns(asked: readonly string[]): boolean
    }

/**
 * Compiles the effect of a rule.
 *
 * @param invalid reports what is wrong with the actions
 */
export function compileEffect(
  { effect, actions }: { readonly effect?: 'grant' | 'deny'; readonly actions: readonly string[] },
  invalid: (message: string) => void,
): CompiledEffect {
  // `*` alone stands for whatever was asked.
  const all = actions.length === 1 && actions[0] === '*'
  const named = new Set(actions)
  if (effect !== 'deny') {
    return {
      kind: 'grant',
      grant: all ? (asked) => asked : (asked) => asked.filter((action) => named.has(action)),
    }
  }
  if (all) return { kind: 'deny', denied: undefined, rest: () => [], concerns: () => true }
  if (actions.length === 0) invalid('denies nothing; write ["*"] to deny whatever is asked')
  if (named.has('*')) invalid('denies everything with "*"; write ["*"] alone')
  // Who is granted "*" may do anything, also what is denied here.
  const taken = (action: string) => named.has(action) || action === '*'
  return {
    kind: 'deny',
    denied: named,
    rest: (asked) => asked.filter((action) => !taken(action)),
    concerns: (asked) => asked.some(taken),
  }
}
