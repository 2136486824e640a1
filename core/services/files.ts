// Files that the configuration names, resolved against one base folder.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { decodeText, NotText } from '../kit/text.ts'
import type { Files } from '../plugin.ts'
import { watchFiles } from './file-watch.ts'

/** How often the files that plugins watch are looked at, in milliseconds: whoever changes them waits for it. */
const WATCH_INTERVAL = 2_000

/**
 * @param base the folder that relative paths start from: the config file's, or the working directory for docker_auth's form
 * @param watchInterval milliseconds
 */
export function createFiles(base: string, watchInterval = WATCH_INTERVAL): Files {
  return {
    resolve: (path) => resolve(base, path),
    read: (path, comments) =>
      read(resolve(base, path), comments === undefined ? decodeText : decodeBesideComments),
    load: (path, comments) =>
      load(resolve(base, path), comments === undefined ? decodeText : decodeBesideComments),
    readPem: (path) => read(resolve(base, path), decodePem),
    watch: (watched, log) => watchFiles([watched], log, watchInterval),
  }
}

/**
 * Reads a text file as a whole.
 *
 * @param path absolute
 * @throws Error that names the file, and the place of what is not UTF-8
 */
export function readText(path: string): string {
  return read(path, decodeText)
}

function read(path: string, decode: (bytes: Buffer) => string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw unreadable(path, error)
  }
  return decoded(path, bytes, decode)
}

async function load(path: string, decode: (bytes: Buffer) => string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  return decoded(path, bytes, decode)
}

function unreadable(path: string, error: unknown): Error {
  return new Error(`cannot read ${path}: ${whyNot(error)}`)
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
function decodeBesideComments(bytes: Buffer): string {
  const blanked = bytes.toString('latin1').replace(/^[ \t]*#.*$/gm, (comment) => '#'.repeat(comment.length))
  return decodeText(Buffer.from(blanked, 'latin1'))
}

/** PEM is ASCII, and what stands around its blocks, such as names of authorities, is a comment. */
function decodePem(bytes: Buffer): string {
  try {
    return decodeText(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied for the user that runs Dockwarden'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
])

/** An operating system error in words. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS.get(code ?? '') ?? message
}
