// Why a plugin's module could not be loaded, in words: which file is at fault, and what to write there.
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearest } from '../../contract/suggest.ts'
import { withoutTags } from './module-graph.ts'
import { facesOf } from './modules.ts'

/** What a plugin's file may end in. */
export const ENDINGS = ['.ts', '.js', '.mts', '.mjs']

const OWN_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

const HINTS = [
  ["'dockwarden'", "write from 'dockwarden/plugin'"],
  [
    'outside a module',
    'the package.json above it says CommonJS: set "type": "module" there, or end its name in .mts or .mjs',
  ],
  ['strip-only mode', 'Node only strips types: use no enum, namespace, decorator or parameter property'],
  ['Invalid or unexpected token', 'Node knows no decorators'],
  ['under node_modules', 'a package must hold JavaScript: compile it before it is published'],
  ['needs an import attribute', "write with { type: 'json' } behind that import"],
  ['Unknown file extension', `a plugin is a file that ends in ${ENDINGS.join(', ')}`],
  ['__dirname is not defined', 'write import.meta.dirname'],
  ['__filename is not defined', 'write import.meta.filename'],
  ['did not load within', 'it waits at its top; do that in ready() or at the first use'],
  ['Invalid package config', 'it is no JSON'],
  ['No "exports" main defined', 'its package.json needs "exports": "./FILE.js"'],
] as const

/** @param error what the import threw @returns text that follows the module's name and a colon */
export async function causeOf(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return `it threw ${String(error)}`
  const place = placeOf(error)
  const message = withoutTags(error.message.split('\n')[0]!)
  const known = HINTS.find(([text]) => message.includes(text))?.[1]
  const hint = known ?? missing(message) ?? (await unexported(message))
  return `${place ? `${place}: ` : ''}${error.name}: ${message}${hint === undefined ? '' : `; ${hint}`}`
}

/** Before the message where the text is at fault, in the first frame where it threw. Our own frames only waited for it. */
function placeOf({ stack = '' }: Error): string | undefined {
  return [...withoutTags(stack).matchAll(/^(?:file:\/\/)?(\/\S+:\d+)$|at .*?file:\/\/(\/\S+:\d+):\d+/gm)]
    .map(([, text, frame]) => text ?? frame!)
    .find((path) => !path.startsWith(OWN_FOLDER))
}

/** What to do about a module that is not there. */
function missing(message: string): string | undefined {
  const [, what, importer] = /^Cannot find (?:package|module) '(.+?)' imported from (.+)$/.exec(message) ?? []
  if (what === undefined || importer === undefined) return undefined
  if (!isAbsolute(what))
    return `install it beside the plugin: npm install --prefix ${installationOf(importer)} ${what}`
  if (what.includes('/node_modules/'))
    return 'its package.json names a file that is not there: build the package, or install it anew'
  const ending = ENDINGS.find((one) => existsSync(what + one))
  if (ending) return `write its whole name, with ${ending}: Node adds no ending`
  if (existsSync(join(what, 'index.ts')) || existsSync(join(what, 'index.js')))
    return 'write /index and the ending behind it: Node looks for no index file'
  const { dir, name, ext } = parse(what)
  const other = ENDINGS.find((one) => one !== ext && existsSync(join(dir, name + one)))
  return other === undefined ? 'correct the path in the import' : `the file ends in ${other}: write that`
}

/** The folder whose node_modules a package belongs in: never inside of another package. */
function installationOf(importer: string): string {
  return importer.split('/node_modules/')[0] === importer
    ? dirname(importer)
    : importer.split('/node_modules/')[0]!
}

/** What to do about a name that one of our own modules does not have. */
async function unexported(message: string): Promise<string | undefined> {
  const [, module, name] =
    /^The requested module '(dockwarden\/.+?)' does not provide an export named '(.+)'$/.exec(message) ?? []
  if (module === undefined || name === undefined) return undefined
  if (name === 'default') return `write import { definePlugin, ... } from '${module}'`
  const faces = await facesOf()
  for (const [other, names] of faces) if (names.includes(name)) return `it is in '${other}'`
  const near = nearest(name, faces.get(module) ?? [])
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`
  return /^[A-Z]/.test(name) ? `if it is a type, write import { type ${name} }` : undefined
}
