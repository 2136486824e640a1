// `!env NAME` and `!file PATH`: secrets that do not stand in the configuration.
import { resolve } from 'node:path'
import { variableIn } from '../kit/plain-secrets.ts'
import { readText } from '../kit/text-files.ts'
import { Secret } from '../plugin.ts'

/** @param text what stands behind the tag */
type SecretReader = (text: string, base: string) => Secret

/** How each tag is read. @throws Error in words, without the secret */
export const SECRET_TAGS: ReadonlyMap<string, SecretReader> = new Map([
  ['!env', fromEnvironment],
  ['!file', fromFile],
])

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
