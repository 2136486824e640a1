// What `dockwarden check` finds in a text, as lines of a file named `f`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { examine } from '../../core/cli/check.ts'
import { formatProblem } from '../../core/yaml/problems.ts'

/**
 * Checks a configuration in a folder of its own.
 *
 * @param files further files there, by name; in messages the folder is `/d`
 */
export async function examineText(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ problems: string[]; warnings: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    const file = join(folder, 'config.yml')
    writeFileSync(file, text)
    const found = await examine(file)
    const shown = (list: typeof found.problems) =>
      list.map((one) => formatProblem({ ...one, file: 'f' }).replaceAll(folder, '/d'))
    return { problems: shown(found.problems), warnings: shown(found.warnings) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
