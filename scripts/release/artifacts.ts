// What a release hands out, in a folder of its own: the package, what is in it (SBOM), what is new, and a checksum of each.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs a program in the repository. @returns what it has written to standard output */
export type Run = (program: string, ...args: string[]) => string

/** The commands, also for whoever only looks at them. @param folder relative to the repository */
export const PACK = (folder: string) => ['npm', 'pack', '--silent', '--pack-destination', folder] as const
export const SBOM = [
  'npm',
  'sbom',
  '--package-lock-only',
  '--sbom-format=cyclonedx',
  '--sbom-type=application',
] as const

/** What stands before a package's name in the lock file. */
const FOLDER = 'node_modules/'

/** Makes the folder anew. @param notes what is new, as Markdown @returns the names of its files */
export function makeArtifacts(
  root: string,
  folder: string,
  version: string,
  notes: string,
  run: Run,
): string[] {
  const at = (name: string) => join(root, folder, name)
  rmSync(join(root, folder), { recursive: true, force: true })
  mkdirSync(join(root, folder), { recursive: true })
  run(...PACK(folder))
  writeFileSync(
    at(`dockwarden-${version}.cdx.json`),
    shipped(run(...SBOM), JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))),
  )
  writeFileSync(at('notes.md'), `${notes}\n`)
  const names = readdirSync(join(root, folder)).sort()
  const sums = names.map((name) => `${digest(readFileSync(at(name)))}  ${name}\n`)
  writeFileSync(at('SHA256SUMS'), sums.join(''))
  return [...names, 'SHA256SUMS']
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>
}

/** What of npm's list goes to those who install the package: `npm sbom --omit=dev` leaves out what developers need, too. */
function shipped(sbom: string, { packages }: Lock): string {
  const refs = new Set(
    Object.entries(packages)
      .filter(([, { dev }]) => dev !== true)
      .map(([path, { version }]) => `${path.slice(path.lastIndexOf(FOLDER) + FOLDER.length)}@${version}`),
  )
  const bom = JSON.parse(sbom)
  // npm calls it what the folder of the checkout is called.
  bom.metadata.component.name = 'dockwarden'
  refs.add(bom.metadata.component['bom-ref'])
  bom.components = bom.components.filter((component: { 'bom-ref': string }) => refs.has(component['bom-ref']))
  bom.dependencies = bom.dependencies
    .filter(({ ref }: { ref: string }) => refs.has(ref))
    .map(({ ref, dependsOn }: { ref: string; dependsOn: string[] }) => ({
      ref,
      dependsOn: dependsOn.filter((other) => refs.has(other)),
    }))
  return `${JSON.stringify(bom, undefined, 2)}\n`
}

const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex')
