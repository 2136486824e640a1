// The package as others install it: built, packed, and unpacked into a node_modules folder.
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** What is packed, or needed to build it. */
const SOURCES = [
  'config',
  'core',
  'plugins',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'CHANGELOG.md',
  'README.md',
  'SECURITY.md',
  'UPGRADE.md',
  'LICENSE',
]

/**
 * Packs this checkout and unpacks it into `folder/node_modules`, beside what it depends on; optional packages are left out.
 *
 * @returns the folder of the package
 */
export async function packInto(folder: string): Promise<string> {
  const source = join(folder, 'source')
  mkdirSync(source)
  // A copy: whoever runs these tests may be running the built server.
  for (const name of SOURCES) await run('cp', ['-r', join(ROOT, name), source])
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'))
  await run('npm', ['pack', '--pack-destination', folder], { cwd: source })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  mkdirSync(join(folder, 'node_modules'))
  await run('tar', ['-xzf', tarball, '-C', 'node_modules'], { cwd: folder })
  const packed = join(folder, 'node_modules/dockwarden')
  await run('mv', [join(folder, 'node_modules/package'), packed])
  const { dependencies } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), 'undici-types']) linkPackage(name, folder)
  return packed
}

/** Puts a package of this checkout into `folder/node_modules`, as an installation would. */
export function linkPackage(name: string, folder: string): void {
  mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
}
