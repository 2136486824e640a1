// docs/reference/plugin-api.md: what plugins import, from the doc comments of the sources, as the compiler reads them.
import { resolve } from 'node:path'
import type { Node } from 'typescript/unstable/ast'
import { isBlock, isPropertyDeclaration, isVariableDeclaration } from 'typescript/unstable/ast/is'
import { API, type Checker, type Symbol as Exported, SymbolFlags } from 'typescript/unstable/sync'

const ROOT = resolve(import.meta.dirname, '../..')
const PROJECT = resolve(ROOT, 'tsconfig.build.json')
const HEAD = `# What plugins import

Made by \`npm run schema\` from the sources: do not edit it here. [How to write a plugin](../plugins/README.md) has all of it in use; \`dockwarden plugin types\` gives the same to an editor.`

/** What is imported, from where, and what for. */
const FACES = [
  [
    'dockwarden/plugin',
    'core/face/plugin.ts',
    'What every plugin needs; beside it `z`, which is [zod](https://zod.dev).',
  ],
  [
    'dockwarden/plugin/acl',
    'core/face/acl.ts',
    'For plugins that decide by rules, wherever those come from.',
  ],
  ['dockwarden/plugin/cel', 'core/face/cel.ts', 'For options that are CEL expressions.'],
  ['dockwarden/plugin/http', 'core/face/http.ts', 'For plugins that ask an HTTP service.'],
  [
    'dockwarden/plugin/sign-in',
    'core/face/sign-in.ts',
    'For plugins by which people sign in with a browser.',
  ],
  ['dockwarden/testing', 'core/testing/index.ts', 'For tests of plugins.'],
] as const
/** Of another library, which has a documentation of its own. */
const OTHERS = new Set(['z'])

export function apiPage(): string {
  const api = new API({ cwd: ROOT })
  try {
    const project = api.updateSnapshot({ openProjects: [PROJECT] }).getProject(PROJECT)!
    const parts = FACES.map(([name, path, purpose]) => {
      const file = project.program.getSourceFile(resolve(ROOT, path))!
      const { checker } = project
      const exported = checker
        .getExportsOfModule(checker.getSymbolAtLocation(file)!)
        .filter((symbol) => !OTHERS.has(symbol.name))
        .sort((one, other) => one.name.localeCompare(other.name, 'en'))
      return `## ${name}\n\n${purpose}\n\n${exported.map((symbol) => section(symbol, checker)).join('\n\n')}`
    })
    return `${[HEAD, ...parts].join('\n\n')}\n`
  } finally {
    api.close()
  }
}

function section(symbol: Exported, checker: Checker): string {
  const meant = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const tags = meant.getJsDocTags(checker).map(({ name, text }) => [name, text ?? ''] as const)
  return [
    `### ${symbol.name}`,
    checker.getDocumentationCommentOfSymbol(meant),
    fenced(declared(meant, checker).replace(new RegExp(`\\b${meant.name}\\b`), symbol.name)),
    tags
      .filter(([name]) => name !== 'example')
      .map(told)
      .join('\n'),
    ...tags.filter(([name]) => name === 'example').map(([, text]) => fenced(text)),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** The declaration, without what is inside. */
function declared(symbol: Exported, checker: Checker): string {
  const node = symbol.declarations[0]!.resolve()!
  if (isVariableDeclaration(node))
    return `const ${symbol.name}: ${checker.typeToString(checker.getTypeOfSymbol(symbol)!, node)}`
  const start = node.getStart()
  let text = node.getText()
  for (const [from, to] of insideOf(node).reverse())
    text = text.slice(0, from - start).trimEnd() + text.slice(to - start)
  return text.replace(/^export /, '').replaceAll(/\n{3,}/g, '\n\n')
}

/** Where bodies of functions and private members stand, in their order. */
function insideOf(node: Node): [from: number, to: number][] {
  const found: [number, number][] = []
  node.forEachChild((child) => {
    if (isBlock(child) || isPrivate(child)) found.push([child.pos, child.end])
    else found.push(...insideOf(child))
  })
  return found
}

function isPrivate(node: Node): boolean {
  return isPropertyDeclaration(node) && node.name.getText().startsWith('#')
}

/** A tag of a doc comment as an entry of a list; what a parameter is follows its name. */
function told([name, text]: readonly [name: string, text: string]): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ')
  return name === 'param' ? `- ${line.replace(/^(\S+) /, '`$1`: ')}` : `- ${name}: ${line}`
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``
}
