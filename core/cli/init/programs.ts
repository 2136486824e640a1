// Programs that are on this machine.
import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** The path of a program in PATH; undefined when it is not there. */
export function programPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(resolve(folder), name))
    .find(isExecutable)
}

/** How this program is called again, as words. */
export function ownCommand(): readonly string[] {
  return programPath('dockwarden') !== undefined ? ['dockwarden'] : ownPaths()
}

/** The same for whoever has no PATH. */
export function ownPaths(): readonly string[] {
  const installed = programPath('dockwarden')
  return installed !== undefined ? [installed] : [process.execPath, resolve(process.argv[1] ?? 'dockwarden')]
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
