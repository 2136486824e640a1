// Which Dockwarden this is.
import { readFileSync } from 'node:fs'

/** The version in package.json. */
export function packageVersion(): string {
  // One level deeper in dist/.
  const depth = import.meta.url.endsWith('.ts') ? '../../' : '../../../'
  return JSON.parse(readFileSync(new URL(`${depth}package.json`, import.meta.url), 'utf8')).version
}
