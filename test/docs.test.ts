// docs/plugins is true: its files compile, load and answer as the pages say, its commands print what stands below them, its links
// lead somewhere.
import { execFile } from 'node:child_process'
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse } from 'yaml'
import { testHost, testRequest } from '../core/testing/index.ts'
import { needs } from './support/debian.ts'
import { type DockwardenProcess, startDockwarden } from './support/dockwarden.ts'
import { freePort } from './support/free-port.ts'
import { blocksOf, commandsOf, deadLinks, layOut, printsAs } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = globSync('docs/plugins/*.md', { cwd: ROOT }).sort()
const run = promisify(execFile)

/** The port of the pages. */
const WRITTEN_PORT = '5001'
/** What is only shown: it needs what is not there, such as a published package. */
const NOT_RUN = /^(npm (install|init) |alias dockwarden=)/

describe('docs/plugins', function () {
  // Servers are started, and everything is compiled.
  this.timeout(300_000)
  needs('curl')
  let folder: string
  let environment: NodeJS.ProcessEnv
  let port: number
  const folderOf = (page: string) => join(folder, basename(page, '.md'))
  const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8')
  const withPort = (text: string) => text.replaceAll(WRITTEN_PORT, String(port))

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-docs-'))
    port = await freePort()
    for (const page of PAGES) layOut(blocksOf(textOf(page)), folderOf(page), withPort)
    const commands = join(folder, 'bin')
    mkdirSync(commands)
    const main = join(ROOT, 'core/main.ts')
    writeFileSync(join(commands, 'dockwarden'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
    chmodSync(join(commands, 'dockwarden'), 0o755)
    environment = {
      ...process.env,
      PATH: [commands, dirname(process.execPath), process.env.PATH].join(delimiter),
      // What an installed package does for tests of plugins.
      NODE_OPTIONS: `--import ${new URL('support/register.ts', import.meta.url).href}`,
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('has only TypeScript that a strict compiler takes', async () => {
    const compilerOptions = {
      ...JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')).compilerOptions,
      allowJs: true,
      typeRoots: [join(ROOT, 'node_modules/@types')],
      paths: {
        'dockwarden/plugin': [join(ROOT, 'core/face/plugin.ts')],
        'dockwarden/plugin/*': [join(ROOT, 'core/face/*.ts')],
        'dockwarden/testing': [join(ROOT, 'core/testing/index.ts')],
      },
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/**/*.ts'] }))
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    const { stdout } = await run(tsc, ['-p', '.'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).to.equal('')
  })

  for (const page of PAGES) {
    describe(page, () => {
      const blocks = blocksOf(textOf(page))

      it('names the file of each piece of code, and shows no command that is not run', () => {
        for (const { language, file, text } of blocks) {
          if (language === 'yaml')
            parse(text, { customTags: [{ tag: '!env', resolve: (name: string) => name }] })
          else if (language === 'sh')
            for (const line of text.trim().split('\n')) expect(line).to.match(NOT_RUN)
          else if (!['console', 'text'].includes(language)) expect(file, text).to.be.a('string')
        }
      })

      const commands = commandsOf(blocks)
      if (commands.length > 0) {
        it('prints what it says', async () => {
          const env = { ...environment }
          let server: DockwardenProcess | undefined
          try {
            for (const { command, prints } of commands) {
              const variables = /^export (.+)$/.exec(command)?.[1]
              const [, inner = '.', file] = /^(?:cd (\S+) && )?dockwarden serve (\S+)$/.exec(command) ?? []
              if (variables !== undefined) Object.assign(env, assignments(variables))
              else if (file !== undefined) {
                await server?.stop()
                const config = join(folderOf(page), inner, file)
                // One that a command has made.
                writeFileSync(config, withPort(readFileSync(config, 'utf8')))
                server = await startDockwarden(['serve', config], env)
              } else {
                const options = { cwd: folderOf(page), env }
                const { stdout } = await run('sh', ['-c', withPort(command)], options).catch((error) => error)
                expect(printsAs(stdout, prints), `${command} printed ${stdout}`).to.equal(true)
              }
            }
          } finally {
            await server?.stop()
          }
        })
      }
    })
  }

  it('begins in a README of one sitting, which leads to every page', () => {
    const readme = textOf('README.md')
    expect(readme.split('\n').length).to.be.below(200)
    for (const page of globSync('docs/*.md', { cwd: ROOT })) expect(readme, page).to.contain(`](${page}`)
  })

  it('names nothing of host and request that is not there', () => {
    const members = { host: testHost(), request: testRequest() }
    for (const page of PAGES) {
      for (const [found, of, name] of textOf(page).matchAll(/\b(host|request)\.(?!md\b)([a-z]\w*)/g)) {
        expect(members[of as 'host' | 'request'], `${page}: ${found}`).to.have.property(name!)
      }
    }
  })

  it('is linked with what exists', () => {
    const pages = globSync(['*.md', '{bench,docs,examples,load,plugins}/**/*.md'], { cwd: ROOT })
    expect(pages.flatMap((page) => deadLinks(join(ROOT, page)))).to.deep.equal([])
    expect(pages).to.include.members(['README.md', 'docs/guard.md', 'plugins/acl/README.md'])
    const start = textOf('docs/plugins/README.md')
    for (const page of PAGES) {
      if (!page.endsWith('README.md')) expect(start).to.contain(`](${basename(page)})`)
    }
  })
})

function assignments(text: string): Record<string, string> {
  return Object.fromEntries(text.split(' ').map((one) => one.split('=') as [string, string]))
}
