// `dockwarden plugin new`: a folder with a plugin that works at once, its test, and a configuration that uses it.
import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PluginKind } from '../../plugin.ts'
import type { Output } from '../output.ts'
import { collectTypes, type TypeFiles } from './declarations.ts'
import { BEGINNINGS, PASSWORD_FILE } from './kinds.ts'
import { type Names, namesOf } from './names.ts'
import { archiveOf, PACKAGE_SETTINGS, packageJson } from './package-files.ts'
import { type NewFile, placeFolder } from './place-folder.ts'
import { ownReadme, packageReadme, withArticle } from './readme.ts'
import { OWN_SETTINGS, TYPES_FOLDER, typesFolder } from './types.ts'

/** As commander gives them. */
export interface NewOptions {
  readonly kind: PluginKind
  readonly npm?: true
  readonly json?: true
}

/**
 * Makes the folder.
 *
 * @param given the plugin's name, or its package's
 * @returns exit status 0
 * @throws Error with the remedy; then nothing was made
 */
export async function newPlugin(
  given: string,
  { kind, npm, json }: NewOptions,
  output: Output,
  collect: () => Promise<TypeFiles> = collectTypes,
): Promise<number> {
  const names = namesOf(given, npm === true)
  const folder = resolve(names.folder)
  assertFree(folder, names.folder)
  const files = npm ? packageFiles(kind, names) : [...ownFiles(kind, names), ...typesBelow(await collect())]
  placeFolder(folder, files)
  const shown = files.map(({ path }) => path).filter((path) => !path.startsWith(TYPES_FOLDER))
  const { plugin, package: packageName } = names
  if (json) {
    const made = {
      folder,
      kind,
      plugin,
      ...(packageName !== undefined && { package: packageName }),
      files: shown,
    }
    output.stdout.write(`${JSON.stringify(made)}\n`)
  } else {
    const what = `${packageName ?? plugin}, ${withArticle(kind)}`
    const list = shown.map((path) => `  ${names.folder}/${path}\n`).join('')
    output.stdout.write(`${what}\n${list}\nGo on with ${names.folder}/README.md, or:\n  ${next(names)}\n`)
  }
  return 0
}

function next({ folder, package: packageName }: Names): string {
  return packageName === undefined
    ? `cd ${folder} && dockwarden serve dockwarden.yml`
    : `cd ${folder} && npm install`
}

/** @throws Error unless there is nothing yet, or an empty folder */
function assertFree(folder: string, written: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isDirectory())
    throw new Error(`${written} is there already, and no folder; choose another name, or move it away`)
  if (readdirSync(folder).length > 0)
    throw new Error(
      `the folder ${written} is there already, and not empty; choose another name, or move it away`,
    )
}

function ownFiles(kind: PluginKind, names: Names): NewFile[] {
  const { plugin } = names
  const { source, test } = BEGINNINGS[kind]
  return [
    { path: 'README.md', text: ownReadme(kind, names) },
    { path: `plugins/${plugin}.ts`, text: source(plugin) },
    {
      path: `plugins/${plugin}.test.ts`,
      text: test(plugin, testHead(`dockwarden plugin test plugins/${plugin}.test.ts`)),
    },
    { path: 'dockwarden.yml', text: configuration(kind, `./plugins/${plugin}.ts`) },
    password(''),
    { path: 'tsconfig.json', text: OWN_SETTINGS },
    { path: '.gitignore', text: `${TYPES_FOLDER}/\nvar/\n${PASSWORD_FILE}\n` },
  ]
}

function packageFiles(kind: PluginKind, names: Names): NewFile[] {
  const { plugin, package: name } = names
  const { source, test } = BEGINNINGS[kind]
  return [
    { path: 'README.md', text: packageReadme(kind, names, archiveOf(name!)) },
    { path: 'package.json', text: packageJson(kind, names) },
    { path: `src/${plugin}.ts`, text: source(plugin) },
    { path: `src/${plugin}.test.ts`, text: test(plugin, testHead('npm test')) },
    { path: 'example/dockwarden.yml', text: configuration(kind, `../src/${plugin}.ts`) },
    password('example/'),
    { path: 'tsconfig.json', text: PACKAGE_SETTINGS },
    { path: '.gitignore', text: `node_modules/\ndist/\ntrial/\n*.tgz\nvar/\n${PASSWORD_FILE}\n` },
  ]
}

function typesBelow(types: TypeFiles): NewFile[] {
  return typesFolder(types).map(({ path, text }) => ({ path: `${TYPES_FOLDER}/${path}`, text }))
}

function testHead(command: string): string {
  return `// Run it with: ${command}\nimport { describe, it } from 'node:test'\n`
}

function configuration(kind: PluginKind, plugin: string): string {
  return `# Run it with: dockwarden serve dockwarden.yml\nserver:\n  listen: "127.0.0.1:5001"\n${BEGINNINGS[kind].lists(plugin)}`
}

function password(folder: string): NewFile {
  return {
    path: `${folder}${PASSWORD_FILE}`,
    text: `${randomBytes(12).toString('base64url')}\n`,
    mode: 0o600,
  }
}
