// What was meant as a placeholder and is text: without its `$`, or with backslashes before it.
import { FIELDS } from './facts.ts'

const NAME = `(?:${FIELDS.join('|')})(?::\\d+)?|labels:[\\w.-]+`
/** `{labels:x}`, `$account`, `$(account)`; but not the end of `${account}`. */
const WITHOUT_FORM = new RegExp(
  `(?<![$\\\\{])\\{(${NAME})\\}|(?<!\\\\)\\$\\((${NAME})\\)|(?<!\\\\)\\$(${NAME})(?![\\w])`,
)
const ESCAPED = new RegExp(`\\\\\\$\\\\?\\{((?:${NAME}))\\\\?\\}`)

/**
 * What is doubtful about a pattern in this respect.
 *
 * @param regex whether it is a regular expression
 * @returns the message with its remedy, or undefined
 */
export function doubtOfPlaceholders(pattern: string, regex: boolean): string | undefined {
  const escaped = regex ? ESCAPED.exec(pattern) : null
  if (escaped)
    return `${escaped[0]} is just this text, because of its backslashes; write \${${escaped[1]}}, whose value is quoted by itself`
  const bare = WITHOUT_FORM.exec(pattern)
  if (!bare) return undefined
  const name = bare.slice(1).find((group) => group !== undefined)
  return `${bare[0]} is just this text; write \${${name}}`
}
