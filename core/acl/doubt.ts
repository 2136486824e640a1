// What a doubt about a rule is.

/** A doubt, and where in the rule. */
export interface Doubt {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Whether a rule without a type, or with this one, is about repositories. */
export function isOfRepositories(type: string | undefined): boolean {
  return type === undefined || type === 'repository'
}
