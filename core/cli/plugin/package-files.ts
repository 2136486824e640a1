// What an npm package is, besides its sources.
import { readFileSync } from 'node:fs'
import type { PluginKind } from '../../plugin.ts'
import { BEGINNINGS } from './kinds.ts'
import type { Names } from './names.ts'

const VERSION = '1.0.0'

/** Compiled, since Node strips no types below node_modules. */
const COMPILER = {
  target: 'es2024',
  lib: ['es2024', 'esnext.array', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  skipLibCheck: true,
  declaration: true,
  rootDir: 'src',
  outDir: 'dist',
}

/** What `npm pack` calls the archive. @example archiveOf('@acme/doors') // 'acme-doors-1.0.0.tgz' */
export function archiveOf(name: string): string {
  return `${name.replace(/^@/, '').replace('/', '-')}-${VERSION}.tgz`
}

export function packageJson(kind: PluginKind, { plugin, package: name }: Names): string {
  const { version, engines, devDependencies } = ownManifest()
  const module = { types: `./dist/${plugin}.d.ts`, default: `./dist/${plugin}.js` }
  const manifest = {
    name,
    version: VERSION,
    description: `A Dockwarden plugin that ${BEGINNINGS[kind].purpose}`,
    keywords: ['dockwarden', 'dockwarden-plugin', kind],
    type: 'module',
    engines,
    exports: { '.': module, './package.json': './package.json' },
    files: ['dist', '!dist/**/*.test.*'],
    scripts: {
      build: 'tsc',
      check: 'tsc --noEmit',
      test: "node --test 'src/*.test.ts'",
      prepack: 'tsc',
    },
    // The running server is what a plugin imports, whatever is installed.
    peerDependencies: { dockwarden: `>=${version}` },
    peerDependenciesMeta: { dockwarden: { optional: true } },
    devDependencies: { dockwarden: `^${version}`, typescript: devDependencies.typescript },
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

export const PACKAGE_SETTINGS = `${JSON.stringify({ compilerOptions: COMPILER, include: ['src'] }, null, 2)}\n`

function ownManifest(): {
  readonly version: string
  readonly engines: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} {
  // One level deeper in dist/.
  const depth = import.meta.url.endsWith('.ts') ? '../../../' : '../../../../'
  return JSON.parse(readFileSync(new URL(`${depth}package.json`, import.meta.url), 'utf8'))
}
