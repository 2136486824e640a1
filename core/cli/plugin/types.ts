// `dockwarden plugin types`: what an editor and a compiler need to know of what plugins import, in a folder, without an installation.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { osReason } from '../../kit/os-errors.ts'
import type { Output } from '../output.ts'
import { collectTypes, FACES, type TypeFiles } from './declarations.ts'
import { type NewFile, placeFolder } from './place-folder.ts'

/** Where the types are, below the folder of the plugins. */
export const TYPES_FOLDER = '.dockwarden'

/** Node strips types and resolves whole names, also where no package.json says what a file is. */
const COMPILER = {
  target: 'es2024',
  lib: ['es2024', 'esnext.array', 'esnext.disposable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  allowJs: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: ['node'],
  typeRoots: ['./node_modules/@types'],
}
const OURS = '// Made by `dockwarden plugin types`, which makes it anew after an update.\n'

/** The folder's files. */
export function typesFolder(types: TypeFiles): NewFile[] {
  const faces = FACES.map(([specifier, path]) => [specifier, [`./node_modules/dockwarden/${path}`]])
  const zod = JSON.parse(types.get('zod/package.json')!)
  const paths = Object.fromEntries([
    ...faces,
    ['zod', [`./node_modules/zod/${zod.types.replace(/^\.\//, '')}`]],
  ])
  const settings = { compilerOptions: { ...COMPILER, paths } }
  return [
    { path: 'tsconfig.json', text: `${OURS}${JSON.stringify(settings, null, 2)}\n` },
    // It is made anew on each machine.
    { path: '.gitignore', text: '*\n' },
    ...[...types].map(([path, text]) => ({ path: `node_modules/${path}`, text })),
  ]
}

const EXTENDS = `"extends": "./${TYPES_FOLDER}/tsconfig.json"`

/** The settings of the plugins' own folder. They are its author's. */
export const OWN_SETTINGS = `{\n  ${EXTENDS},\n  "include": ["**/*"]\n}\n`

/**
 * Writes the types into a folder, and settings for editor and compiler where it has none.
 *
 * @param folder where the plugins are, or above them
 * @returns exit status 0
 * @throws Error with the remedy
 */
export async function writeTypes(
  folder: string,
  { json }: { readonly json?: true },
  output: Output,
  collect: () => Promise<TypeFiles> = collectTypes,
): Promise<number> {
  const base = resolve(folder)
  if (!existsSync(base))
    throw new Error(`there is no folder ${folder}; make it, or name the folder of your plugins`)
  if (!statSync(base).isDirectory()) throw new Error(`${folder} is a file; name the folder that it is in`)
  const target = join(base, TYPES_FOLDER)
  if (existsSync(target) && !isOurs(target))
    throw new Error(`${target} is there, and was not made by this command; move it away`)
  placeFolder(target, typesFolder(await collect()))
  const settings = join(base, 'tsconfig.json')
  const found = settingsOf(settings)
  if (found === 'none') write(settings, OWN_SETTINGS)
  if (json)
    output.stdout.write(
      `${JSON.stringify({ folder: target, settings, made: found === 'none', extends: found !== 'other' })}\n`,
    )
  else
    output.stdout.write(
      `${target}: the types of dockwarden/plugin, zod and Node\n${found === 'none' ? `${settings}: made\n` : ''}`,
    )
  if (found === 'other')
    output.stderr.write(`note: ${settings} is yours and stays as it is; add to it: ${EXTENDS}\n`)
  return 0
}

function isOurs(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'tsconfig.json'), 'utf8').startsWith(OURS)
  } catch {
    return false
  }
}

function settingsOf(file: string): 'none' | 'ours' | 'other' {
  if (!existsSync(file)) return 'none'
  return readFileSync(file, 'utf8').includes(`${TYPES_FOLDER}/tsconfig.json`) ? 'ours' : 'other'
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' })
  } catch (error) {
    throw new Error(`cannot write ${file}: ${osReason(error)}`)
  }
}
