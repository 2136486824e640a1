// Secrets that stand in a configuration written out. They come from the environment or from a file instead: configurations are
// kept in repositories, shown to others and sent along with questions.
import { z } from 'zod'
import { Secret } from '../contract/secret.ts'

/** What an option takes that may be a secret: `!env` and `!file` give Secrets. */
export const textOrSecret = z.union([z.string(), z.instanceof(Secret)], { error: 'must be text' })

/** A whole value that other programs would take for the name of an environment variable. */
const VARIABLE = /^\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]*))$/

/** @example variableIn('${LDAP_PASSWORD}') // 'LDAP_PASSWORD' */
export function variableIn(text: string): string | undefined {
  const found = VARIABLE.exec(text)
  return found?.[1] ?? found?.[2]
}

/**
 * Reports a secret that is written out. In docker_auth's form, which knows nothing else, the host takes it all the same.
 *
 * @param path where it stands below the schema's own value
 */
export function reportPlainSecret(
  text: string,
  context: z.RefinementCtx,
  path: readonly (string | number)[] = [],
): void {
  const variable = variableIn(text)
  const message =
    variable === undefined
      ? 'is a secret that stands in the file; write !env NAME or !file PATH'
      : `is this text, not the value of the variable; write !env ${variable}`
  context.addIssue({ code: 'custom', path: [...path], message, params: { plainSecret: true } })
}

/** Whether an issue of a schema is about a secret that is written out. */
export function isPlainSecret(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.plainSecret === true
}

/** The last words of names that stand for secrets, by their letters alone: `X-Api-Key`, `client_secret`, `accessToken`. */
const SECRET_NAME =
  /(authorization|cookie|password|passwd|passphrase|pwd|secret|token|credentials?|(api|access|private|auth|subscription)key)$/
/** What is written out in these is a word to say that there is no token: `X-Atlassian-Token: no-check`. */
const AGAINST_FORGERY = /csrf|xsrf|^x-atlassian-token$/i
/** A whole word: others end in it, such as bypass. */
const PASS = /(?:^|[^A-Za-z])(?:pass|Pass|PASS)$|[a-z]Pass$/

/**
 * Whether a header, a field or a parameter is called like a secret.
 *
 * @example isSecretName('X-Api-Key') // true
 */
export function isSecretName(name: string): boolean {
  if (AGAINST_FORGERY.test(name)) return false
  return PASS.test(name) || SECRET_NAME.test(name.toLowerCase().replace(/[^a-z]/g, ''))
}
