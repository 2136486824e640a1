// The text of a configuration file.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { givenContent, noteFile } from '../kit/file-record.ts'
import { osReason } from '../kit/os-errors.ts'
import { decodeText, NotText } from '../kit/text.ts'
import { ConfigError } from '../yaml/problems.ts'

/**
 * @param remedy what to do about one that can't be read, as the message's end
 * @throws ConfigError when it can't be read, or is no text
 */
export function readText(file: string, remedy = '; name another file, or set DOCKWARDEN_CONFIG'): string {
  let bytes: Buffer | undefined
  try {
    bytes = givenContent(resolve(file)) ?? readFileSync(file)
    return decodeText(bytes)
  } catch (error) {
    if (error instanceof NotText) {
      const { line, column, message } = error
      throw new ConfigError([{ file, line, column, path: '', message }])
    }
    const message = `cannot be read: ${osReason(error)}${remedy}`
    throw new ConfigError([{ file, line: 1, column: 1, path: '', message }])
  } finally {
    noteFile(resolve(file), bytes)
  }
}
