// Reading a text file as a whole: what it must be, and what is said when it is something else.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { givenContent, noteFile } from './file-record.ts'
import { osReason } from './os-errors.ts'
import { decodeText, NotText } from './text.ts'

/**
 * Reads a text file as a whole.
 *
 * @param path absolute
 * @throws Error that names the file, and the place of what is not UTF-8
 */
export function readText(path: string): string {
  return readDecoded(path, decodeText)
}

export function readDecoded(path: string, decode: (bytes: Buffer) => string): string {
  let bytes: Buffer
  try {
    bytes = givenContent(path) ?? readFileSync(path)
  } catch (error) {
    throw unreadable(path, error)
  }
  noteFile(path, bytes)
  return decoded(path, bytes, decode)
}

export async function loadDecoded(path: string, decode: (bytes: Buffer) => string): Promise<string> {
  const bytes =
    givenContent(path) ??
    (await readFile(path).catch((error: unknown) => {
      throw unreadable(path, error)
    }))
  noteFile(path, bytes)
  return decoded(path, bytes, decode)
}

function unreadable(path: string, error: unknown): Error {
  noteFile(path, undefined)
  return new Error(`cannot read ${path}: ${osReason(error)}`)
}

function decoded(path: string, bytes: Buffer, decode: (bytes: Buffer) => string): string {
  try {
    return decode(bytes)
  } catch (error) {
    if (!(error instanceof NotText)) throw error
    throw new Error(`${path}:${error.line}:${error.column}: ${error.message}`)
  }
}

/** Nobody reads what stands in lines that begin with `#`. */
export function decodeBesideComments(bytes: Buffer): string {
  const blanked = bytes.toString('latin1').replace(/^[ \t]*#.*$/gm, (comment) => '#'.repeat(comment.length))
  return decodeText(Buffer.from(blanked, 'latin1'))
}

/** PEM is ASCII, and what stands around its blocks, such as names of authorities, is a comment. */
export function decodePem(bytes: Buffer): string {
  try {
    return decodeText(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
