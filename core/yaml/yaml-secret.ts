// `!env NAME` and `!file PATH`: secrets that do not stand in the configuration.
import { resolve } from 'node:path'
import { variableIn } from '../kit/plain-secrets.ts'
import { readText } from '../kit/text-files.ts'
import { Secret } from '../plugin.ts'

/**
 * Reads the secret that `!env NAME` or `!file PATH` names.
 *
 * @param tag `!env` or `!file`
 * @param text what stands behind the tag
 * @param base the folder that relative paths start from
 * @throws Error in words, without the secret
 */
export type SecretSource = (tag: string, text: string, base: string) => Secret

/** How each tag is read. */
export const SECRET_TAGS: ReadonlyMap<string, (text: string, base: string) => Secret> = new Map([
  ['!env', fromEnvironment],
  ['!file', fromFile],
])

/** The environment, and the files. */
export const readSecret: SecretSource = (tag, text, base) => SECRET_TAGS.get(tag)!(text, base)

function fromEnvironment(name: string): Secret {
  const text = process.env[name]
  // Node puts U+FFFD where a byte is not UTF-8: another secret, and the same one for many.
  if (text !== undefined && !text.includes('\uFFFD')) return new Secret(text)
  const meant = variableIn(name)
  if (meant !== undefined) throw new Error(`a variable is written without $; write !env ${meant}`)
  const why = text === undefined ? 'is not set; set it' : 'is not UTF-8; set it anew'
  throw new Error(`the environment variable ${name} ${why}, or use !file PATH`)
}

/** Without one newline at the end, which editors add. */
function fromFile(path: string, base: string): Secret {
  return new Secret(readText(resolve(base, path)).replace(/\r?\n$/, ''))
}
