// A folder for what a run needs: it goes with the process, however that ends.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes one. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
