// Finds the program that a configured command names, by the rules of Go's exec.LookPath, which docker_auth used.
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { osReason } from '../kit/os-errors.ts'

/**
 * The absolute path of a command. A name with a slash is a path, relative to the working directory; any other name
 * is looked up in PATH, whose relative entries are skipped (they would run whatever stands in the working directory).
 *
 * @throws Error naming the command, what was tried and the remedy
 * @example findExecutable('sh') // '/usr/bin/sh'
 */
export function findExecutable(command: string): string {
  const called = `command ${JSON.stringify(command)}`
  if (command.includes('/')) {
    const path = resolve(command)
    const problem = executableProblem(path)
    if (problem) throw new Error(`${called}: ${path}: ${problem}${argumentsIn(command)}`)
    return path
  }
  const folders = (process.env.PATH ?? '').split(':').filter(isAbsolute)
  const unusable: string[] = []
  for (const folder of folders) {
    const path = join(folder, command)
    const problem = executableProblem(path)
    if (!problem) return path
    if (problem !== MISSING) unusable.push(`${path}: ${problem}`)
  }
  if (unusable.length > 0) throw new Error(`${called}: ${unusable.join('; ')}`)
  const tried = folders.length > 0 ? `not found in PATH (${folders.join(', ')})` : 'not found, PATH is empty'
  const remedy =
    argumentsIn(command) || '; install it, or write its path with a slash (/usr/local/bin/my_auth)'
  throw new Error(`${called}: ${tried}${remedy}`)
}

/** Of a whole command line, which no shell takes apart. */
function argumentsIn(command: string): string {
  const [program, ...args] = command.split(/\s+/)
  return args.length > 0
    ? `; write arguments as args: command: ${program}, args: ${JSON.stringify(args)}`
    : ''
}

const MISSING = 'there is no such file'

/** Why the path can't be run, or undefined when it can. */
function executableProblem(path: string): string | undefined {
  try {
    const found = statSync(path)
    if (found.isDirectory()) return 'it is a folder; name the program in it'
    if (!found.isFile()) return 'it is not a regular file'
    if ((found.mode & 0o111) === 0) return 'it is not executable; run chmod +x on it'
  } catch (error) {
    return osReason(error)
  }
  try {
    accessSync(path, constants.X_OK)
    return undefined
  } catch {
    return 'the user that runs Dockwarden may not execute it; check its owner and mode, and that its file system is not mounted noexec'
  }
}
