// The types of what plugins import, as files: of an installed package those beside its modules, of a checkout those that its compiler
// makes of the sources. With them the packages that they name in turn, so that nothing has to be installed.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** Texts by their paths below a `node_modules` folder. */
export type TypeFiles = ReadonlyMap<string, string>

/** The modules that plugins and their tests import, as paths below the package. */
export const FACES: readonly (readonly [specifier: string, path: string])[] = [
  ['dockwarden/plugin', 'core/face/plugin.d.ts'],
  ['dockwarden/plugin/acl', 'core/face/acl.d.ts'],
  ['dockwarden/plugin/cel', 'core/face/cel.d.ts'],
  ['dockwarden/plugin/http', 'core/face/http.d.ts'],
  ['dockwarden/plugin/sign-in', 'core/face/sign-in.d.ts'],
  ['dockwarden/testing', 'core/testing/index.d.ts'],
]

/** Of `node:` modules and of what is global in Node: no declaration imports it by name. */
const NODE_TYPES = '@types/node'
const OWN = import.meta.url

/**
 * Collects the types.
 *
 * @returns the package `dockwarden`, as far as its faces need it, and the packages that those name
 * @throws Error with the remedy, when a checkout has no compiler, or a package is missing
 */
export async function collectTypes(): Promise<TypeFiles> {
  // core/cli/plugin: three folders below the checkout, or below dist.
  const root = fileURLToPath(new URL('../../..', OWN))
  if (!OWN.endsWith('.ts')) return closure(root)
  const made = mkdtempSync(join(tmpdir(), 'dockwarden-types-'))
  try {
    await compile(root, made)
    return closure(made)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

async function compile(checkout: string, outDir: string): Promise<void> {
  const compiler = join(checkout, 'node_modules/typescript/bin/tsc')
  if (!existsSync(compiler))
    throw new Error(
      `the types are made by the compiler of the checkout, which is not there; run npm ci in ${checkout}`,
    )
  const args = [
    compiler,
    '-p',
    join(checkout, 'tsconfig.build.json'),
    '--emitDeclarationOnly',
    '--outDir',
    outDir,
  ]
  await promisify(execFile)(process.execPath, args).catch(({ stdout, message }) => {
    throw new Error(`the types could not be made in ${checkout}: ${stdout || message}`)
  })
}

/** What the faces import, and what that imports. */
function closure(root: string): TypeFiles {
  const files = new Map<string, string>()
  const packages = new Set([NODE_TYPES])
  const add = (file: string) => {
    const path = `dockwarden/${relative(root, file)}`
    if (files.has(path)) return
    const text = readFileSync(file, 'utf8')
    files.set(path, text)
    for (const name of imported(text)) {
      if (name.startsWith('.')) add(resolve(dirname(file), name.replace(/\.[jt]s$/, '.d.ts')))
      else if (!name.startsWith('node:')) packages.add(name)
    }
  }
  for (const [, path] of FACES) add(join(root, path))
  files.set('dockwarden/package.json', '{ "name": "dockwarden", "type": "module" }\n')
  for (const name of packages) addPackage(name, OWN, files)
  return files
}

function imported(declaration: string): string[] {
  const code = declaration.replace(/\/\*[\s\S]*?\*\//g, '')
  return [...code.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => name!)
}

/** The types of a package, and of those that it depends on. @param parent the URL of a file that would import it */
function addPackage(name: string, parent: string, files: Map<string, string>): void {
  const manifest = findPackageJSON(name, parent)
  if (manifest === undefined)
    throw new Error(`the npm package ${name}, whose types are needed, is not installed`)
  if (files.has(`${name}/package.json`)) return
  const folder = dirname(manifest)
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const isOurs = /\.d\.[cm]?ts$/.test(path) && !path.includes('node_modules')
    if (isOurs || path === 'package.json')
      files.set(`${name}/${path}`, readFileSync(join(folder, path), 'utf8'))
  }
  const { dependencies = {} } = JSON.parse(files.get(`${name}/package.json`)!)
  for (const other of Object.keys(dependencies)) addPackage(other, pathToFileURL(manifest).href, files)
}
