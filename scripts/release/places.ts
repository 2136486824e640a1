// Where the version stands in the repository, and what becomes of these files with a new one.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { release } from './changelog.ts'

/** A file that a release changes. */
export interface Edit {
  /** Relative to the repository. */
  readonly path: string
  readonly after: string
  /** How many lines are different, for whoever looks at a trial. */
  readonly lines: number
}

/** A text in which VERSION stands for the version as it is now. */
interface Place {
  readonly files: string
  readonly pattern: string
}

const PLACES: readonly Place[] = [
  { files: 'package.json', pattern: '(?<=^ {2}"version": ")VERSION(?=",$)' },
  { files: 'package-lock.json', pattern: '(?<="name": "dockwarden",\\s+"version": ")VERSION(?=",$)' },
  { files: 'examples/kubernetes/chart/Chart.yaml', pattern: '(?<=^(version|appVersion): )VERSION$' },
  {
    files: 'examples/kubernetes/manifests/*.yml',
    pattern: '(?<=app\\.kubernetes\\.io/version: "|image: "dockwarden:)VERSION(?="$)',
  },
  { files: 'examples/kubernetes/README.md', pattern: '(?<=/dockwarden:)VERSION(?= )' },
]

/**
 * What a release changes, without changing it.
 *
 * @param date YYYY-MM-DD
 * @throws Error when a file does not have the former version where it should: then the table above is not true any more
 */
export function editsFor(root: string, from: string, to: string, date: string): Edit[] {
  const inPlaces = PLACES.flatMap(({ files, pattern }) => {
    const now = new RegExp(pattern.replace('VERSION', from.replaceAll('.', '\\.')), 'gm')
    const paths = globSync(files, { cwd: root }).sort()
    if (paths.length === 0) throw new Error(`${files}: no such file; see scripts/release/places.ts`)
    return paths.map((path) => edit(root, path, (text) => text.replaceAll(now, to)))
  })
  const unchanged = inPlaces.find(({ lines }) => lines === 0)
  if (unchanged) throw new Error(`${unchanged.path} does not name ${from}; see scripts/release/places.ts`)
  const changelog = edit(root, 'CHANGELOG.md', (text) => release(text, to, date))
  const upgrade = edit(root, 'UPGRADE.md', (text) =>
    text.replace(`## After ${from}\n`, `## From ${from} to ${to}\n`),
  )
  return [changelog, ...(upgrade.lines > 0 ? [upgrade] : []), ...inPlaces]
}

function edit(root: string, path: string, change: (text: string) => string): Edit {
  const before = readFileSync(join(root, path), 'utf8')
  const after = change(before)
  const known = new Set(before.split('\n'))
  return { path, after, lines: after.split('\n').filter((line) => !known.has(line)).length }
}
