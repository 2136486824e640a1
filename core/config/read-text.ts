// The text of a configuration file.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { noteFile } from '../kit/file-record.ts'
import { osReason } from '../kit/os-errors.ts'
import { decodeText, NotText } from '../kit/text.ts'
import { ConfigError } from '../yaml/problems.ts'

/** @throws ConfigError when it can't be read, or is no text */
export function readText(file: string): string {
  let bytes: Buffer | undefined
  try {
    bytes = readFileSync(file)
    return decodeText(bytes)
  } catch (error) {
    if (error instanceof NotText) {
      const { line, column, message } = error
      throw new ConfigError([{ file, line, column, path: '', message }])
    }
    const message = `cannot be read: ${osReason(error)}; name another file, or set DOCKWARDEN_CONFIG`
    throw new ConfigError([{ file, line: 1, column: 1, path: '', message }])
  } finally {
    noteFile(resolve(file), bytes)
  }
}
